"""Faults of the provider."""
import concurrent.futures

from nicepay import NiceBuyer
from server import wait_until
from shop import ABANDONED, DECLINED, DONE, REFUNDED, Buyer, fault


def declined_then_paid(shop):
    shop.psp.script(fault("confirm", "decline"))
    buyer = Buyer(shop)
    payment = buyer.pay()
    assert payment["state"] == DECLINED and payment["reason"] == "CARD_DECLINED", payment
    assert buyer.charges() == []
    assert buyer.pay()["state"] == DONE
    buyer.paid_once()
    shop.psp.script()


def unclear(do, times=1, on="confirm"):
    def test(shop):
        shop.psp.script(fault(on, do, times))
        buyer = Buyer(shop)
        buyer.pay()
        buyer.paid_once()
        shop.psp.script()
    return test


def not_believed(do, provider, on):
    """What the provider tells is not what was asked for: it sells nothing until it is, and an error stands in the log."""
    def test(shop):
        before = shop.server.log().count("payment.wrong_amount")
        shop.psp.script(fault(on, do), webhooks={"lose": 1})
        buyer = Buyer(shop)
        buyer.begin(provider=provider)
        buyer.choose()
        payment = buyer.finish()
        assert payment["state"] != DECLINED, payment
        buyer.paid_once()
        shop.psp.script()
        logged = shop.server.log().count("payment.wrong_amount") - before
        assert logged >= 1, logged
    return test


def told_again_and_again(shop):
    """Another amount than was asked for, at every look: it is so, and all of it goes back; what is told after that sells nothing."""
    shop.psp.script(fault("confirm", "wrong_amount", 9), fault("lookup", "wrong_amount", 99), webhooks={"lose": 1})
    buyers = {"stripe": Buyer(shop), "nicepay": NiceBuyer(shop)}
    for provider, buyer in buyers.items():
        Buyer.begin(buyer, provider=provider)
        buyer.choose()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda buyer: buyer.finish(), buyers.values()))
    for buyer in buyers.values():
        wait_until(lambda one=buyer: shop.psp.lines("cancel", one.payment), "what was charged to go back")
    shop.psp.script()
    for buyer in buyers.values():
        assert buyer.until(ABANDONED)["reason"] == "WRONG_AMOUNT"
        assert [c["amount"] for c in buyer.charges()] == [c["amount"] for c in buyer.cancels()], (buyer.charges(), buyer.cancels())


def cancel_that_is_half_done(shop):
    buyer = Buyer(shop)
    buyer.pay()
    shop.psp.script(fault("cancel", "half"))
    buyer.refund()
    buyer.until(REFUNDED)
    shop.psp.script()
    assert sum(c["amount"] for c in buyer.cancels()) == int(buyer.hold["total"]), buyer.cancels()


def webhooks_late_twice_and_lost(shop):
    shop.psp.script(webhooks={"lose": 0.3, "twice": 0.4, "late": 0.5, "late_ms": 300})
    buyers = [Buyer(shop) for _ in range(8)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for call in [pool.submit(buyer.pay) for buyer in buyers]:
            call.result()
    for buyer in buyers:
        buyer.paid_once()
    shop.psp.script()


TESTS = [
    ("declined-then-paid", declined_then_paid),
    ("500-before-the-charge", unclear("error_before")),
    ("500-after-the-charge", unclear("error_after")),
    ("cut-before-the-charge", unclear("cut_before")),
    ("cut-after-the-charge", unclear("cut_after")),
    ("transient-400", unclear("transient", 2)),
    ("a-code-that-nobody-knows", unclear("strange")),
    ("down-for-a-while", unclear("down", 4, "any")),
    ("wrong-amount-is-not-believed", not_believed("wrong_amount", "toss", "confirm")),
    ("wrong-currency-is-not-believed", not_believed("wrong_currency", "toss", "confirm")),
    ("wrong-currency-of-stripe-is-not-believed", not_believed("wrong_currency", "stripe", "lookup")),
    ("wrong-amount-told-again-and-again", told_again_and_again),
    ("cancel-that-is-half-done", cancel_that_is_half_done),
    ("webhooks-late-twice-and-lost", webhooks_late_twice_and_lost),
]
