"""The stand-in provider against what the providers document of giving back: until when, what in parts, what takes its time; and how
often one may ask."""
import calendar
import json
import time
import urllib.parse

from after import desk as at_desk
from rows import Bank, row
from rows_more import DAY_MS, desk, hooks, rewrite, toss_account
from server import wait_until
from shop import REFUNDED, Buyer, fetch
from stripe import StripeBuyer


def cancel(bank, payment, amount=None, **more):
    wish = {"cancelReason": "x", **({"cancelAmount": amount} if amount else {}), **more}
    status, answer, _ = bank.toss("POST", f"/{payment['paymentKey']}/cancel", wish)
    return (status, answer["code"]) if "code" in answer else answer


def age(bank, days):
    def change(entry):
        entry["at_ms"] -= days * DAY_MS
    rewrite(bank, change)


# ---- how often ----


def toss_a_minute(bank):
    """A test key asks each API 100 times a minute; then 429, and nothing is done. Another API is another count."""
    bank.psp.script(requests_a_minute=100)
    payment = bank.paid()
    codes = [bank.toss("GET", f"/{payment['paymentKey']}")[:2] for _ in range(210)]
    refused = [(status, answer["code"]) for status, answer in codes if status != 200]
    assert 10 <= len(refused) <= 110 and set(refused) == {(429, "TOO_MANY_REQUESTS")}, (len(refused), set(refused))
    assert cancel(bank, payment, 100)["balanceAmount"] == 14900, "another API"
    bank.psp.script()
    assert bank.toss("GET", f"/{payment['paymentKey']}")[0] == 200


def too_many_requests(shop):
    """We are refused for asking too often: nothing was done, so it is asked again, until the buyer has tickets; so with what goes back."""
    buyer = Buyer(shop)
    buyer.begin()
    buyer.choose()
    for _ in range(3):  # whoever asks first in a new minute is let through
        shop.psp.script(requests_a_minute=1)
        first, second = (fetch(shop.psp.listen, "POST", "/toss/v1/payments/confirm", "{}", {
            "authorization": "Basic dGVzdF9za191c2hlcjo=", "content-type": "application/json"})[0] for _ in range(2))
        state = buyer.finish()["state"]
        if second == 429:
            break
    assert second == 429 and first != 429 and state in ("PAYMENT_STATE_UNCLEAR", "PAYMENT_STATE_DONE"), (first, second, state)
    shop.psp.script()
    buyer.paid_once()
    shop.psp.script(requests_a_minute=1)
    buyer.refund()
    shop.psp.script()
    buyer.until(REFUNDED)
    assert len(buyer.cancels()) == 1


# ---- until when, and what in parts ----


def toss_cancel_windows(_):
    """A card and an account for a year, a transfer for 180 days, a telephone's bill in its month alone."""
    today = time.gmtime(time.time() + 9 * 3600)
    days = calendar.monthrange(today.tm_year, today.tm_mon)[1]
    for method, inside, outside in (("CARD", 364, 2), ("TRANSFER", 179, 2), ("PAYPAL", 179, 2), ("MOBILE_PHONE", 0, days)):
        bank = Bank()
        try:
            payment = bank.paid(method=method)
            age(bank, inside)
            assert cancel(bank, payment, 100)["cancels"][0]["cancelAmount"] == 100, (method, inside)
            age(bank, outside)
            assert cancel(bank, payment, 100) == (403, "EXCEED_MAX_REFUND_DUE"), (method, inside + outside)
        finally:
            bank.close()


def toss_account_window(bank):
    """A paid account: a year, to the account that the cancel names, in parts as well."""
    paid = toss_account(bank)
    assert fetch(bank.psp.listen, "POST", f"/toss/bank/{paid['virtualAccount']['accountNumber']}", "amount=15000")[0] == 200
    account = {"refundReceiveAccount": {"bank": "20", "accountNumber": "110123", "holderName": "김"}}
    assert cancel(bank, paid, 5000) == (400, "INVALID_REFUND_ACCOUNT_INFO")
    assert cancel(bank, paid, 5000, **account)["balanceAmount"] == 10000
    age(bank, 366)
    assert cancel(bank, paid, 5000, **account) == (403, "EXCEED_MAX_REFUND_DUE")


