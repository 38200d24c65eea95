"""Whose the limit of places is: a telephone number's, or a person's by law, over all their accounts; proved at a stand-in that speaks
the dialects of PortOne and Twilio. What is kept of it is a keyed hash."""
import http.client
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

from server import Server, wait_until

AUTH, TICKET, LINE = "usher.v1.AuthService", "usher.v1.TicketService", "usher.v1.WaitroomService"
CHECKER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "checker", "ledger_check.py")
PHONE, IDENTITY = "PERSON_RULE_PHONE", "PERSON_RULE_IDENTITY"
KIM = {"kind": IDENTITY, "phone": "010-1234-5678", "name": "김하나", "identityNumber": "9001012", "carrier": "SKT"}
LEE = {"kind": IDENTITY, "phone": "010-8765-4321", "name": "이두리", "identityNumber": "8503051", "carrier": "KT_MVNO"}


class Psp:
    """`usher psp`, whose messages are read as telephones would show them."""

    def __init__(self, usher, folder):
        port = os.path.join(folder, "psp.port")
        self.process = subprocess.Popen(
            [usher, "psp", "--psp-listen", "127.0.0.1:0", "--psp-port-file", port, "--psp-latency", "1ms"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: os.path.exists(port) and os.path.getsize(port) > 0, "usher psp", 60)
        with open(port, encoding="ascii") as file:
            self.listen = file.read().strip()

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.listen, timeout=20)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text)

    def code(self, phone):
        return next(one["code"] for one in self.ask("GET", "/messages")[1] if one["to"] == phone)

    def script(self, *rules):
        status, _ = self.ask("POST", "/faults", json.dumps({"rules": list(rules)}))
        assert status == 200

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


class Hall:
    def __init__(self, world):
        self.folder = tempfile.mkdtemp(prefix="usher-persons-")
        self.psp = Psp(world.usher, self.folder)
        self.server = Server(world.usher, "--psp", f"http://{self.psp.listen}", "--trusted-proxy", "127.0.0.1/32",
                             demo=False, whole=False)
        self.places = 0

    def close(self):
        self.server.kill()
        self.psp.close()
        shutil.rmtree(self.folder)

    def call(self, method, message, token=None, service=TICKET):
        self.places += 1  # everybody is somewhere else
        return self.server.ask_from(f"198.51.{self.places // 250}.{self.places % 250 + 1}", method, message, token, service)

    def told(self, *words, **more):
        answer = self.call(*words, **more)
        assert isinstance(answer, dict), answer
        return answer

    def guest(self):
        return self.told("CreateGuest", {}, service=AUTH)["token"]

    def performance(self, rule, places_max=4):
        hall = self.told("GenerateHall", {"name": "x", "capacity": 100}, self.server.operator_key)
        event = self.told("CreateEvent", {"name": "x", "performance": {
            "hallId": hall["hallId"], "startsAtMs": str(int(time.time() * 1000) + 86400000),
            "prices": [{"category": i, "amount": "1000"} for i in range(len(hall["categories"]))],
            "placesMax": places_max, "restMs": 0, "personRule": rule}}, self.server.operator_key)
        made = event["performances"][0]["performanceId"]
        self.told("OpenSale", {"performanceId": made}, self.server.operator_key)
        return made

    def prove(self, token, wish, phone):
        begun = self.told("BeginPerson", wish, token, service=AUTH)["requestId"]
        return self.told("ProvePerson", {"requestId": begun, "code": self.psp.code(phone)}, token, service=AUTH)

    def hold(self, token, performance, party):
        return self.call("HoldBest", {"performanceId": performance, "party": party, "apart": True}, token)


