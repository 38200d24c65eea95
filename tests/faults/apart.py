"""Cases in which processes do not reach each other, though each reaches MariaDB and Redis: nobody may take over, for nobody
is gone. Who is connected to the owner buys on; who comes through the other waits, and goes on when the wire is whole."""
import time

import proxy
from failover import PayingHouse, SALE_MAX
from house import House, Outage
from lines import keeps
from server import wait_until

CUT_SECONDS = 1


class LinkedHouse(PayingHouse):
    """Two processes that reach each other over wires, too."""

    def start(self):
        wire = proxy.Wire(0)
        self.wires.append(wire)
        before, self.options = self.options, (*self.options, "--advertise", f"http://127.0.0.1:{wire.port}")
        process = super().start()
        self.options = before
        wire.target = process.port
        process.from_others = wire
        return process


def apart(house, what, *directions):
    """A crowd that joins, holds and pays through the process that does not own; in its middle the two do not hear each other."""
    night = house.sale()
    owner, other = house.owner(night)
    outage, token = Outage(house, other), house.guest(owner)
    crowd = house.crowd(other, night=night)
    time.sleep(1.5)  # in the middle of the four seconds in which people arrive
    for process in (owner, other):
        process.from_others.freeze(*directions)
    if keeps(owner) and house.serves(owner):  # else nobody there knows who may come in: in doubt, nothing is held
        wait_until(lambda: house.hold(owner, token), "who is at the owner buys on")
    time.sleep(CUT_SECONDS)
    for process in (owner, other):
        process.from_others.go_on()
    outage.measure()
    figures = crowd.verdict()
    assert figures["line"]["joined"] == crowd.users and figures["outcomes"]["ordered"] == crowd.users, figures["outcomes"]
    assert max(figures[kind]["max"] for kind in ("hold_ms", "order_ms")) > 800 * CUT_SECONDS, "nobody met the fault"
    assert house.serves(owner, night) and not house.serves(other, night), "somebody took over from an owner that was not gone"
    return [(f"{what}, from its end on", outage.seconds, SALE_MAX)]


def processes_apart(house):
    return apart(house, f"two processes apart for {CUT_SECONDS} s")


def processes_unheard(house):
    """What one asks does not arrive at the other."""
    return apart(house, f"two processes apart one way for {CUT_SECONDS} s", "there")


def processes_deaf(house):
    """What one asks is done by the other, and its answer does not come back."""
    return apart(house, f"two processes apart the other way for {CUT_SECONDS} s", "back")


def gateway_apart(house, *directions):
    """A gateway that has no sale of its own, and does not reach the process that it knows."""
    owner, _ = house.owner()
    wire = proxy.Wire(owner.port)
    house.wires.append(wire)
    gateway = house.gateway(owner, f"127.0.0.1:{wire.port}")
    outage = Outage(house, gateway)
    crowd = house.stampede(gateway, 300)
    crowd.await_holds(gateway, 100)
    wire.freeze(*directions)
    time.sleep(CUT_SECONDS)
    wire.go_on()
    outage.measure()
    crowd.verdict()
    return [(f"a gateway apart for {CUT_SECONDS} s, from its end on", outage.seconds, SALE_MAX)]


def gateway_deaf(house):
    return gateway_apart(house, "back")


processes_apart.house = processes_unheard.house = processes_deaf.house = LinkedHouse
gateway_apart.house = gateway_deaf.house = House
CASES = [processes_apart, processes_unheard, processes_deaf, gateway_apart, gateway_deaf]
