"""Whose the data are: nothing personal in ledger, outbox and the books, also after tickets were bought, passed on and given
back; and nothing anywhere but under seal once the person is gone. Card data never reach us (PCI DSS SAQ A)."""
import json
import os
import re
import sqlite3

from server import wait_until
from shop import AUTH, DONE, Buyer, fetch

DOOR, TICKETS = "usher.v1.DoorService", "usher.v1.TicketService"
PASSWORD = "a long and quiet river 7"
# As nobody is called: whatever of them stands in a row is found.
NAME, EMAIL, PHONE = "Zwanzigsieben Müllerowa", "zwanzigsieben@marker.example", "+82-10-7654-9988"
FRIEND, FRIEND_EMAIL = "Qorvath Ünlüsoy", "qorvath@marker.example"
CARD = "4242424242424242"


def store(shop):
    return sqlite3.connect(f"file:{shop.server.data}/usher.db?mode=ro", uri=True)


def tables_with(shop, *markers):
    """The tables in any row of which one of the markers stands, as text or bytes."""
    wanted = [form for marker in markers for form in (marker.encode(), json.dumps(marker)[1:-1].encode())]
    db = store(shop)
    found = set()
    for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall():
        for row in db.execute(f"SELECT * FROM {table}"):
            values = [v if isinstance(v, bytes) else str(v).encode() for v in row if v is not None]
            if any(form in value for value in values for form in wanted):
                found.add(table)
    db.close()
    return found


def open_account(shop, guest, email=EMAIL, name=NAME):
    begun = shop.server.ask("CreateAccount", {"email": email, "password": PASSWORD, "name": name, "terms": True}, AUTH, guest)

    def code():
        db = store(shop)
        row = db.execute("SELECT params FROM mail WHERE recipient = ? ORDER BY mail_id DESC", (email,)).fetchone()
        db.close()
        return json.loads(row[0]).get("code") if row else None
    session = shop.server.ask("VerifyEmail", {"email": email, "code": wait_until(code, "the mail"),
                                              "requestId": begun["requestId"]}, AUTH)
    assert "accessToken" in session, session
    return session["accessToken"]


# Where a person may stand: what is looked up, what is mailed, what happened to the account.
PERSONAL = {"contact", "mail", "account", "consent", "act", "session", "proof", "external", "member"}


def no_personal_data(shop):
    buyer = Buyer(shop, seats=3)
    buyer.token = open_account(shop, buyer.token)
    contact = {"name": NAME, "email": EMAIL, "phone": PHONE, "language": "en"}
    buyer.begin(contact=contact)
    buyer.choose()
    order = buyer.finish()["orderId"]
    assert buyer.until(DONE)
    desk = Buyer.__new__(Buyer)
    desk.shop, desk.performance, desk.keys, desk.token = shop, 1, 100, buyer.token
    desk.hold = desk.take(2)
    placed = desk.ask("PlaceOrder", {"performanceId": 1, "holdId": desk.hold["holdId"], "contact": contact,
                                     "paymentMethod": "PAYMENT_METHOD_BOX_OFFICE"}, TICKETS)
    assert placed.get("state") == "ORDER_STATE_CONFIRMED", placed
    passed = buyer.ask("PassTicketOn", {"orderId": order, "seat": buyer.seats[0], "name": FRIEND, "email": FRIEND_EMAIL,
                                        "language": "en"}, DOOR)
    assert passed.get("generation"), passed
    wait_until(lambda: "contact" in tables_with(shop, EMAIL, NAME, PHONE), "the contact")
    buyer.ask("RefundOrder", {"orderId": order, "seats": [buyer.seats[1]]})
    buyer.until(DONE)
    wait_until(lambda: {"mail"} <= tables_with(shop, FRIEND_EMAIL), "the friend's mail")
    markers = (NAME, EMAIL, PHONE, FRIEND, FRIEND_EMAIL, EMAIL.split("@", maxsplit=1)[0])
    found = tables_with(shop, *markers)
    assert found and found <= PERSONAL, f"personal data in {found - PERSONAL}"
    with open(shop.psp.ledger, encoding="utf-8") as file:
        ledger = file.read()
    assert not any(marker in ledger for marker in markers), "the provider was told of the person"
    code, said = shop.audit()
    assert "its genesis" not in said and code in (0, 1), said
    gone = shop.server.ask("DeleteAccount", {"password": PASSWORD}, AUTH, buyer.token)
    assert "code" not in gone, gone
    left = tables_with(shop, *markers)
    assert not left & {"ledger", "outbox", "orders", "sold", "payment", "payment_event", "refund", "account", "contact"}, left
    db = store(shop)
    state = db.execute("SELECT count(*) FROM ledger WHERE performance_id = 1").fetchone()[0]
    db.close()
    assert state > 0


def no_card_reaches_us(shop):
    """No field of any call is for a card's number, and none of our pages asks for one: PCI DSS SAQ A. A number that somebody
    types where it does not belong is refused or kept nowhere by the books."""
    for folder, _, files in os.walk("proto/usher"):
        for name in files:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                fields = re.findall(r"^\s+(?:repeated )?[\w.]+ (\w+) = \d+", file.read(), re.M)
            bad = [f for f in fields if re.search(r"card_?(number|no)|cvc|cvv|(^|_)pan(_|$)|expir(y|ation)_(month|year)", f)]
            assert not bad, (name, bad)
    for folder, _, files in os.walk("web/src"):
        for name in (one for one in files if not one.endswith(".woff2")):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                text = file.read()
            assert not re.search(r"cc-number|cc-csc|cc-exp|card-?number", text, re.I), name
    buyer = Buyer(shop)
    answer = buyer.ask("BeginPayment", {"performanceId": 1, "holdId": buyer.hold["holdId"], "idempotencyKey": "card", "terms": True,
                                        "returnUrl": "/orders", "cardNumber": CARD})
    assert answer.get("code") == "invalid_argument", answer
    buyer.begin()
    buyer.choose()
    refused = buyer.finish(query=f"paymentKey={CARD}&orderId={CARD}&amount={CARD}")
    assert refused.get("code") == "invalid_argument", refused
    assert buyer.finish()["state"] == DONE
    assert not tables_with(shop, CARD), tables_with(shop, CARD)
    assert CARD not in shop.server.log()
    status, headers, _ = fetch(shop.listen, "GET", "/")
    policy = headers.get("content-security-policy", "")
    assert status == 200 and "default-src" in policy, policy


TESTS = [
    ("nothing-personal-in-ledger-outbox-and-books", no_personal_data),
    ("no-card-number-reaches-us", no_card_reaches_us),
]
