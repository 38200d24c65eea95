"""MariaDB as it is run where a machine may be lost: a primary that waits for its replica before it answers (AFTER_SYNC)."""
import os
import subprocess

from servers import MariaDB

PROMOTE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "deploy", "mariadb-promote")
TIMEOUT_MS = 1500  # that a commit waits for the replica before the primary falls back


class Pair:
    """A primary and a semi-synchronous replica; `query` and `url` are as MariaDB's."""

    def __init__(self, *options):
        self.servers = [MariaDB(
            f"--server-id={number}", "--log-bin=bin", "--sync-binlog=1", "--log-slave-updates", "--gtid-strict-mode=ON",
            "--rpl-semi-sync-master-enabled=ON", "--rpl-semi-sync-slave-enabled=ON", f"--rpl-semi-sync-master-timeout={TIMEOUT_MS}",
            "--rpl-semi-sync-master-wait-point=AFTER_SYNC", "--slave-net-timeout=2", *options) for number in (1, 2)]
        self.primary, self.replica = self.servers

    @property
    def port(self):
        return self.primary.port

    def start(self):
        try:
            for server in self.servers:
                server.start()
            self.primary.query("SET SESSION sql_log_bin = 0; CREATE USER copy@'127.0.0.1' IDENTIFIED BY 'only for a copy';"
                               "GRANT REPLICATION SLAVE ON *.* TO copy@'127.0.0.1'")
            self.follow()
        except Exception:
            self.close()
            raise
        return self

    def follow(self):
        """The replica follows the primary, and the primary knows it."""
        self.replica.query(f"SET GLOBAL read_only = ON; CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {self.primary.port},"
                           "MASTER_USER = 'copy', MASTER_PASSWORD = 'only for a copy', MASTER_USE_GTID = slave_pos,"
                           "MASTER_CONNECT_RETRY = 1; START SLAVE")
        from server import wait_until
        wait_until(lambda: self.status() == ("ON", "1"), "a semi-synchronous replica")

    def status(self):
        """(whether it waits for replicas, how many there are)."""
        said = self.primary.query("SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME IN"
                                  " ('RPL_SEMI_SYNC_MASTER_CLIENTS', 'RPL_SEMI_SYNC_MASTER_STATUS') ORDER BY VARIABLE_NAME DESC")
        return tuple(said.split())

    @staticmethod
    def run_promote(database, server):
        return subprocess.run([PROMOTE, database, "--no-defaults", "-uroot", f"--socket={server.socket}"], capture_output=True, text=True)

    def refuses_to_promote(self, database, server=None):
        """The sentence with which it does."""
        done = self.run_promote(database, server or self.replica)
        assert done.returncode == 1 and "nothing was changed" in done.stderr, (done.returncode, done.stdout, done.stderr)
        return done.stderr

    def promote(self, database):
        """As the page of operations says; the replica is the primary from then on."""
        done = self.run_promote(database, self.replica)
        assert done.returncode == 0, done.stderr
        self.primary, self.replica = self.replica, self.primary

    def query(self, text):
        return self.primary.query(text)

    def url(self, database="usher", port=None):
        first, second = self.servers
        return (f"mariadb://usher@127.0.0.1:{first.port},127.0.0.1:{second.port}/{database}"
                f"?password-file={first.path('password')}&semi-sync=require")

    def close(self):
        for server in self.servers:
            server.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()
