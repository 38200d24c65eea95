"""A certificate that ends while a crowd joins, holds and pays: at the edge, and between a gateway and the process that owns."""
import datetime
import os
import shutil
import signal
import socket
import ssl

import proxy
from failover import PayingHouse
from house import House, Outage
from lines import make_sale, room
from redises import DAY, Authority
from server import Server, wait_until

LIFE_SECONDS = 3
DAY_SECONDS = 86400
RELOAD_MAX = 4.0  # a peer that could not be reached is tried again after two seconds at most


class SecureHouse(PayingHouse):
    """A ticket process, and a gateway with all else, each with a certificate."""

    def start(self):
        if self.processes:
            return self.processes[0]
        self.authority = Authority(self.keys, "ours")
        self.sign(DAY_SECONDS)
        self.tickets = self.serve("ticket", "--role", "ticket")
        self.wire = proxy.Wire(self.tickets.port)
        self.wires.append(self.wire)
        there = f"https://127.0.0.1:{self.wire.port}"
        gateway = self.serve("gateway", "--role", "gateway", "--peer", f"ticket={there},waitroom={there}", "--peer-ca", self.authority.ca,
                             *self.options, demo=False)
        self.processes.append(gateway)
        wait_until(lambda: gateway.ask("GetPerformance", {"performanceId": 1}).get("saleState") == "SALE_STATE_OPEN", "the demo's sale")
        return gateway

    def serve(self, name, *options, demo=True):
        return Server(self.usher, *options, "--tls-cert", os.path.join(self.keys, f"ours-{name}.pem"), "--tls-key",
                      os.path.join(self.keys, f"ours-{name}.key"), "--store", self.store_url(), "--keys", self.keys, keys=self.keys,
                      tls=True, demo=demo, whole=False)

    def sign(self, seconds):
        for name in ("ticket", "gateway"):
            self.authority.sign(name, life=datetime.timedelta(seconds=seconds))

    def renew(self, seconds):
        """New certificates, which both processes have taken into use."""
        both = (self.tickets, *self.processes)
        before = [process.log().count('"tls.reload"') for process in both]
        self.sign(seconds)
        for process in both:
            process.process.send_signal(signal.SIGHUP)
        for process, count in zip(both, before):
            wait_until(lambda at=process, seen=count: at.log().count('"tls.reload"') > seen, "the certificate is taken into use")

    def is_trusted(self, port):
        """Whether somebody who comes now and looks at the certificate goes on."""
        with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
            try:
                ssl.create_default_context(cafile=self.authority.ca).wrap_socket(plain, server_hostname="127.0.0.1").close()
            except ssl.SSLCertVerificationError as error:
                assert "expired" in str(error), error
                return False
        return True

    def __exit__(self, *_):
        if hasattr(self, "tickets"):
            assert not self.tickets.trouble(), self.tickets.trouble()
            self.tickets.kill()
        super().__exit__()


def certificate_ended(house):
    """Who is connected buys on. Nobody connects any more, and what is between the processes breaks: nothing is held, until there are
    new certificates and they are told to read them."""
    gateway = house.processes[0]
    outage, token = Outage(house, gateway), house.guest(gateway)
    night = house.sale()
    assert house.is_trusted(gateway.port) and house.is_trusted(house.tickets.port)
    house.renew(LIFE_SECONDS)
    crowd = house.crowd(gateway, "--tls-ca", house.authority.ca, night=night)
    wait_until(lambda: not house.is_trusted(gateway.port) and not house.is_trusted(house.tickets.port), "they have ended")
    assert house.hold(gateway, token), "who is connected already is not in its way"
    house.wire.cut()
    wait_until(lambda: not house.hold(gateway, token), "nothing can be held any more")
    wait_until(lambda: "expired" in gateway.log(), "the log says why")
    house.renew(DAY_SECONDS)
    outage.measure()
    assert house.is_trusted(gateway.port) and house.is_trusted(house.tickets.port)
    figures = crowd.verdict()
    assert figures["line"]["joined"] == crowd.users and figures["outcomes"]["ordered"] > 0, figures["outcomes"]
    return [("certificates ended, from the reload on", outage.seconds, RELOAD_MAX)]


class MutualHouse(House):
    """Two whole processes that call each other under TLS, each with a certificate, and take no peer without one."""

    tls = True

    def __init__(self, ground, usher):
        super().__init__(ground, usher)
        self.authority = Authority(self.keys, "ours")
        cert, key = self.authority.sign("process")
        self.shown = [os.path.join(self.keys, f"shown.{kind}") for kind in ("pem", "key")]
        self.show(self.authority)
        self.options = ("--tls-cert", cert, "--tls-key", key, "--peer-ca", self.authority.ca, "--peer-cert", self.shown[0],
                        "--peer-cert-key", self.shown[1], "--peer-verify")

    def show(self, authority, days=1):
        """What the processes show to each other from their next connection on."""
        for path, file in zip(authority.sign("peer", life=days * DAY), self.shown):
            shutil.copyfile(path, file + ".new")
            os.replace(file + ".new", file)

    def renew(self):
        for process in self.processes:
            before = process.log().count('"event.action":"tls.reload"')
            process.process.send_signal(signal.SIGHUP)
            # The port's, and what is shown to peers.
            wait_until(lambda at=process, seen=before: at.log().count('"event.action":"tls.reload"') == seen + 2, "the files are read anew")


def peers_with_certificates(house):
    """What one process asks another goes on under TLS both ways: of performances, and of lines. With certificates that have ended
    nothing is told by who has to ask, and both logs say why; with new ones it goes on."""
    owner, other = house.owner()
    token = house.guest(other)
    assert house.hold(owner, token) and house.hold(other, token)
    sale = make_sale(house)
    for process in house.processes:
        assert "number" in room(process, "Join", {"saleId": sale}, house.guest(process))
    house.show(house.authority, -1)
    house.renew()
    wait_until(lambda: not house.hold(other, token), "who has to ask is not answered")
    for process, action in ((owner, "peer.refuse"), (other, "peer.fail")):
        wait_until(lambda at=process, said=action: any(f'"{said}"' in line and "has expired" in line for line in at.log().splitlines()),
                   f"{action} says why")
    house.show(house.authority)
    house.renew()
    outage = Outage(house, other)
    outage.measure()
    return [("peers with new certificates, from the reload on", outage.seconds, RELOAD_MAX)]


certificate_ended.house = SecureHouse
peers_with_certificates.house = MutualHouse
CASES = [certificate_ended, peers_with_certificates]
