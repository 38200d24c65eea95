"""Cases in which a disk is full under a crowd that joins, holds and pays: the store's of a process alone, and MariaDB's. In doubt
nothing is sold; once there is room, the sale goes on by itself, with all that anybody was told."""
import os
import shutil
import subprocess
import time

from failover import PayingHouse
from house import House, Outage
from server import Server, wait_until
from servers import MariaDB, free_port

DISK = os.path.join(os.path.abspath(os.environ.get("USHER_BUILD", "build")), "tests/operator/libdisk.so")
FULL_SECONDS = 1
AFTER_MAX = 4.0  # a store that failed is asked again after two seconds at most


class DiskHouse(PayingHouse):
    """One process with the store in its own folder, and a disk that is full while the folder of switches has a file "full"."""

    def start(self):
        if self.processes:
            return self.processes[0]
        assert os.path.exists(DISK), f"{DISK} is not built"
        switches = os.path.join(self.keys, "switches")
        os.mkdir(switches)
        self.switch = os.path.join(switches, "full")
        process = Server(self.usher, "--keys", self.keys, *self.options, keys=self.keys,
                         environment={"LD_PRELOAD": DISK, "USHER_DISK": switches})
        self.processes.append(process)
        return process

    def audit(self, *words):
        process = self.processes[0]
        assert process.terminate() == 0
        done = subprocess.run([self.usher, "audit", "--data", process.data, "--psp-ledger", self.psp.ledger, *words],
                              capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"audit: exit code {done.returncode}: {done.stdout[-800:]}{done.stderr[-500:]}"


class SmallMariaDB(MariaDB):
    """MariaDB whose data lie in a file system of their own, which only its processes see; fill() leaves no byte of it, empty() gives
    all back. Whoever is not root has it in a name space of users, too."""

    SIZE = "300m"

    def run(self, *words, **options):
        as_root = os.getuid() == 0
        data = self.path("data")
        inside = (f"cp -a {data} {data}.seed && mount -t tmpfs -o size={self.SIZE},mode=755 small {data} && "
                  f"cp -a {data}.seed/. {data}/ && " + (f"chown {self.user}: {data} && " if as_root else "") + 'exec "$@"')
        words = [word if as_root or not word.startswith("--user=") else "--user=root" for word in words]
        super().run("unshare", "--mount", *([] if as_root else ["--user", "--map-root-user"]), "sh", "-c", inside, "sh", *words,
                    "--innodb-log-file-size=8M", **options)

    def ballast(self):
        return f"/proc/{self.process.pid}/root{self.path('data')}/ballast"

    def fill(self):
        with open(self.ballast(), "wb", buffering=0) as file:
            for size in (1 << 20, 4096):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    pass

    def empty(self):
        os.unlink(self.ballast())


class MonitorHouse(House):
    """A gateway, a process with the sale, and one with the monitor, whose disk is full while the folder of switches has a file "full"."""

    def start(self):
        if self.processes:
            return self.processes[0]
        assert os.path.exists(DISK), f"{DISK} is not built"
        switches = os.path.join(self.keys, "switches")
        os.mkdir(switches)
        self.switch = os.path.join(switches, "full")
        place = f"127.0.0.1:{free_port()}"

        def serve(role, *peers, **more):
            self.processes.append(Server(self.usher, "--role", role, "--peer", ",".join(peers), "--keys", self.keys, keys=self.keys, **more))
            return self.processes[-1]
        ticket = serve("ticket", f"monitor={place}", whole=False)
        serve("monitor", f"ticket={ticket.address}", listen=place, demo=False, whole=False,
              environment={"LD_PRELOAD": DISK, "USHER_DISK": switches, "USHER_DISK_FILE": "/monitor.db"})
        return serve("gateway", f"ticket={ticket.address}", f"monitor={place}", demo=False)

    def audit(self, *words):
        process = self.processes[0]
        assert process.terminate() == 0
        done = subprocess.run([self.usher, "audit", "--data", process.data, *words], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"audit: exit code {done.returncode}: {done.stdout[-800:]}{done.stderr[-500:]}"


def monitor_full(house):
    """What the monitor cannot keep is dropped and counted, it says so in its log, its metric and /readyz, and no sale waits for it; with room
    again it goes on, and has every sale event."""
    _, monitor, sale = house.processes
    outage, token = Outage(house, sale), house.guest(sale)
    assert monitor.is_ready() and house.hold(sale, token)
    open(house.switch, "w", encoding="ascii").close()
    wait_until(lambda: house.hold(sale, token) and not monitor.is_ready(), "the monitor says that it keeps nothing")
    assert monitor.figure("usher_monitor_window_failing") == 1
    assert '"monitor.window"' in monitor.log() and '"event.outcome":"failure"' in monitor.log()
    lost = monitor.figure("usher_monitor_lines_lost_total")
    crowd = house.stampede(sale, 200, "1s")
    outage.measure()
    figures = crowd.verdict()
    assert figures["outcomes"]["ordered"] > 0 and sale.is_ready(), figures["outcomes"]
    wait_until(lambda: monitor.figure("usher_monitor_lines_lost_total") > lost, "what is lost is counted")
    os.unlink(house.switch)
    wait_until(monitor.is_ready, "the monitor goes on by itself")
    changes = int(sale.ask("GetPerformance", {"performanceId": 1})["version"])
    wait_until(lambda: monitor.figure("usher_monitor_events_total") >= changes, "every sale event is there")
    assert monitor.figure("usher_monitor_window_failing") == 0
    told = sale.ask("GetMonitor", {}, "usher.v1.MonitorService", sale.operator_key)
    assert int(told["lostLines"]) > lost, told
    return [("a sale whose monitor's disk is full", outage.seconds, 2.0)]


def full(house, process, what, fill, empty, said):
    """In the middle of a crowd the disk is full, for a second from when nothing can be held any more."""
    outage, token = Outage(house, process), house.guest(process)
    crowd = house.crowd(process)
    time.sleep(1.5)  # in the middle of the four seconds in which people arrive
    fill()
    wait_until(lambda: not house.hold(process, token), "nothing can be held any more")
    wait_until(lambda: any(said in each.log() for each in house.processes), "the log says why")
    time.sleep(FULL_SECONDS)
    empty()
    outage.measure()
    figures = crowd.verdict()
    assert figures["line"]["joined"] == crowd.users and figures["outcomes"]["ordered"] > 0, figures["outcomes"]
    return [(f"{what}, from when there is room again", outage.seconds, AFTER_MAX)]


def store_full(house):
    return full(house, house.processes[0], "the store's disk full", lambda: open(house.switch, "w", encoding="ascii").close(),
                lambda: os.unlink(house.switch), "SQLITE_FULL")


def mariadb_full(house):
    _, other = house.owner()
    mariadb = house.ground.mariadb
    return full(house, other, "MariaDB's disk full", mariadb.fill, mariadb.empty, '"store.mariadb"')


store_full.house = DiskHouse
monitor_full.house = MonitorHouse
mariadb_full.mariadb = SmallMariaDB
CASES = [store_full, monitor_full, mariadb_full]
