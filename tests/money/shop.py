"""usher serve, usher psp and a buyer: what the tests of money have in common."""
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from server import end, Server, wait_until  # noqa: E402

USHER = os.environ.get("USHER", "build/usher")
PAYMENT, AUTH = "usher.v1.PaymentService", "usher.v1.AuthService"
WAITING, DONE, REFUNDED = "PAYMENT_STATE_WAITING", "PAYMENT_STATE_DONE", "PAYMENT_STATE_REFUNDED"
DECLINED, ABANDONED = "PAYMENT_STATE_DECLINED", "PAYMENT_STATE_ABANDONED"


def fetch(address, method, target, body=None, headers=None, timeout=40):
    """(status, headers, body) of one plain exchange; redirects are not followed."""
    connection = http.client.HTTPConnection(address, timeout=timeout)
    try:
        connection.request(method, target, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


class Psp:
    """`usher psp` on a port of its own, which it keeps when it is started again."""

    def __init__(self, folder, *options):
        self.folder, self.listen, self.process, self.options = folder, "127.0.0.1:0", None, options
        self.ledger, self.webhook, self.retry = os.path.join(folder, "psp.ledger"), None, "200ms"
        self.start()

    def start(self):
        port_file = os.path.join(self.folder, "psp.port")
        if os.path.exists(port_file):
            os.unlink(port_file)
        more = ["--psp-webhook", self.webhook] if self.webhook else []
        with open(os.path.join(self.folder, "psp.log"), "ab") as log:
            self.process = subprocess.Popen(
                [USHER, "psp", "--psp-listen", self.listen, "--psp-port-file", port_file, "--psp-ledger", self.ledger,
                 "--psp-latency", "5ms", "--psp-retry", self.retry, *more, *self.options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        def answers():
            assert self.process.poll() is None, f"usher psp ended with {self.process.returncode}"
            return os.path.exists(port_file)
        wait_until(answers, "usher psp", 30)
        with open(port_file, encoding="ascii") as file:
            self.listen = file.read().strip()

    def die(self):
        end(self.process)

    def script(self, *rules, **more):
        """Sets what goes wrong from now on; without arguments nothing does."""
        body = json.dumps({"latency_ms": 5, "rules": list(rules), **more})
        status, _, answer = fetch(self.listen, "POST", "/faults", body)
        assert status == 200, answer

    def charges(self):
        """All that was charged, whatever for."""
        with open(self.ledger, encoding="utf-8") as file:
            return [line for line in file if '"kind": "charge"' in line or '"kind":"charge"' in line]

    def lines(self, kind, order):
        """The ledger's lines of one kind about our attempt."""
        with open(self.ledger, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file if line.endswith("\n")]
        keys = {line["payment"] for line in lines if line["kind"] == "open" and line["order"] == order}
        return [line for line in lines if line["kind"] == kind and line.get("payment") in keys]


def fault(on, do, times=1):
    return {"on": on, "do": do, "times": times}


class Buyer:
    """A guest with a hold of its own; seats are taken in order, so that nobody meets anybody."""
    next_seat = 0
    away = set()  # what some tests take out of that order

    def __init__(self, shop, performance=1, seats=2, taking=None):
        self.shop = shop
        self.token = shop.server.ask("CreateGuest", {}, AUTH)["token"]
        self.performance, self.keys = performance, 0
        self.hold = self.take(seats, taking)

    @staticmethod
    def next_seats(count):
        while Buyer.away.intersection(range(Buyer.next_seat, Buyer.next_seat + count)):
            Buyer.next_seat += 1
        Buyer.next_seat += count
        return list(range(Buyer.next_seat - count, Buyer.next_seat))

    def key(self):
        self.keys += 1
        return f"k{self.keys}"

    def ask(self, method, message, service=PAYMENT):
        return self.shop.server.ask(method, message, service, self.token, timeout=60)

    def take(self, count, seats=None):
        self.seats = Buyer.next_seats(count) if seats is None else seats
        wish = {"performanceId": self.performance, "seats": self.seats, "idempotencyKey": self.key()}
        until = time.monotonic() + 5  # places that were given back rest, at most three seconds
        hold = self.ask("HoldSeats", wish, "usher.v1.TicketService")
        while hold.get("code") == "aborted" and time.monotonic() < until:
            time.sleep(0.05)
            hold = self.ask("HoldSeats", wish, "usher.v1.TicketService")
        assert "holdId" in hold, hold
        return hold

    def begin(self, **more):
        payment = self.ask("BeginPayment", {
            "performanceId": self.performance, "holdId": self.hold["holdId"], "idempotencyKey": self.key(),
            "returnUrl": "/orders", "terms": True, "contact": {"name": "김", "email": "kim@example.org"}, **more})
        assert "paymentId" in payment, payment
        self.begun = payment
        self.payment = payment["paymentId"]
        self.way = payment.get("redirectUrl", "")
        return payment

    def choose(self, choice="pay"):
        """Decides on the provider's page; the address that leads back."""
        at = urllib.parse.urlparse(self.way)
        status, headers, body = fetch(at.netloc, "POST", f"{at.path}?{at.query}", f"choice={choice}")
        assert status == 303, (status, body)
        self.back = headers["location"]
        return self.back

    def query(self):
        return urllib.parse.urlparse(self.back).query

    def finish(self, query=None, own=True):
        message = {"paymentId": self.payment, "returnQuery": self.query() if query is None else query}
        if own:
            return self.ask("FinishPayment", message)
        return self.shop.server.ask("FinishPayment", message, PAYMENT, timeout=60)

    def get(self):
        return self.ask("GetPayment", {"paymentId": self.payment})

    def until(self, *states, seconds=40):
        def is_so():
            payment = self.get()
            return payment if payment.get("state") in states else None
        return wait_until(is_so, f"payment {self.payment} to be one of {states}", seconds)

    def pay(self):
        self.begin()
        self.choose()
        return self.finish()

    def refund(self, **more):
        return self.ask("RefundOrder", {"orderId": self.get()["orderId"], **more})

    def charges(self):
        return self.shop.psp.lines("charge", self.payment)

    def cancels(self):
        return self.shop.psp.lines("cancel", self.payment)

    def order(self):
        return self.ask("GetOrder", {"orderId": self.get()["orderId"]}, "usher.v1.TicketService")

    def paid_once(self):
        """One charge of exactly the hold's total, and good tickets."""
        payment = self.until(DONE)
        assert [c["amount"] for c in self.charges()] == [int(self.hold["total"])], self.charges()
        assert payment["order"]["state"] == "ORDER_STATE_CONFIRMED", payment
        method = "DEPOSIT" if "deposit" in self.begun else "CARD"
        assert payment["order"]["paymentMethod"] == f"PAYMENT_METHOD_{method}", payment
        assert len(payment["order"]["tickets"]) == len(self.seats), payment
        return payment


class Shop:
    """Both processes, and a second performance that starts in five days, in euros, whose holds are short."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="usher-money-")
        self.psp = Psp(self.folder)
        self.open(None)
        self.soon = self.make_performance()

    def options(self):
        return ["--psp", f"http://{self.psp.listen}", "--pay-time", "2s", "--deposit-look", "300ms"]

    def open(self, data):
        self.server = Server(USHER, *self.options(), data=data, listen=getattr(self, "listen", "127.0.0.1:0"))
        self.listen = self.server.address
        if not self.psp.webhook:
            self.psp.webhook = f"http://{self.listen}/webhooks"
            self.psp.die()
            self.psp.start()

    def again(self):
        """Starts the server that died, on its folder and port."""
        self.open(self.server.data)

    def operator(self, method, message, service="usher.v1.TicketService"):
        return self.server.ask(method, message, service, self.server.operator_key)

    def make_performance(self, hold_ms=1000, currency="EUR", amount=1235):
        first = self.operator("GetPerformance", {"performanceId": 1})
        made = self.operator("CreatePerformance", {
            "eventId": first["eventId"], "hallId": first["hall"]["hallId"], "currency": currency, "holdTtlMs": hold_ms,
            "startsAtMs": int(time.time() * 1000) + 5 * 86400000, "placesMax": 8,
            "prices": [{"category": p.get("category", 0), "amount": amount} for p in first["prices"]]})
        assert "performanceId" in made, made
        self.operator("OpenSale", {"performanceId": made["performanceId"]})
        return made["performanceId"]

    def unsettled(self):
        """What is not settled, with its story: for whoever waited in vain."""
        found = []
        for state in ("CONFIRMING", "UNCLEAR", "CAPTURED", "REFUNDING"):
            for p in self.operator("ListPayments", {"state": f"PAYMENT_STATE_{state}"}, PAYMENT).get("payments", []):
                story = self.operator("GetMoneyStory", {"orderId": p["orderId"]}, PAYMENT).get("events", [])
                found.append((p["paymentId"], state, [f"{e['what']} {e.get('text', '')}" for e in story[-6:]]))
        return found

    def audit(self):
        """All of it, against the provider's ledger; the words it says."""
        done = subprocess.run([USHER, "audit", "--data", self.server.data, "--psp-ledger", self.psp.ledger],
                              capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout + done.stderr
