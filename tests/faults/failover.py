"""Cases in which a server is replaced by another while a crowd joins, holds and pays: Redis behind sentinels, Redis as a cluster."""
import os
import shutil
import sys
import tempfile
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "money"))
import redises  # noqa: E402
from pair import Pair  # noqa: E402
from house import House, LEASE_SECONDS, Outage  # noqa: E402
from lines import keeper, room  # noqa: E402
from server import wait_until  # noqa: E402
from shop import Psp  # noqa: E402

SALE_MAX = 2.0


class PayingHouse(House):
    """Two processes with a payment provider, and a performance behind a line beside the demo's."""

    def __init__(self, ground, usher, redis=None):
        self.folder = tempfile.mkdtemp(prefix="usher-psp-")
        self.psp = Psp(self.folder)
        super().__init__(ground, usher, redis, ("--psp", f"http://{self.psp.listen}"))

    def __exit__(self, *_):
        super().__exit__()
        self.psp.die()
        shutil.rmtree(self.folder, ignore_errors=True)

    def sale(self, seats_inside=400):
        """A performance that is sold through a line; its id, once the line is open everywhere."""
        first = self.processes[0]
        event = first.ask("ListEvents", {})["events"][0]
        performance = event["performances"][0]
        night = first.ask("CreatePerformance", {
            "eventId": event["eventId"], "hallId": performance["hall"]["hallId"], "prices": performance["prices"],
            "startsAtMs": performance["startsAtMs"]}, token=first.operator_key)["performanceId"]
        sale = room(first, "CreateSale", {"name": "Night", "performanceIds": [night], "guests": True, "capacityMin": seats_inside,
                                          "capacityMax": seats_inside}, first.operator_key)
        for process in self.processes:
            wait_until(lambda at=process: room(at, "GetSale", {"saleId": sale["saleId"]}).get("status", {}).get("state")
                       == "LINE_STATE_OPEN", "the sale is open, seen from every process")
        if len(self.processes) > 1:
            keeper(self)
        return night

    def crowd(self, process, *words, users=250, within="4s", timeout="30s", night=None):
        """Joins, waits, holds, and pays the provider."""
        return self.stampede(process, users, within, timeout, "--performance", str(night or self.sale()), "--line", "--pay", "toss",
                             *words)

    def audit(self, *words):
        super().audit("--psp-ledger", self.psp.ledger, *words)


def redis_replaced(house, what, limit, fault, lease_at):
    """While people join, hold and pay, the master goes. The sale goes on as if nothing were; what stands still is that a process
    can take over: until a lease is written again. lease_at says where it would be."""
    owner, other = house.owner()
    outage = Outage(house, other)
    crowd = house.crowd(other)
    time.sleep(1.5)  # so that the fault comes in the middle of the four seconds in which people arrive
    fault()
    began = time.monotonic()
    outage.measure()

    def renewed():
        """A lease that was not renewed since the fault has less left."""
        left = [int(server.command("PTTL", "usher:{lease:waitroom}")) for server in lease_at()]
        return time.monotonic() - began > 0.5 * LEASE_SECONDS and any(ms > 600 * LEASE_SECONDS for ms in left)
    wait_until(renewed, "leases are written again", limit + 10)
    seconds = time.monotonic() - began
    figures = crowd.verdict()
    assert figures["line"]["joined"] == crowd.users and figures["outcomes"]["ordered"] > 0, figures["outcomes"]
    assert owner.process.poll() is None
    house.owner()
    return [(f"{what}: holds", outage.seconds, SALE_MAX), (f"{what}: nobody could take over", seconds, limit)]


def sentinel_failover(house):
    watched = house.redis
    first = watched.master()

    def masters():
        now = watched.master()
        return [now] if now and now is not first else []
    return redis_replaced(house, "Redis's master killed, sentinels", 6.0, first.kill, masters)


