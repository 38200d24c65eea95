"""The same by Stripe: the yes charges at once, and the redirect is only a reason to look."""
import hashlib
import hmac
import time
import urllib.parse

from server import wait_until
from shop import ABANDONED, DONE, REFUNDED, Buyer, fault, fetch


class StripeBuyer(Buyer):
    """The same by Stripe: the yes charges at once, and the redirect is only a reason to look."""

    def begin(self, **more):
        return super().begin(provider="stripe", **more)


def stripe_happy(shop):
    buyer = StripeBuyer(shop)
    first = buyer.begin(idempotencyKey="once")
    assert buyer.begin(idempotencyKey="once")["redirectUrl"] == first["redirectUrl"]
    buyer.choose()
    assert buyer.finish()["state"] == DONE
    buyer.paid_once()
    assert buyer.ask("FinishPayment", {"paymentId": buyer.payment, "returnQuery": "session_id=cs_x"})["state"] == DONE


def stripe_never_comes_back(shop):
    """The buyer closes the window after the yes: the signed webhook tells."""
    buyer = StripeBuyer(shop)
    buyer.begin()
    buyer.choose()
    buyer.paid_once()


def stripe_without_webhooks(shop):
    """Neither comes: the end of the buyer's time finds the money, and the seats are still held or free."""
    shop.psp.script(webhooks={"lose": 1})
    buyer = StripeBuyer(shop, shop.soon)
    buyer.begin()
    buyer.choose()
    buyer.until(DONE)
    shop.psp.script()
    assert [c["amount"] for c in buyer.charges()] == [2470]


def stripe_abandoned(shop):
    """The session is expired before the seats are freed: its page takes no money any more."""
    buyer = StripeBuyer(shop)
    buyer.begin()
    assert buyer.ask("AbandonPayment", {"paymentId": buyer.payment})["state"] == ABANDONED
    at = urllib.parse.urlparse(buyer.way)
    assert fetch(at.netloc, "POST", at.path, "choice=pay")[0] == 410
    paid = StripeBuyer(shop)
    paid.begin()
    shop.psp.script(webhooks={"lose": 1})
    paid.choose()
    assert paid.ask("AbandonPayment", {"paymentId": paid.payment})["state"] == DONE, "paid already"
    shop.psp.script()
    paid.paid_once()


def stripe_end_without_an_answer(shop):
    """The hold ends, and the session's end is not answered: it is asked for again, not left to Stripe's half hour."""
    shop.psp.script(fault("expire", "error_before", 2))
    buyer = StripeBuyer(shop, shop.soon)
    buyer.begin()
    buyer.until(ABANDONED)
    shop.psp.script()
    at = urllib.parse.urlparse(buyer.way)
    assert fetch(at.netloc, "POST", at.path, "choice=pay")[0] == 410


def stripe_refund(shop):
    buyer = StripeBuyer(shop)
    buyer.pay()
    shop.psp.script(fault("cancel", "half"))
    buyer.refund()
    buyer.until(REFUNDED)
    shop.psp.script()
    assert sum(c["amount"] for c in buyer.cancels()) == int(buyer.hold["total"]), buyer.cancels()


def stripe_unclear(shop):
    shop.psp.script(fault("lookup", "error_before", 2), webhooks={"lose": 1})
    buyer = StripeBuyer(shop)
    buyer.pay()
    buyer.paid_once()
    shop.psp.script()


def stripe_signature(secret, stamp, body):
    mac = hmac.new(secret.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
    return {"stripe-signature": f"t={stamp},v1={'0' * 64},v1={mac}"}


def stripe_forged(shop):
    body, now = '{"id":"evt_1","object":"event","data":{"object":{"id":"cs_x"}}}', int(time.time())

    def send(headers, text=body):
        return fetch(shop.listen, "POST", "/webhooks/stripe", text, headers)[0]
    assert send(stripe_signature("whsec_usher", now, body)) == 200
    assert send({}) == 400
    assert send(stripe_signature("whsec_other", now, body)) == 400
    assert send(stripe_signature("whsec_usher", now - 400, body)) == 400, "an old one, replayed"
    assert send(stripe_signature("whsec_usher", now, body), body.replace("cs_x", "cs_y")) == 400
    assert send({"stripe-signature": f"t={now},v1=xx"}) == 400
    wait_until(lambda: shop.server.log().count("payment.webhook") >= 5, "refused, and logged")


TESTS = [
    ("stripe-happy", stripe_happy),
    ("stripe-never-comes-back", stripe_never_comes_back),
    ("stripe-without-webhooks", stripe_without_webhooks),
    ("stripe-abandoned", stripe_abandoned),
    ("stripe-end-without-an-answer", stripe_end_without_an_answer),
    ("stripe-refund-half-done", stripe_refund),
    ("stripe-unclear", stripe_unclear),
    ("stripe-forged-webhooks", stripe_forged),
]