def is_asked_for(hall):
    """What is wrong is said; a code is another's, or wrong, or late, or none."""
    services = hall.told("ListPersonServices", {}, service=AUTH)["services"]
    assert [(one["kind"], one["standIn"]) for one in services] == [(IDENTITY, True), (PHONE, True)], services
    token, other = hall.guest(), hall.guest()
    for wrong in ({"phone": "12"}, {"phone": "abc"}, {"phone": "+1 212 555 0199"}, {"name": ""}, {"name": "a\nb"},
                  {"identityNumber": "900101"}, {"identityNumber": "90010121"}, {"carrier": "AT&T"}):
        assert hall.call("BeginPerson", {**KIM, **wrong}, token, service=AUTH) == "BAD_ARGUMENT", wrong
    assert hall.call("BeginPerson", {**KIM, "kind": 0}, token, service=AUTH) == "PERSON_UNKNOWN"
    begun = hall.told("BeginPerson", KIM, token, service=AUTH)["requestId"]
    code = hall.psp.code("01012345678")
    wrong = str((int(code) + 1) % 1000000).zfill(6)
    assert hall.call("ProvePerson", {"requestId": begun, "code": wrong}, token, service=AUTH) == "PERSON_REFUSED"
    assert hall.call("ProvePerson", {"requestId": begun, "code": code}, other, service=AUTH) == "PERSON_REFUSED"
    assert hall.call("ProvePerson", {"requestId": begun[:-2], "code": code}, token, service=AUTH) == "PERSON_REFUSED"
    assert hall.call("ProvePerson", {"requestId": begun, "code": "x"}, token, service=AUTH) == "PERSON_REFUSED"
    assert hall.told("ProvePerson", {"requestId": begun, "code": code}, token, service=AUTH)["kind"] == IDENTITY
    # Guesses are few: the next ones are slowed, whatever they say.
    begun = hall.told("BeginPerson", LEE, other, service=AUTH)["requestId"]
    said = {hall.call("ProvePerson", {"requestId": begun, "code": "000000"}, other, service=AUTH) for _ in range(7)}
    assert said == {"PERSON_REFUSED", "TOO_MANY_REQUESTS"}, said
    # So are messages, for one account and to one telephone.
    flood = [hall.call("BeginPerson", {"kind": PHONE, "phone": "+44 20 7946 0958"}, hall.guest(), service=AUTH) for _ in range(7)]
    assert flood.count("TOO_MANY_REQUESTS") == 2, flood
    account = hall.told("GetAccount", {}, token, service=AUTH)
    assert [one["kind"] for one in account["persons"]] == [IDENTITY], account
    # An account is one person's.
    begun = hall.told("BeginPerson", {**LEE, "phone": "010 2222 3333"}, token, service=AUTH)["requestId"]
    assert hall.call("ProvePerson", {"requestId": begun, "code": hall.psp.code("01022223333")}, token, service=AUTH) == "PERSON_OTHER"


def services_fail(hall):
    """A service that fails proves nothing, and says that it was not the buyer."""
    token = hall.guest()
    wish = {"kind": PHONE, "phone": "010 4444 5555"}
    for do in ("error_before", "down", "cut_before"):
        hall.psp.script({"on": "send", "do": do, "times": 1})
        assert hall.call("BeginPerson", wish, hall.guest(), service=AUTH) == "PROVIDER_UNAVAILABLE", do
    hall.psp.script()
    begun = hall.told("BeginPerson", {**wish, "phone": "010 4444 6666"}, token, service=AUTH)["requestId"]
    hall.psp.script({"on": "confirm", "do": "error_before", "times": 1})
    shown = {"requestId": begun, "code": hall.psp.code("+821044446666")}
    assert hall.call("ProvePerson", shown, token, service=AUTH) == "PROVIDER_UNAVAILABLE"
    hall.psp.script()
    assert hall.told("ProvePerson", shown, token, service=AUTH)["kind"] == PHONE


def is_one_limit(hall, rule, prove):
    """Two accounts of one person have one limit, another person has another; places come back to whose they were."""
    performance = hall.performance(rule)
    assert hall.told("GetPerformance", {"performanceId": performance})["personRule"] == rule
    one, two, three = hall.guest(), hall.guest(), hall.guest()
    assert hall.hold(one, performance, 1) == "PERSON_NEEDED"
    prove(one, two, three)
    held = hall.hold(one, performance, 3)
    order = hall.told("PlaceOrder", {"performanceId": performance, "holdId": held["holdId"],
                                     "paymentMethod": "PAYMENT_METHOD_BOX_OFFICE"}, one)
    assert hall.hold(two, performance, 2) == "LIMIT_REACHED"
    second = hall.hold(two, performance, 1)
    assert second["holdId"] and hall.hold(one, performance, 1) == "LIMIT_REACHED"
    assert len(hall.hold(three, performance, 4)["seats"]) == 4
    hall.told("CancelOrder", {"orderId": order["orderId"]}, one)
    assert len(hall.hold(two, performance, 3)["seats"]) == 3 and hall.hold(one, performance, 1) == "LIMIT_REACHED"


