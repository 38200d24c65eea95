"""Cases in which bytes go one way only, and in which a clock is set: a step of an hour, either way, of the owner alone."""
import os
import time

from fakeclock import fake_clock, set_clock
from house import House, LEASE_SECONDS, Outage
from server import wait_until

SLACK = 2.0
STEP_SECONDS = 3600


def half_cut(house, wire_of, direction, seconds, what, limit):
    """A stampede through the other process; in its middle the owner's wire passes bytes one way only, for a while."""
    owner, other = house.owner()
    outage = Outage(house, other)
    crowd = house.stampede(other)
    crowd.await_holds(other, crowd.users // 3)
    wire = wire_of(owner)
    wire.freeze(direction)
    began = time.monotonic()
    if seconds:
        time.sleep(seconds)
        wire.go_on()
        began = time.monotonic()
    outage.measure()
    held = time.monotonic() - began
    crowd.verdict()
    wire.go_on()
    token = house.guest(owner)
    wait_until(lambda: house.hold(owner, token), "a hold through the one that was half cut off")
    return [(what, held, limit)]


def owner_deaf_to_redis(house):
    """What it says arrives (it renews its lease!), what Redis answers does not: it gives the connection up."""
    return half_cut(house, lambda owner: owner.to_redis, "back", 0, "owner hears Redis no more", LEASE_SECONDS + SLACK + 2)


def owner_unheard_by_redis(house):
    return half_cut(house, lambda owner: owner.to_redis, "there", 0, "Redis hears the owner no more", LEASE_SECONDS + SLACK + 2)


def owner_deaf_to_mariadb(house):
    """Commits arrive and are done; nobody learns of it for a second."""
    return half_cut(house, lambda owner: owner.to_mariadb, "back", 1, "owner hears MariaDB no more for 1 s, from its end on", SLACK)


def owner_unheard_by_mariadb(house):
    return half_cut(house, lambda owner: owner.to_mariadb, "there", 1, "MariaDB hears the owner no more for 1 s, from its end on", SLACK)


class ClockHouse(House):
    """Each process has a clock of its own, which a file sets (libfaketime); what measures durations is left alone."""

    def environment_of_next(self):
        return fake_clock(os.path.join(self.keys, f"clock{len(self.processes)}"))

    def step(self, process, seconds):
        set_clock(os.path.join(self.keys, f"clock{self.processes.index(process)}"), seconds)


def clock_steps(house, seconds):
    """The owner's clock is set in the middle. Forward, what was held has ended and is free again, and no place is anybody's twice;
    backward, rows of the ledger go on from the last one's time, and nothing that ended comes back."""
    owner, other = house.owner()
    outage = Outage(house, other)
    crowd = house.stampede(other)
    crowd.await_holds(other, crowd.users // 3)
    house.step(owner, seconds)
    outage.measure()
    crowd.verdict()
    at = owner.ask("GetStatus", {}, service="usher.v1.InstallationService", token=owner.operator_key)
    assert "performances" in at, at
    return [(f"the owner's clock set by {seconds // 3600:+d} h", outage.seconds, SLACK)]


def clock_forward(house):
    return clock_steps(house, STEP_SECONDS)


def clock_back(house):
    return clock_steps(house, -STEP_SECONDS)


clock_forward.house = clock_back.house = ClockHouse
CASES = [owner_deaf_to_redis, owner_unheard_by_redis, owner_deaf_to_mariadb, owner_unheard_by_mariadb, clock_forward, clock_back]