def owners_at(house):
    """The master of the lease's slot now, other than `but`."""
    cluster = house.redis
    slot = cluster.slot("usher:{lease:waitroom}")
    first = cluster.owner(slot)

    def others():
        now = cluster.owner(slot)
        return [now] if now and now is not first else []
    return first, others


def cluster_failover(house):
    first, others = owners_at(house)
    return redis_replaced(house, "a cluster's master killed", 6.0, first.kill, others)


def cluster_slot_moves(house):
    """The slots of the leases move to other masters under the crowd."""
    _, others = owners_at(house)
    slots = {house.redis.slot(f"usher:{{lease:{name}}}") for name in ("waitroom", "outbox", "performance:1", "performance:2")}

    def fault():
        for slot in slots:
            house.redis.migrate(slot)
    return redis_replaced(house, "a cluster's slots moved", 2.0, fault, others)


def mariadb_fails_over(house):
    """The primary is killed under the crowd, and its replica made the primary as the page of operations says: the sale goes on by
    itself, with all that anybody was told. The old one comes back writable, and is not written to."""
    pair, (owner, other) = house.ground.mariadb, house.owner()
    outage = Outage(house, other)
    crowd = house.crowd(other)
    time.sleep(1.5)
    assert "still answers" in pair.refuses_to_promote(house.database)
    assert pair.replica.query("SELECT @@read_only") == "1" and pair.status() == ("ON", "1"), "a refusal has changed something"
    pair.primary.kill()
    began = time.monotonic()
    assert "no table promotion" in pair.refuses_to_promote("mysql")
    pair.promote(house.database)
    assert "no replica" in pair.refuses_to_promote(house.database, pair.primary), "it is one already"
    promoted = time.monotonic()
    outage.measure()
    rows = [("MariaDB's primary killed, from the promotion on", time.monotonic() - promoted, 6.0),
            ("MariaDB's primary killed, in all", time.monotonic() - began, 10.0)]
    pair.replica.start()
    assert pair.replica.query("SELECT @@read_only") == "0", "the old one is writable"
    before = pair.replica.query(f"SELECT count(*) FROM {house.database}.ledger")
    figures = crowd.verdict()
    assert figures["outcomes"]["ordered"] > 0, figures["outcomes"]
    assert pair.replica.query(f"SELECT count(*) FROM {house.database}.ledger") == before, "the old primary was written to"
    assert any("mariadb.primary" in process.log() for process in (owner, other))
    return rows


def mariadb_loses_its_replica(house):
    """It falls back to asynchronous replication: nothing is sold, and the log says why; with the replica it goes on by itself."""
    pair, (owner, other) = house.ground.mariadb, house.owner()
    token = house.guest(other)
    assert house.hold(other, token)
    outage = Outage(house, other)
    pair.replica.kill()
    wait_until(lambda: not house.hold(other, token), "nothing can be held any more")
    orders = pair.query(f"SELECT count(*) FROM {house.database}.orders")
    wait_until(lambda: any("no replica takes what it commits" in process.log() or "asynchronous replication" in process.log()
                           for process in (owner, other)), "the log says why")
    for _ in range(3):
        assert not house.hold(other, token), "something was held that no replica has"
    wait_until(lambda: any(int(process.figure("usher_mariadb_unreplicated_total")) > 0 for process in (owner, other)), "it is counted")
    assert pair.query(f"SELECT count(*) FROM {house.database}.orders") == orders
    pair.replica.start()
    pair.replica.query("SET GLOBAL read_only = ON; START SLAVE")
    wait_until(lambda: pair.status() == ("ON", "1"), "the replica is back")
    outage.measure()
    return [("MariaDB without its replica, from its return on", outage.seconds, 6.0)]


mariadb_fails_over.mariadb = mariadb_loses_its_replica.mariadb = Pair
sentinel_failover.redis = redises.Watched
cluster_failover.redis = cluster_slot_moves.redis = redises.Cluster
CASES = [mariadb_fails_over, mariadb_loses_its_replica, sentinel_failover, cluster_failover, cluster_slot_moves]
