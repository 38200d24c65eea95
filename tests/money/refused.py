"""What should not be: refused, logged, nothing changed."""
import re

from server import wait_until
from shop import DONE, WAITING, Buyer


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


def no_field_takes_a_card(shop):
    with open("proto/usher/v1/payment.proto", encoding="utf-8") as file:
        assert not re.search(r"card_?number|cvc|cvv|pan\b|expir(y|ation)_", file.read(), re.I)


TESTS = [
    ("tampered-amount", tampered_amount),
    ("foreign-order", foreign_order),
    ("other-sites", other_sites),
    ("no-field-takes-a-card", no_field_takes_a_card),
]
