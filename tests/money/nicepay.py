"""The same by NICEPAY: its window posts the yes to us, we approve it, and an approval without an answer is taken
back by a net-cancel. Our requests are held against the provider's own OpenAPI file (npm @nicepay/start-api-mcp)."""
import re
import urllib.parse

from server import wait_until
from shop import ABANDONED, DECLINED, DONE, REFUNDED, WAITING, Buyer, fault, fetch


class NiceBuyer(Buyer):
    def begin(self, **more):
        return super().begin(provider="nicepay", **more)

    def choose(self, choice="pay"):
        """Decides on the provider's page, which sends a form to us: its fields, as a query."""
        at = urllib.parse.urlparse(self.way)
        status, _, body = fetch(at.netloc, "POST", f"{at.path}?{at.query}", f"choice={choice}")
        assert status == 200, (status, body)
        page = body.decode()
        self.action = re.search(r'action="([^"]*)"', page).group(1)
        fields = dict(re.findall(r'name="([^"]*)" value="([^"]*)"', page))
        self.back = f"{self.action}?{urllib.parse.urlencode(fields)}"
        return self.back


def nicepay_happy(shop):
    buyer = NiceBuyer(shop)
    buyer.begin()
    buyer.choose()
    at = urllib.parse.urlparse(buyer.action)
    status, headers, _ = fetch(at.netloc, "POST", at.path, buyer.query(),
                               {"content-type": "application/x-www-form-urlencoded"})
    assert status == 303 and headers["location"] == f"/orders?payment={buyer.payment}", (status, headers["location"])
    buyer.paid_once()


def nicepay_declined_then_paid(shop):
    buyer = NiceBuyer(shop)
    buyer.begin()
    buyer.choose("decline")
    assert buyer.finish()["state"] == WAITING, "who gave up may come again"
    buyer.ask("AbandonPayment", {"paymentId": buyer.payment})
    shop.psp.script(fault("confirm", "decline"))
    payment = buyer.pay()
    assert payment["state"] == DECLINED and payment["reason"] == "CARD_DECLINED", payment
    shop.psp.script()
    assert buyer.pay()["state"] == DONE
    buyer.paid_once()


def left_charged(buyer):
    return sum(c["amount"] for c in buyer.charges()) - sum(c["amount"] for c in buyer.cancels())


def nicepay_net_cancel(shop):
    """Charged, and the answer never comes: it is taken back, nothing stays charged, and the buyer pays again."""
    shop.psp.script(fault("confirm", "timeout_after"))
    buyer = NiceBuyer(shop)
    buyer.pay()
    payment = buyer.until(ABANDONED)
    assert payment["reason"] == "PROVIDER_TIMEOUT", payment
    assert buyer.charges() and left_charged(buyer) == 0
    shop.psp.script()
    assert buyer.pay()["state"] == DONE
    buyer.paid_once()


def nicepay_net_cancel_unclear(shop):
    """The net-cancel's answer is lost too: it is asked for until it is answered. A connection that breaks before
    a byte of the answer is a request that libcurl sends again: then the approval is found, and stays."""
    shop.psp.script(fault("confirm", "cut_after", 2), fault("netcancel", "cut_before"), fault("netcancel", "cut_after"))
    buyer = NiceBuyer(shop)
    buyer.pay()
    payment = buyer.until(ABANDONED, DONE)
    shop.psp.script()
    assert left_charged(buyer) == (int(buyer.hold["total"]) if payment["state"] == DONE else 0), payment


def nicepay_error_after(shop):
    """A 500 is an answer, of which nobody knows what it means: the look-up tells, and nothing is taken back."""
    shop.psp.script(fault("confirm", "error_after"))
    buyer = NiceBuyer(shop)
    buyer.pay()
    buyer.paid_once()
    shop.psp.script()
    assert buyer.cancels() == []


def nicepay_refunds(shop):
    buyer = NiceBuyer(shop, seats=3)
    buyer.pay()
    shop.psp.script(fault("cancel", "half"))
    buyer.refund(seats=buyer.seats[:1])
    wait_until(lambda: buyer.get()["state"] == DONE, "the other half", 40)
    shop.psp.script()
    buyer.refund()
    buyer.until(REFUNDED)
    assert sum(c["amount"] for c in buyer.cancels()) == int(buyer.hold["total"])


def nicepay_forged(shop):
    buyer, other = NiceBuyer(shop), NiceBuyer(shop)
    buyer.begin()
    other.begin()
    buyer.choose()
    other.choose()
    for query in (buyer.query().replace("signature=", "signature=0"), re.sub(r"amount=\d+", "amount=1", buyer.query()),
                  other.query()):
        refused = buyer.finish(query=query)
        assert refused["details"][0]["debug"]["reason"] == "PAYMENT_MISMATCH", refused
    assert buyer.charges() == [] and buyer.get()["state"] == WAITING
    hook = '{"tid":"x","orderId":"%s","amount":1,"status":"paid","ediDate":"","signature":"%s"}' % (
        buyer.payment, "0" * 64)
    assert fetch(shop.listen, "POST", "/webhooks/nicepay", hook)[0] == 400
    assert buyer.finish()["state"] == DONE


def nicepay_mixed(shop):
    """The signature covers neither order nor tid: a form with another's tid charges nobody in the end."""
    buyer, other = NiceBuyer(shop), NiceBuyer(shop)
    buyer.begin()
    other.begin()
    other.choose()
    buyer.finish(query=other.query().replace(other.payment, buyer.payment))
    assert buyer.get()["state"] == WAITING and buyer.charges() == []
    assert sum(c["amount"] for c in other.charges()) == sum(c["amount"] for c in other.cancels())
    other.finish()
    assert other.until(ABANDONED) and other.pay()["state"] == DONE


def nicepay_won_only(shop):
    buyer = Buyer(shop, shop.soon)
    answer = buyer.ask("BeginPayment", {"performanceId": shop.soon, "holdId": buyer.hold["holdId"], "terms": True,
                                        "idempotencyKey": "nice", "returnUrl": "/", "provider": "nicepay"})
    assert answer.get("code") == "failed_precondition", answer


TESTS = [
    ("nicepay-happy", nicepay_happy), ("nicepay-declined-then-paid", nicepay_declined_then_paid),
    ("nicepay-net-cancel-after-a-time-out", nicepay_net_cancel),
    ("nicepay-net-cancel-without-an-answer", nicepay_net_cancel_unclear),
    ("nicepay-500-after-the-charge", nicepay_error_after), ("nicepay-refunds", nicepay_refunds),
    ("nicepay-forged", nicepay_forged), ("nicepay-foreign-tid", nicepay_mixed), ("nicepay-won-only", nicepay_won_only),
]
