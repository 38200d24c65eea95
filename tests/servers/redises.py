"""Redis as it is run where it may not be missing: with TLS, behind sentinels, as a cluster; and certificates for tests."""
import datetime
import ipaddress
import os
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from servers import Program, Redis, free_port

DAY = datetime.timedelta(days=1)


class Authority:
    """A root, and what it signs; files lie in a folder."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.root = self._sign(self.subject, self.key.public_key(), self.subject, DAY, [], root=True)
        self.ca = self._write("ca.pem", self.root.public_bytes(serialization.Encoding.PEM))

    def _write(self, name, content):
        path = os.path.join(self.folder, f"{self.name}-{name}")
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, 0o644)  # the servers are other users
        return path

    def _sign(self, subject, public_key, issuer, life, names, root=False):
        now = datetime.datetime.utcnow()
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public_key)
                   .serial_number(x509.random_serial_number()).not_valid_before(now - 2 * DAY).not_valid_after(now + life)
                   .add_extension(x509.BasicConstraints(ca=root, path_length=None), critical=True))
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def sign(self, name, hosts=("127.0.0.1", "localhost"), life=DAY):
        """(certificate, key), as files; life may be negative: it has ended."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() else x509.DNSName(host) for host in hosts]
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        cert = self._sign(subject, key.public_key(), self.subject, life, names)
        return (self._write(f"{name}.pem", cert.public_bytes(serialization.Encoding.PEM)),
                self._write(f"{name}.key", key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                             serialization.NoEncryption())))


class TlsRedis(Redis):
    """It speaks TLS alone, and lets in who shows a certificate of its authority."""

    def __init__(self, *options, clients="yes", hosts=("127.0.0.1", "localhost"), life=DAY):
        super().__init__(*options)
        self.authority = Authority(self.folder, "ours")
        self.other = Authority(self.folder, "other")
        cert, key = self.authority.sign("server", hosts, life)
        self.client = self.authority.sign("client")
        self.options += ("--tls-port", str(self.port), "--tls-cert-file", cert, "--tls-key-file", key,
                         "--tls-ca-cert-file", self.authority.ca, "--tls-auth-clients", clients)
        self.listen_port = 0
        self.cli = ("--tls", "--cacert", self.authority.ca, "--cert", self.client[0], "--key", self.client[1], "--insecure")

    def url(self, port=None, ca=None, client=True):
        shown = f"&tls-cert={self.client[0]}&tls-key={self.client[1]}" if client else ""
        return (f"rediss://127.0.0.1:{port or self.port}/0?password-file={self.path('password')}"
                f"&tls-ca={ca or self.authority.ca}{shown}")


class Replica(Redis):
    """Of a master, or of none; whoever it follows may change."""

    def __init__(self, master=None, *options):
        follow = ("--replicaof", "127.0.0.1", str(master.port)) if master else ()
        super().__init__("--masterauth", self.password, "--repl-diskless-sync-delay", "0", *follow, *options)


class Sentinel(Program):
    name = "sentinel"
    password = "only-for-sentinels"

    def __init__(self, master, down_ms):
        super().__init__()
        self.port = free_port()
        with open(self.path("password"), "w", encoding="ascii") as file:
            file.write(self.password + "\n")
        with open(self.path("conf"), "w", encoding="ascii") as file:
            file.write(f"bind 127.0.0.1\nport {self.port}\ndir {self.folder}\nrequirepass {self.password}\n"
                       f"sentinel sentinel-pass {self.password}\n"
                       f"sentinel monitor usher 127.0.0.1 {master.port} 2\nsentinel auth-pass usher {master.password}\n"
                       f"sentinel down-after-milliseconds usher {down_ms}\nsentinel failover-timeout usher 3000\n")

    def start(self):
        self.run("redis-server", self.path("conf"), "--sentinel")
        return self.await_answer()

    def command(self, *words):
        return Redis.command(self, *words)

    def answers(self):
        return self.command("PING") == "PONG"