def toss_hours_of_an_account(bank):
    """validHours in place of a date; 30 days at most."""
    wish = {"orderId": bank.order(), "orderName": "x", "customerName": "김", "bank": "20", "amount": 15000, "validHours": 24}
    status, payment, _ = bank.ask("POST", "/toss/v1/virtual-accounts", wish)
    assert status == 200 and abs(payment["virtualAccount"]["dueDate"] / 1000 - time.time() - 86400) < 60, payment
    status, answer, _ = bank.ask("POST", "/toss/v1/virtual-accounts", {**wish, "orderId": bank.order(), "validHours": 721})
    assert (status, answer["code"]) == (400, "EXCEED_MAX_DUE_DATE"), answer


def toss_in_full_alone(bank):
    """An escrow: isPartialCancelable is false, and a part is refused."""
    payment = bank.paid(method="TRANSFER", useEscrow="true")
    assert payment["isPartialCancelable"] is False and payment["method"] == "계좌이체", payment
    assert cancel(bank, payment, 5000) == (403, "NOT_ALLOWED_PARTIAL_REFUND")
    assert cancel(bank, payment)["status"] == "CANCELED"


def toss_balance_tells(bank):
    """All of it in two parts still reads PARTIAL_CANCELED: only the balance says so."""
    payment = bank.paid()
    cancel(bank, payment, 5000)
    now = cancel(bank, payment, 10000)
    assert (now["status"], now["balanceAmount"]) == ("PARTIAL_CANCELED", 0), now
    assert cancel(bank, payment) == (400, "ALREADY_CANCELED_PAYMENT")


def toss_customer_keys(bank):
    """2 to 50 of certain characters; a guest is ANONYMOUS."""
    import subprocess
    _, _, script = fetch(bank.psp.listen, "GET", "/toss/v2/standard")
    program = "globalThis.window = globalThis; globalThis.location = {};" + script.decode() + """
        const code = (customerKey) => { try { TossPayments('test_ck_x').payment({customerKey}); return 'fine'; } catch (e) { return e.code; } };
        console.log(JSON.stringify([code(TossPayments.ANONYMOUS), code('a'), code('a b'), code('a'.repeat(51)), code('a-_=.@1')]));"""
    said = subprocess.run(["node", "-e", program], check=True, capture_output=True, text=True).stdout
    assert json.loads(said) == ["fine"] + ["INVALID_CUSTOMER_KEY"] * 3 + ["fine"], said


# ---- what takes its time ----


def toss_paypal(bank):
    """A cancel of PayPal's is under way until CANCEL_STATUS_CHANGED; the balance is as it was, and what is under way is not given twice."""
    for do, status, balance in (("settle", "DONE", 10000), ("fail", "ABORTED", 15000)):
        payment = bank.paid(method="PAYPAL")
        assert payment["method"] == "해외간편결제" and payment["card"] is None, payment
        now = cancel(bank, payment, 5000)
        assert (now["status"], now["balanceAmount"], now["cancels"][0]["cancelStatus"]) == ("DONE", 15000, "IN_PROGRESS"), now
        assert cancel(bank, payment, 10001) == (403, "NOT_CANCELABLE_AMOUNT")
        bank.psp.die()
        bank.psp.start()  # it is under way still
        assert desk(bank, "toss", payment["orderId"], do)[0] == 200
        assert desk(bank, "toss", payment["orderId"], do)[0] == 409, "there is nothing under way any more"
        now = bank.toss("GET", f"/{payment['paymentKey']}")[1]
        assert (now["balanceAmount"], now["cancels"][0]["cancelStatus"]) == (balance, status), now
        key = now["cancels"][0]["transactionKey"]
        told = wait_until(lambda k=key: hooks(bank, "toss", "CANCEL_STATUS_CHANGED", k), "the webhook")[0]
        assert told["data"]["cancelStatus"] == status and "orderId" not in told["data"], told