def has_one_place_in_a_line(hall):
    performance = hall.performance(IDENTITY)
    sale = hall.told("CreateSale", {"performanceIds": [performance], "name": "x", "guests": True, "capacityMin": 1,
                                    "capacityMax": 1}, hall.server.operator_key, service=LINE)["saleId"]
    wait_until(lambda: isinstance(hall.call("GetSale", {"saleId": sale}, service=LINE), dict), "the line")
    assert wait_until(lambda: hall.told("GetSale", {"saleId": sale}, service=LINE).get("personRule"), "its rule") == 2
    one, two, three = hall.guest(), hall.guest(), hall.guest()
    assert hall.call("Join", {"saleId": sale}, one, service=LINE) == "PERSON_NEEDED"
    hall.prove(one, {**KIM, "phone": "010 5555 0001"}, "01055550001")
    hall.prove(two, {**KIM, "phone": "010 5555 0002"}, "01055550002")
    hall.prove(three, {**LEE, "phone": "010 5555 0003"}, "01055550003")
    first = hall.told("Join", {"saleId": sale}, one, service=LINE)
    assert hall.call("Join", {"saleId": sale}, two, service=LINE) == "PERSON_HAS_PLACE"
    assert hall.told("Join", {"saleId": sale}, one, service=LINE)["number"] == first["number"]
    assert int(hall.told("Join", {"saleId": sale}, three, service=LINE)["number"]) == int(first["number"]) + 1


def is_audited(hall):
    """Both auditors, over a kill; in the store there is nobody's number, name or CI."""
    hall.server.process.kill()
    hall.server.process.wait(30)
    usher = hall.server.process.args[0]
    for command in ([usher, "audit", "--data", hall.server.data], [sys.executable, CHECKER, hall.server.data]):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout[-800:] + done.stderr[-300:]
    with open(os.path.join(hall.server.data, "usher.db"), "rb") as file:
        bytes_of = file.read()
    for said in ("01012345678", "821012345678", "김하나", "이두리", "9001012"):
        assert said.encode() not in bytes_of, said
    assert not re.search(rb"[A-Za-z0-9+/]{86}==", bytes_of), "a CI is kept"
    store = sqlite3.connect(f"file:{hall.server.data}/usher.db?mode=ro", uri=True)
    try:
        people = dict(store.execute("SELECT kind, count(DISTINCT person_id) FROM person GROUP BY kind").fetchall())
        assert people == {1: 3, 2: 2}, people  # three telephones, two people
        assert store.execute("SELECT count(*) FROM orders WHERE length(person_id) <> 16").fetchone()[0] == 0
    finally:
        store.close()


def persons_have_one_limit(world):
    hall = Hall(world)
    try:
        is_asked_for(hall)
        services_fail(hall)

        def by_phone(one, two, three):
            hall.prove(one, {"kind": PHONE, "phone": "010-7777-0001"}, "+821077770001")
            hall.prove(two, {"kind": PHONE, "phone": "+82 10 7777 0001"}, "+821077770001")
            hall.prove(three, {"kind": PHONE, "phone": "010.7777.0002"}, "+821077770002")

        def by_identity(one, two, three):
            hall.prove(one, {**KIM, "phone": "010 6666 0001"}, "01066660001")
            hall.prove(two, {**KIM, "phone": "010 6666 0002"}, "01066660002")
            hall.prove(three, {**LEE, "phone": "010 6666 0003"}, "01066660003")
        is_one_limit(hall, PHONE, by_phone)
        is_one_limit(hall, IDENTITY, by_identity)
        has_one_place_in_a_line(hall)
        is_audited(hall)
    finally:
        hall.close()


CHECKS = [persons_have_one_limit]