class Watched:
    """A master, a replica, and three sentinels that watch them."""

    def __init__(self, down_ms=500):
        self.servers = [Replica()]
        self.servers.append(Replica(self.servers[0]))
        self.sentinels = [Sentinel(self.servers[0], down_ms) for _ in range(3)]

    def start(self):
        try:
            for server in self.servers + self.sentinels:
                server.start()
            until = time.monotonic() + 30
            while not all(self.knows_all(sentinel) for sentinel in self.sentinels):
                if time.monotonic() > until:
                    raise RuntimeError("the sentinels do not find each other")
                time.sleep(0.05)
        except Exception:
            self.close()
            raise
        return self

    @staticmethod
    def knows_all(sentinel):
        said = sentinel.command("SENTINEL", "MASTER", "usher").split("\n")
        facts = dict(zip(said[::2], said[1::2]))
        replicas = sentinel.command("SENTINEL", "REPLICAS", "usher").split("\n")
        up = dict(zip(replicas[::2], replicas[1::2])).get("master-link-status") == "ok"
        return facts.get("num-slaves") == "1" and facts.get("num-other-sentinels") == "2" and up

    def master(self):
        """The server that answers as one; None while there is none."""
        found = [server for server in self.servers if server.runs() and server.command("ROLE").startswith("master")]
        return found[-1] if found else None

    def command(self, *words):
        return self.master().command(*words)

    def url(self, ports=None, password=None):
        hosts = ",".join(f"127.0.0.1:{port}" for port in ports or [s.port for s in self.sentinels])
        return (f"redis://{hosts}/0?sentinel=usher&password-file={password or self.servers[0].path('password')}"
                f"&sentinel-password-file={self.sentinels[0].path('password')}")

    def close(self):
        for server in self.sentinels + self.servers:
            server.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()


class Cluster:
    """Three masters with a replica each."""

    def __init__(self, timeout_ms=1000):
        self.buses = [free_port() for _ in range(6)]
        self.nodes = [Replica(None, "--cluster-enabled", "yes", "--cluster-node-timeout", str(timeout_ms), "--cluster-port", str(bus),
                              "--cluster-replica-validity-factor", "0") for bus in self.buses]

    def start(self):
        try:
            for node in self.nodes:
                node.start()
            said = self.nodes[0].command("--cluster", "create", *(f"127.0.0.1:{node.port}@{bus}" for node, bus in zip(self.nodes, self.buses)),
                                         "--cluster-replicas", "1", "--cluster-yes")
            if "[OK] All 16384 slots covered" not in said:
                raise RuntimeError(f"no cluster: {said[-1500:]}")
            until = time.monotonic() + 30
            while not all(self.is_whole(node) for node in self.nodes):
                if time.monotonic() > until:
                    raise RuntimeError("the cluster does not come together")
                time.sleep(0.05)
        except Exception:
            self.close()
            raise
        return self

    @staticmethod
    def is_whole(node):
        role = node.command("ROLE").split("\n")
        follows = role[0] == "master" or "connected" in role
        return "cluster_state:ok" in node.command("CLUSTER", "INFO") and follows

    def masters(self):
        return [node for node in self.nodes if node.runs() and node.command("ROLE").startswith("master")]

    def slot(self, key):
        return int(self.nodes[-1].command("CLUSTER", "KEYSLOT", key) if self.nodes[-1].runs() else
                   self.masters()[0].command("CLUSTER", "KEYSLOT", key))

    def owner(self, slot):
        """The master that says that the slot is its own."""
        for node in self.masters():
            for line in node.command("CLUSTER", "NODES").split("\n"):
                words = line.split()
                if len(words) < 8 or "myself" not in words[2]:
                    continue
                for part in words[8:]:
                    ends = part.split("-")
                    if part[0] != "[" and int(ends[0]) <= slot <= int(ends[-1]):
                        return node
        return None

    def migrate(self, slot, between=lambda: None):
        """Moves a slot to another master, as the tools do; between() is called while it has two homes."""
        source = self.owner(slot)
        target = next(node for node in self.masters() if node is not source)
        source_id, target_id = source.command("CLUSTER", "MYID"), target.command("CLUSTER", "MYID")
        target.command("CLUSTER", "SETSLOT", str(slot), "IMPORTING", source_id)
        source.command("CLUSTER", "SETSLOT", str(slot), "MIGRATING", target_id)
        between()
        while True:
            keys = [key for key in source.command("CLUSTER", "GETKEYSINSLOT", str(slot), "100").split("\n") if key]
            if not keys:
                break
            source.command("MIGRATE", "127.0.0.1", str(target.port), "", "0", "5000", "AUTH", source.password, "KEYS", *keys)
            between()
        for node in [target, source] + [n for n in self.masters() if n not in (source, target)]:
            node.command("CLUSTER", "SETSLOT", str(slot), "NODE", target_id)
        return source, target

    def command(self, *words):
        """On every master."""
        return "\n".join(node.command(*words) for node in self.masters())

    def url(self, ports=None):
        hosts = ",".join(f"127.0.0.1:{port}" for port in ports or [node.port for node in self.nodes[:3]])
        return f"redis://{hosts}?cluster=yes&password-file={self.nodes[0].path('password')}"

    def close(self):
        for node in self.nodes:
            node.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()