def stripe_slow_refunds(bank):
    """What a slow method paid is given back slowly: pending, and refund.updated; a card's is charge.refunded alone."""
    for do, status, returned in (("settle", "succeeded", 5000), ("fail", "failed", 0)):
        paid = bank.stripe_paid("later")
        assert desk(bank, "stripe", paid["client_reference_id"], "settle")[0] == 200
        form = urllib.parse.urlencode({"payment_intent": paid["payment_intent"], "amount": "5000"})
        refund = bank.stripe("POST", "/refunds", form)[1]
        assert refund["status"] == "pending", refund
        assert desk(bank, "stripe", paid["client_reference_id"], do)[0] == 200
        listed, = bank.stripe("GET", f"/refunds?payment_intent={paid['payment_intent']}")[1]["data"]
        assert (listed["id"], listed["status"]) == (refund["id"], status), listed
        told = wait_until(lambda r=refund: hooks(bank, "stripe", "refund.updated", r["id"]), "refund.updated")[0]
        assert told["data"]["object"]["status"] == status, told
        intent = bank.stripe("GET", f"/payment_intents/{paid['payment_intent']}?expand%5B%5D=latest_charge")[1]
        assert intent["latest_charge"]["amount_refunded"] == returned, intent


def stripe_says_whether_to_ask_again(bank):
    """stripe-should-retry stands beside an error: of ours never, of theirs always."""
    wrong = bank.stripe("GET", "/checkout/sessions/none")
    assert wrong[0] == 404 and wrong[2]["stripe-should-retry"] == "false", dict(wrong[2])
    bank.psp.script({"on": "lookup", "do": "error_before", "times": 1})
    theirs = bank.stripe("GET", "/checkout/sessions/none")
    assert theirs[0] == 500 and theirs[2]["stripe-should-retry"] == "true", dict(theirs[2])
    assert bank.session()[2]["stripe-should-retry"] is None


def slow_refunds_end(shop):
    """Ours: what is under way is not asked for twice, is done once it is done, and is asked for anew where it was aborted."""
    for make, tongue in ((toss_buyer, "toss"), (stripe_buyer, "stripe")):
        buyer = make(shop)
        assert buyer.refund()["state"] == "REFUND_STATE_PENDING", tongue
        asks = wait_until(lambda b=buyer: b.shop.psp.lines("ask", b.payment), "the first ask")
        for _ in range(2):
            at_desk(shop, buyer, "fail", tongue)
            asks = wait_until(lambda b=buyer, n=len(asks): (a := b.shop.psp.lines("ask", b.payment)) and len(a) > n and a, "another ask")
        at_desk(shop, buyer, "settle", tongue)
        buyer.until(REFUNDED)
        assert len(buyer.cancels()) == 1 and len(buyer.shop.psp.lines("ask", buyer.payment)) == len(asks) == 3, buyer.cancels()


def toss_buyer(shop):
    buyer = Buyer(shop)
    buyer.begin()
    buyer.way += "&method=PAYPAL"
    buyer.choose()
    buyer.finish()
    buyer.until("PAYMENT_STATE_DONE")
    return buyer


def stripe_buyer(shop):
    buyer = StripeBuyer(shop)
    buyer.begin()
    buyer.choose("later")
    buyer.finish()
    at_desk(shop, buyer, "settle", "stripe")
    buyer.until("PAYMENT_STATE_DONE")
    return buyer


ROWS = [toss_a_minute, toss_cancel_windows, toss_account_window, toss_hours_of_an_account, toss_in_full_alone, toss_balance_tells,
        toss_customer_keys, toss_paypal, stripe_slow_refunds, stripe_says_whether_to_ask_again]

TESTS = [("psp-" + test.__name__.replace("_", "-"), row(test)) for test in ROWS] + [
    ("too-many-requests", too_many_requests), ("slow-refunds-end", slow_refunds_end)]
