"""Real servers, private to a test: each has a folder, sockets or ports of its own, and ends with the test.

A server is started with start(), ended with stop(), kill() (kill -9) or the end of a `with` block, frozen and thawed
with pause() and go_on(). Whoever starts one waits until it answers, never for a time.
"""
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

START_SECONDS = 60  # a class may say otherwise


def free_port():
    """A port that nobody listens on now; the kernel gives them in turn, so nobody else gets it soon."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Program:
    """A process of ours with its folder and log."""

    name = "program"
    start_seconds = START_SECONDS

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix=f"usher-{self.name}-")
        self.process = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *words, **options):
        """Starts the process; what it says goes into the folder's log."""
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **options)

    def log(self):
        with open(self.path("log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def answers(self):
        """True once the server can be used."""
        raise NotImplementedError

    def await_answer(self):
        until = time.monotonic() + self.start_seconds
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{self.name} does not start (exit code {self.process.poll()}): {self.log()[-3000:]}")
            time.sleep(0.02)
        return self

    def runs(self):
        return self.process is not None and self.process.poll() is None

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        if self.runs():
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self):
        if self.runs():
            self.process.kill()
            self.process.wait()

    def close(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()


class MariaDB(Program):
    """mariadbd on a port and a Unix socket, with one database, "usher", and two users: root over the socket, usher
    with a password over the network. Every commit is on disk before it is answered (flush 1), as it must be."""

    name = "mariadb"
    password = "only for a test"

    def __init__(self, *options):
        super().__init__()
        self.options = options
        self.port = free_port()
        self.socket = self.path("socket")
        os.chmod(self.folder, 0o755)
        # Its temporary tables are named by its process's id, which is not unique where containers share /tmp.
        self.temporary = self.path("tmp")
        os.mkdir(self.temporary)
        as_root = os.getuid() == 0
        self.user = "mysql" if as_root else pwd.getpwuid(os.getuid()).pw_name
        with open(self.path("password"), "w", encoding="ascii") as file:
            file.write(self.password + "\n")
        with open(self.path("init.sql"), "w", encoding="ascii") as file:
            file.write("SET SESSION sql_log_bin = 0;\nCREATE DATABASE IF NOT EXISTS usher;\n"
                       f"CREATE USER IF NOT EXISTS usher@'127.0.0.1' IDENTIFIED BY '{self.password}';\n"
                       "GRANT ALL ON usher.* TO usher@'127.0.0.1';\n")
        if as_root:
            shutil.chown(self.temporary, self.user)
        done = subprocess.run(
            ["mariadb-install-db", "--no-defaults", f"--tmpdir={self.temporary}", f"--datadir={self.path('data')}", f"--user={self.user}",
             "--skip-test-db", "--auth-root-authentication-method=normal"], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"mariadb-install-db: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        if as_root:
            shutil.chown(self.folder, self.user)

    def start(self):
        self.run("mariadbd", "--no-defaults", f"--tmpdir={self.temporary}", f"--datadir={self.path('data')}", f"--user={self.user}",
                 f"--socket={self.socket}", f"--port={self.port}", "--bind-address=127.0.0.1",
                 f"--pid-file={self.path('pid')}", f"--init-file={self.path('init.sql')}", "--skip-name-resolve=OFF",
                 "--innodb-flush-log-at-trx-commit=1", "--innodb-buffer-pool-size=64M", "--max-allowed-packet=32M",
                 "--performance-schema=OFF", *self.options)
        return self.await_answer()

    def answers(self):
        done = subprocess.run(["mariadb-admin", "--no-defaults", "-uroot", f"--socket={self.socket}", "ping"],
                              capture_output=True)
        return done.returncode == 0 and self.query("SELECT count(*) FROM mysql.db WHERE Db = 'usher'") == "1"

    def query(self, text):
        """What a statement of root's answers, as the client prints it."""
        done = subprocess.run(["mariadb", "--no-defaults", "-uroot", f"--socket={self.socket}", "-N", "-B", "-e", text],
                              capture_output=True, text=True)
        return done.stdout.strip()

    def url(self, database="usher", port=None):
        return (f"mariadb://usher@127.0.0.1:{port or self.port}/{database}"
                f"?password-file={self.path('password')}")

    def socket_url(self, database="usher"):
        return f"mariadb://root@/{database}?socket={self.socket}"


class Redis(Program):
    """redis-server on a port, with a password, keeping nothing on disk."""

    name = "redis"
    password = "only-for-a-test"

    def __init__(self, *options):
        super().__init__()
        self.options = options
        self.port = self.listen_port = free_port()
        self.cli = ()
        with open(self.path("password"), "w", encoding="ascii") as file:
            file.write(self.password + "\n")

    def start(self):
        self.run("redis-server", "--bind", "127.0.0.1", "--port", str(self.listen_port), "--dir", self.folder, "--save", "",
                 "--appendonly", "no", "--requirepass", self.password, *self.options)
        return self.await_answer()

    def answers(self):
        return self.command("PING") == "PONG"

    def command(self, *words):
        """What a command answers, as the client prints it."""
        done = subprocess.run(["redis-cli", "-h", "127.0.0.1", "-p", str(self.port), "--no-auth-warning", *getattr(self, "cli", ()), *words],
                              capture_output=True, text=True, env={**os.environ, "REDISCLI_AUTH": self.password})
        return done.stdout.strip()

    def url(self, port=None):
        return f"redis://127.0.0.1:{port or self.port}/0?password-file={self.path('password')}"
