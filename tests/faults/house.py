"""Two ticket processes on one MariaDB and one Redis, with wires between them that a test can cut."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), os.path.join(os.path.dirname(HERE), "servers")]
import proxy  # noqa: E402
import servers  # noqa: E402
from server import Server, wait_until  # noqa: E402

LEASE_SECONDS = 1
STATUS = "usher.v1.InstallationService"


class Ground:
    """The servers that all cases share; each case has a database of its own, and an empty Redis."""

    def __init__(self):
        self.mariadb = servers.MariaDB().start()
        self.redis = servers.Redis().start()
        self.cases = 0

    def close(self):
        self.mariadb.close()
        self.redis.close()


class House:
    """`with House(ground, usher) as house:` starts two processes and waits until the demo's sale is open at both. redis: another
    than the ground's, to which there are no wires; options: more of `usher serve`."""

    tls = False  # whether the processes speak it

    def __init__(self, ground, usher, redis=None, options=()):
        self.ground = ground
        self.usher = usher
        self.redis = redis
        self.options = options
        self.environment = {}
        self.keys = tempfile.mkdtemp(prefix="usher-keys-")
        self.processes = []
        self.wires = []
        ground.cases += 1
        self.database = f"case{ground.cases}"
        ground.mariadb.query(f"CREATE DATABASE {self.database};"
                             f"GRANT ALL ON {self.database}.* TO usher@'127.0.0.1'")
        ground.redis.command("FLUSHALL")

    def __enter__(self):
        try:
            self.start()
            self.start()
        except Exception:
            self.__exit__()
            raise
        return self

    def start(self):
        """One more process, with wires of its own to MariaDB and Redis."""
        to_mariadb, to_redis = proxy.Wire(self.ground.mariadb.port), proxy.Wire(self.ground.redis.port)
        self.wires += [to_mariadb, to_redis]
        process = Server(self.usher, "--store", self.store_url(to_mariadb.port),
                         "--coord", self.redis.url() if self.redis else self.ground.redis.url(to_redis.port),
                         "--lease", f"{LEASE_SECONDS}s", "--keys", self.keys, *self.options, keys=self.keys,
                         environment=self.environment_of_next(), tls=self.tls)
        process.to_mariadb, process.to_redis = to_mariadb, to_redis
        self.processes.append(process)
        return process

    def environment_of_next(self):
        """More of the next process's environment; a case about clocks gives each its own."""
        return self.environment

    def store_url(self, port=None):
        return self.ground.mariadb.url(self.database, port)

    def gateway(self, process, address=None):
        """A process that has no sale of its own, and forwards to this one, at this address of it."""
        gateway = Server(self.usher, "--role", "gateway", "--peer", f"ticket={address or process.address}", "--store", self.ground.mariadb.url(self.database),
                         "--keys", self.keys, keys=self.keys, demo=False, whole=False)
        self.processes.append(gateway)
        return gateway

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
        for wire in self.wires:
            wire.close()
        shutil.rmtree(self.keys, ignore_errors=True)

    # ---- who owns ----

    def serves(self, process, performance=1):
        """Whether the process owns the performance and has loaded it."""
        try:
            status = process.ask("GetStatus", {}, service=STATUS, token=process.operator_key, timeout=2)
        except OSError:
            return False
        return any(row["performanceId"] == performance and row.get("serving") for row in status.get("performances", []))

    def owner(self, performance=1):
        """(the one that owns, the other), once it stays so: a performance is handed to the one whose share it is a
        lease's time after it was made, or after a process came."""
        first, second = self.processes[:2]
        seen = {"state": None, "since": 0.0}

        def is_settled():
            state = (self.serves(first, performance), self.serves(second, performance))
            if state != seen["state"]:
                seen.update(state=state, since=time.monotonic())
            return any(state) and time.monotonic() - seen["since"] > 1.5 * LEASE_SECONDS
        wait_until(is_settled, "an owner that stays")
        return (first, second) if seen["state"][0] else (second, first)

    def hold(self, process, token):
        """Whether a hold through this process is answered as one: granted, or refused because seats are taken."""
        try:
            answer = process.ask("HoldBest", {"performanceId": 1, "party": 1}, token=token, timeout=5)
        except OSError:
            return False
        if "holdId" in answer:
            process.ask("ReleaseHold", {"performanceId": 1, "holdId": answer["holdId"]}, token=token, timeout=5)
            return True
        return answer.get("code") == "aborted"

    def guest(self, process):
        return process.ask("CreateGuest", {}, service="usher.v1.AuthService")["token"]

    # ---- the crowd, and the books ----

    def stampede(self, process, users=900, within="4s", timeout="20s", *words):
        return Stampede(self.usher, process, users, within, timeout, words)

    def audit(self, *words):
        done = subprocess.run([self.usher, "audit", "--store", self.store_url(), *words],
                              capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"audit: exit code {done.returncode}: {done.stdout[-800:]}{done.stderr[-500:]}"


class Stampede:
    """A crowd in the background; verdict() waits for its end."""

    def __init__(self, usher, process, users, within, timeout, words=()):
        self.users = users
        self.json = tempfile.mktemp(prefix="usher-stampede-", suffix=".json")
        self.process = subprocess.Popen(
            [usher, "stampede", "--url", f"http{'s' if process.tls else ''}://{process.address}", "--users", str(users), "--within", within,
             "--timeout", timeout, "--tries", "3", "--connections", "50", "--out", self.json, *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def await_holds(self, process, count):
        """Waits until so many seats are gone, so that a fault comes in the middle of things."""
        def gone():
            counts = process.ask("GetPerformance", {"performanceId": 1}).get("counts", {})
            return counts.get("held", 0) + counts.get("sold", 0) >= count
        wait_until(gone, f"{count} seats gone")

    def verdict(self):
        """Everybody was answered, no seat twice, every acknowledged ticket there. Returns the figures."""
        said, _ = self.process.communicate(timeout=120)
        assert self.process.returncode == 0, f"stampede: exit code {self.process.returncode}: {said[-1500:]}"
        with open(self.json, encoding="utf-8") as file:
            figures = json.load(file)
        os.unlink(self.json)
        return figures


class Outage:
    """How long nothing could be held through a process: from the fault to the first hold that is answered."""

    def __init__(self, house, process):
        self.house = house
        self.process = process
        self.token = house.guest(process)
        self.seconds = None

    def measure(self, until_seconds=30):
        began = time.monotonic()
        wait_until(lambda: self.house.hold(self.process, self.token), "a hold is answered again", until_seconds)
        self.seconds = time.monotonic() - began
        return self.seconds
