"""A certificate that ends while a crowd joins, holds and pays: at the edge, and between a gateway and the process that owns."""
import datetime
import os
import signal
import socket
import ssl

import proxy
from failover import PayingHouse
from house import Outage
from redises import Authority
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


certificate_ended.house = SecureHouse
CASES = [certificate_ended]
