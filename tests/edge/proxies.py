"""nginx and HAProxy as deploy/ configures them, on ports and in folders of a test's own."""
import os
import re
import socket
import ssl

import servers

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def deployed(name):
    with open(os.path.join(TOP, "deploy", name), encoding="utf-8") as file:
        return file.read()


def put(text, old, new):
    """Replaces, and insists that there was something to replace."""
    assert old in text, f"the configuration has no {old}"
    return text.replace(old, new)


class Proxy(servers.Program):
    """Listens at tls_port (where it has a certificate) or port."""

    def __init__(self):
        super().__init__()
        os.chmod(self.folder, 0o755)
        self.port, self.tls_port = servers.free_port(), servers.free_port()

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.speaks_at), timeout=5):
                return True
        except OSError:
            return False

    @property
    def speaks_at(self):
        return self.tls_port

    def configure(self):
        raise NotImplementedError

    def start(self):
        path = self.path("conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.configure())
        self.run(*self.command(path))
        return self.await_answer()

    def command(self, path):
        raise NotImplementedError


class Nginx(Proxy):
    """deploy/nginx.conf in front of a server."""

    name = "nginx"

    def __init__(self, backend, cert, key):
        super().__init__()
        self.backend, self.cert, self.key = backend, cert, key

    def command(self, path):
        as_root = "user root; " if os.getuid() == 0 else ""
        return ["nginx", "-p", self.folder, "-c", path, "-g", f"{as_root}daemon off;"]

    def configure(self):
        text = deployed("nginx.conf")
        text = re.sub(r"\n *listen \[::\][^\n]*", "", text)
        for old, new in (("listen 443 ", f"listen 127.0.0.1:{self.tls_port} "),
                         ("listen 80 ", f"listen 127.0.0.1:{self.port} "), ("server 127.0.0.1:8080;", f"server {self.backend};"),
                         ("/etc/usher/tls/fullchain.pem", self.cert), ("/etc/usher/tls/privkey.pem", self.key),
                         ("/var/cache/nginx/usher", self.path("cache")), ("/run/usher-nginx.pid", self.path("pid")),
                         ("/var/log/nginx/usher-error.log", self.path("error.log")),
                         ("worker_connections 32768", "worker_connections 1024"), ("worker_processes auto", "worker_processes 1"),
                         ("worker_rlimit_nofile 65536;", "")):
            text = put(text, old, new)
        return text


class PlainNginx(Nginx):
    """proxy_pass and nothing else."""

    @property
    def speaks_at(self):
        return self.port

    def __init__(self, backend):
        super().__init__(backend, "", "")

    def configure(self):
        return (f"pid {self.path('pid')}; error_log {self.path('error.log')}; worker_processes 1;\n"
                "events { worker_connections 1024; }\n"
                f"http {{ access_log off; server {{ listen 127.0.0.1:{self.port};\n"
                f"  location / {{ proxy_pass http://{self.backend}; }} }} }}\n")


class Haproxy(Proxy):
    """deploy/haproxy.cfg in front of a server."""

    name = "haproxy"

    def __init__(self, backend, cert, key):
        super().__init__()
        self.backend = backend
        self.pem = self.path("haproxy.pem")
        with open(self.pem, "w", encoding="ascii") as out:
            for path in (cert, key):
                with open(path, encoding="ascii") as file:
                    out.write(file.read())

    def command(self, path):
        return ["haproxy", "-db", "-f", path]

    def configure(self):
        text = deployed("haproxy.cfg")
        text = re.sub(r"\n *bind \[::\][^\n]*", "", text)
        for old, new in (("bind :443 ", f"bind 127.0.0.1:{self.tls_port} "), ("bind :80", f"bind 127.0.0.1:{self.port}"),
                         ("/etc/usher/tls/haproxy.pem", self.pem), ("127.0.0.1:8080", self.backend),
                         ("maxconn 60000", "maxconn 500")):
            text = put(text, old, new)
        return text

    def answers(self):
        """Once its check has found the server."""
        if not super().answers():
            return False
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.tls_port), timeout=5) as raw, \
                context.wrap_socket(raw) as talk:
            talk.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            return b" 200 " in talk.recv(64)


class TcpHaproxy(Haproxy):
    """HAProxy that looks at nothing, and says by the PROXY protocol whom it speaks for."""

    @property
    def speaks_at(self):
        return self.port

    def __init__(self, backend):
        Proxy.__init__(self)
        self.backend = backend

    def answers(self):
        return Proxy.answers(self)

    def configure(self):
        return ("global\n  maxconn 500\ndefaults\n  mode tcp\n  timeout connect 5s\n  timeout client 60s\n"
                f"  timeout server 60s\nlisten all\n  bind 127.0.0.1:{self.port}\n"
                f"  server usher1 {self.backend} send-proxy-v2\n")
