"""What should not be: refused, logged, nothing changed."""
import os
import re
import sqlite3

from server import wait_until
from shop import ABANDONED, DECLINED, DONE, WAITING, Buyer


def tampered_amount(shop):
    buyer = Buyer(shop)
    buyer.begin()
    logged = shop.server.log().count("payment.refuse")
    buyer.way = re.sub(r"amount=\d+", "amount=100", buyer.way)
    buyer.choose()
    refused = buyer.finish()
    assert refused["details"][0]["debug"]["reason"] == "PAYMENT_MISMATCH", refused
    honest = buyer.query().replace("amount=100", f"amount={buyer.hold['total']}")
    buyer.finish(query=honest)  # the provider compares as well
    assert buyer.charges() == [] and buyer.get()["state"] == WAITING
    wait_until(lambda: shop.server.log().count("payment.refuse") > logged, "refused, and logged")
    assert any(e["what"] == "return" and "refused" in e["text"]
               for e in buyer.ask("GetMoneyStory", {"orderId": buyer.hold["holdId"]})["events"])


def another_currency(shop):
    """Who changes the currency in the address of Toss's window pays something else: all of it goes back, and he may pay anew."""
    buyer = Buyer(shop)
    buyer.begin(provider="toss")
    assert "currency=KRW" in buyer.way, buyer.way
    buyer.way = buyer.way.replace("currency=KRW", "currency=USD")
    buyer.choose()
    buyer.finish(query=re.sub(r"amount=[0-9.]+", f"amount={buyer.begun['amount']}", buyer.query()))  # and its decimals
    assert buyer.until(ABANDONED)["reason"] == "WRONG_AMOUNT"
    assert [c["amount"] for c in buyer.charges()] == [c["amount"] for c in buyer.cancels()] and buyer.charges(), buyer.charges()
    wait_until(lambda: shop.audit()[0] == 0, "a clean audit")
    buyer.pay()
    buyer.paid_once()


def foreign_order(shop):
    """Another buyer's yes does not pay for this one."""
    buyer, other = Buyer(shop), Buyer(shop)
    buyer.begin()
    other.begin()
    other.choose()
    assert buyer.finish(query=other.query())["details"][0]["debug"]["reason"] == "PAYMENT_MISMATCH"
    mixed = other.query().replace(other.payment, buyer.payment)
    buyer.finish(query=mixed)
    assert buyer.charges() == [] and buyer.get()["state"] == WAITING
    assert other.finish()["state"] == DONE


def other_sites(shop):
    buyer = Buyer(shop)
    for url in ("https://evil.example/", "//evil.example", "/\\evil.example", "/a b", "x"):
        answer = buyer.ask("BeginPayment", {"performanceId": 1, "holdId": buyer.hold["holdId"], "terms": True,
                                            "idempotencyKey": buyer.key(), "returnUrl": url})
        assert answer.get("code") == "invalid_argument", (url, answer)


def below_the_minimum(shop):
    """Toss takes 100 won by card and 200 to an account at least: who pays less is told at once, and may pay otherwise."""
    small = shop.make_performance(60000, "KRW", 40)
    shop.operator("UpdatePerformance", {"performanceId": small, "payLaterMs": 3_600_000})
    buyer = Buyer(shop, small, taking=[1, 2])
    refused = buyer.begin(provider="toss")
    assert (refused["state"], refused["reason"]) == (DECLINED, "AMOUNT_REFUSED") and not refused.get("redirectUrl"), refused
    assert buyer.ask("GetPayment", {"paymentId": refused["paymentId"]})["state"] == DECLINED
    assert buyer.begin(provider="stripe")["state"] == WAITING, "its limits are not known"
    other = Buyer(shop, small, taking=[3, 4, 5])
    wish = {"bank": "20", "refundAccount": {"bank": "88", "number": "110123456789", "holder": "김"}}
    refused = other.begin(provider="toss", deposit=wish)
    assert (refused["state"], refused["reason"]) == (DECLINED, "AMOUNT_REFUSED"), refused
    assert other.begin(provider="toss")["state"] == WAITING
    other.choose()
    assert other.finish()["state"] == DONE


CARD = re.compile(r"card_?(number|no|code|holder)|\b(cvc|cvv|cvn|csc)\b|security_?code|\b(exp|expiry|expiration)_?(month|year|date)|(string|bytes) pan\b|cc-(number|exp|csc)", re.I)


def no_field_takes_a_card(shop):
    """No message, no form and no table has a field for what stands on a card; and what an order was paid with is nowhere in the store."""
    assert CARD.search("card_number") and CARD.search("cardNumber") and CARD.search('autocomplete="cc-csc"')
    seen = 0
    for folder, ends in (("proto/usher/v1", (".proto",)), ("web/src", (".ts", ".tsx")), ("src/store", (".c", ".h")), ("src/svc", (".c", ".h"))):
        for path, _, names in os.walk(folder):
            for name in names:
                if not name.endswith(ends) or "/gen/" in f"{path}/":
                    continue
                seen += 1
                with open(os.path.join(path, name), encoding="utf-8") as file:
                    # A provider's error codes may speak of a card's number.
                    found = CARD.search(re.sub(r'"[A-Z_]+"', "", file.read()))
                assert not found, (path, name, found.group())
    assert seen > 200, seen
    with sqlite3.connect(f"file:{shop.server.data}/usher.db?mode=ro", uri=True) as db:
        columns = [column for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
                   for _, column, *_ in db.execute(f"PRAGMA table_info({table})").fetchall()]
    assert len(columns) > 200 and not [c for c in columns if CARD.search(c)], columns


def nothing_to_pay(shop):
    """What costs nothing needs no provider: that is said, by each of them, and the order is placed without."""
    night = shop.make_performance(60000, "KRW", 0)
    buyer = Buyer(shop, night, taking=[0])
    wish = {"performanceId": night, "holdId": buyer.hold["holdId"], "returnUrl": "/orders", "terms": True,
            "contact": {"name": "Kim", "email": "kim@example.org"}}
    for provider in ("toss", "stripe", "nicepay"):
        refused = buyer.ask("BeginPayment", {**wish, "idempotencyKey": provider, "provider": provider})
        assert refused["details"][0]["debug"]["reason"] == "NOTHING_TO_PAY", (provider, refused)
    order = buyer.ask("PlaceOrder", {"performanceId": night, "holdId": buyer.hold["holdId"],
                                     "paymentMethod": "PAYMENT_METHOD_BOX_OFFICE"}, "usher.v1.TicketService")
    assert order["state"] == "ORDER_STATE_CONFIRMED", order


TESTS = [
    ("nothing-to-pay", nothing_to_pay),
    ("tampered-amount", tampered_amount),
    ("amount-below-the-minimum", below_the_minimum),
    ("another-currency", another_currency),
    ("foreign-order", foreign_order),
    ("other-sites", other_sites),
    ("no-field-takes-a-card", no_field_takes_a_card),
]
