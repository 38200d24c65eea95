"""The failures that users of other systems report, by name."""
import concurrent.futures
import json
import sqlite3
import subprocess
import urllib.parse

from server import wait_until
from shop import ABANDONED, AUTH, DECLINED, DONE, PAYMENT, REFUNDED, USHER, WAITING, Buyer, fault, fetch
from used import reason


def redirect_and_webhook_race(shop):
    shop.psp.script(latency_ms=100)
    buyer = Buyer(shop)
    buyer.begin()
    buyer.choose()
    at = urllib.parse.urlparse(buyer.back)
    hook = json.dumps({"eventType": "PAYMENT_STATUS_CHANGED", "data": {"orderId": buyer.payment, "status": "DONE"}})
    with concurrent.futures.ThreadPoolExecutor(9) as pool:
        calls = [pool.submit(fetch, at.netloc, "GET", f"{at.path}?{at.query}") for _ in range(3)]
        calls += [pool.submit(fetch, shop.listen, "POST", "/webhooks/toss", hook) for _ in range(3)]
        calls += [pool.submit(buyer.finish) for _ in range(3)]
        for call in calls:
            call.result()
    shop.psp.script()
    buyer.paid_once()


def two_charges_for_one_order(shop):
    buyer = Buyer(shop)
    first = buyer.begin()["paymentId"]
    assert buyer.begin()["paymentId"] == first, "a second attempt beside a live one"
    buyer.choose()
    buyer.finish()
    assert buyer.begin()["paymentId"] == first, "an attempt for what is paid"
    buyer.paid_once()


def ordered_at_the_box_office_meanwhile(shop):
    """Who orders his hold for the box office in the middle of paying by card: nothing is charged, or it goes back; the order stays what it is."""
    for provider, end in (("toss", ABANDONED), ("stripe", REFUNDED)):
        buyer = Buyer(shop)
        buyer.begin(provider=provider)
        order = buyer.ask("PlaceOrder", {"performanceId": 1, "holdId": buyer.hold["holdId"], "paymentMethod": "PAYMENT_METHOD_BOX_OFFICE"},
                          "usher.v1.TicketService")
        assert order["state"] == "ORDER_STATE_CONFIRMED", order
        buyer.choose()
        buyer.finish()
        buyer.until(end)
        again = buyer.ask("GetOrder", {"orderId": buyer.hold["holdId"]}, "usher.v1.TicketService")
        assert again["paymentMethod"] == "PAYMENT_METHOD_BOX_OFFICE" and again["state"] == "ORDER_STATE_CONFIRMED", again
        assert len(buyer.charges()) == len(buyer.cancels()) == (end == REFUNDED), (buyer.charges(), buyer.cancels())
    wait_until(lambda: shop.audit()[0] == 0, "a clean audit")


def charged_but_awaiting(shop):
    """The answer and every webhook are lost: it is found out all the same."""
    shop.psp.script(fault("confirm", "cut_after"), fault("lookup", "error_before", 2), webhooks={"lose": 1})
    buyer = Buyer(shop)
    buyer.pay()
    buyer.paid_once()
    shop.psp.script()


def paid_after_expiry_seats_free(shop):
    """The hold is gone when the money comes; the same seats are taken again."""
    buyer = Buyer(shop)
    shop.psp.script(fault("confirm", "error_after"), fault("lookup", "error_before"), webhooks={"lose": 1})
    buyer.begin()
    buyer.choose()
    assert buyer.finish(query="")["state"] == WAITING
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        coming = pool.submit(buyer.finish)
        wait_until(buyer.charges, "the charge")
        buyer.ask("ReleaseHold", {"performanceId": 1, "holdId": buyer.hold["holdId"]}, "usher.v1.TicketService")
        coming.result()
    shop.psp.script()
    payment = buyer.paid_once()
    assert payment["orderId"] != buyer.hold["holdId"]
    assert sorted(t.get("seat", 0) for t in payment["order"]["tickets"]) == buyer.seats


def paid_after_expiry_seats_gone(shop):
    buyer = Buyer(shop)
    shop.psp.script(fault("confirm", "error_after"), fault("lookup", "error_before"), fault("cancel", "decline"), webhooks={"lose": 1})
    buyer.begin()
    buyer.choose()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        coming = pool.submit(buyer.finish)
        wait_until(buyer.charges, "the charge")
        buyer.ask("ReleaseHold", {"performanceId": 1, "holdId": buyer.hold["holdId"]}, "usher.v1.TicketService")
        other = Buyer.__new__(Buyer)
        other.shop, other.performance, other.keys = shop, 1, 0
        other.token = shop.server.ask("CreateGuest", {}, AUTH)["token"]
        other.hold = other.take(2, buyer.seats)
        coming.result()
    # It is to go back by itself, and the provider refuses that for good: who runs the evening asks again, nobody else.
    wish = {"orderId": buyer.hold["holdId"]}
    wait_until(lambda: [r for r in buyer.ask("GetMoneyStory", wish).get("refunds", []) if r["state"] == "REFUND_STATE_FAILED"], "it fails")
    shop.psp.script()
    assert reason(buyer.ask("RefundOrder", wish)) == "REFUNDED_ALREADY"
    assert shop.operator("RefundOrder", wish, PAYMENT)["state"] == "REFUND_STATE_DONE"
    assert reason(shop.operator("RefundOrder", wish, PAYMENT)) == "REFUNDED_ALREADY"
    payment = buyer.get()
    assert payment["state"] == REFUNDED and payment["reason"] == "SEATS_GONE", payment
    assert [c["amount"] for c in buyer.cancels()] == [int(buyer.hold["total"])]
    assert other.pay()["state"] == DONE


def refunding_one_of_two_attempts(shop):
    """The first attempt is given up, and its page is paid all the same: nothing is charged for it, and the
    ticket of the second stays good."""
    buyer = Buyer(shop)
    buyer.begin()
    first, way = buyer.payment, buyer.way
    assert buyer.ask("AbandonPayment", {"paymentId": first})["state"] == ABANDONED
    second = buyer.pay()
    assert second["state"] == DONE and second["paymentId"] != first
    buyer.way = way
    back = buyer.choose()
    at = urllib.parse.urlparse(back)
    fetch(at.netloc, "GET", f"{at.path}?{at.query}")
    assert shop.psp.lines("charge", first) == []
    assert buyer.ask("GetPayment", {"paymentId": first})["state"] == ABANDONED
    buyer.paid_once()


def refund_stuck_pending(shop):
    buyer = Buyer(shop)
    buyer.pay()
    shop.psp.script(fault("cancel", "cut_after"), fault("lookup", "error_before"), webhooks={"lose": 1})
    buyer.refund()
    buyer.until(REFUNDED)
    shop.psp.script()
    assert len(buyer.cancels()) == 1
    assert buyer.order()["state"] == "ORDER_STATE_CANCELLED"


def double_refund_by_double_click(shop):
    shop.psp.script(latency_ms=100)
    buyer = Buyer(shop)
    buyer.pay()
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        answers = [call.result() for call in [pool.submit(buyer.refund) for _ in range(5)]]
    shop.psp.script()
    assert len({answer["refundId"] for answer in answers}) == 1, answers
    buyer.until(REFUNDED)
    assert len(buyer.cancels()) == 1


def cancelled_at_the_provider_and_tried_again(shop):
    buyer = Buyer(shop)
    buyer.begin()
    first = buyer.payment
    buyer.choose("cancel")
    at = urllib.parse.urlparse(buyer.back)
    status, headers, _ = fetch(at.netloc, "GET", f"{at.path}?{at.query}")
    assert status == 303, status
    assert buyer.ask("AbandonPayment", {"paymentId": first})["state"] in (ABANDONED, DECLINED)
    assert buyer.pay()["state"] == DONE
    buyer.paid_once()


def abandoned_redirect_expires(shop):
    buyer = Buyer(shop, shop.soon)
    buyer.begin()
    payment = buyer.until(ABANDONED)
    assert payment["reason"] == "PAYMENT_EXPIRED", payment
    other = Buyer.__new__(Buyer)
    other.shop, other.performance, other.keys = shop, shop.soon, 0
    other.token = shop.server.ask("CreateGuest", {}, AUTH)["token"]

    def is_free():
        hold = other.ask("HoldSeats", {"performanceId": shop.soon, "seats": buyer.seats,
                                       "idempotencyKey": other.key()}, "usher.v1.TicketService")
        return hold if "holdId" in hold else None
    wait_until(is_free, "the seats to be on sale again")


def decimals_of_a_currency(shop):
    """1,235 cents are 12.35 euros to the provider, and 330,000 won are 330,000 won."""
    buyer = Buyer(shop, shop.soon)
    payment = buyer.begin()
    assert "amount=24.70&currency=EUR" in payment["redirectUrl"], payment
    buyer.choose()
    buyer.finish()
    buyer.until(DONE)
    assert buyer.charges()[0]["amount"] == 2470
    won = Buyer(shop)
    assert f"amount={won.hold['total']}&currency=KRW" in won.begin()["redirectUrl"]


def a_charge_that_is_kept(shop):
    """Five days before, a fifth is kept: the books say so, and nothing looks underpaid."""
    buyer = Buyer(shop, shop.soon)
    order = buyer.pay()["orderId"]
    preview = buyer.ask("PreviewRefund", {"orderId": order})
    assert preview["possible"] is True, preview
    shown, kept = int(preview["refund"]), int(preview.get("charge", 0))
    assert shown + kept == 2470
    wrong = buyer.refund(expectedRefund=shown + 1)
    assert wrong["details"][0]["debug"]["reason"] == "REFUND_CHANGED", wrong
    refund = buyer.refund(expectedRefund=shown)
    assert int(refund["amount"]) == shown and int(refund.get("charge", 0)) == kept, refund
    buyer.until(REFUNDED)
    assert sum(c["amount"] for c in buyer.cancels()) == shown


def fail_url_of_another(shop):
    """Whoever knows the address can end nothing by it."""
    buyer = Buyer(shop)
    buyer.begin()
    status, _, _ = fetch(shop.listen, "GET",
                         f"/pay/return/{buyer.payment}?failed=1&code=PAY_PROCESS_CANCELED&orderId={buyer.payment}")
    assert status == 303
    hook = json.dumps({"eventType": "PAYMENT_STATUS_CHANGED", "data": {"orderId": buyer.payment, "status": "ABORTED"}})
    assert fetch(shop.listen, "POST", "/webhooks/toss", hook)[0] == 200
    stranger = Buyer(shop)
    assert stranger.ask("AbandonPayment", {"paymentId": buyer.payment})["code"] == "not_found"
    assert buyer.get()["state"] == WAITING
    buyer.choose()
    assert buyer.finish()["state"] == DONE
    buyer.paid_once()


def confirm_answer_lost(shop):
    shop.psp.script(fault("confirm", "timeout_after"))
    buyer = Buyer(shop)
    payment = buyer.pay()
    assert payment["state"] not in (DECLINED, ABANDONED), payment
    shop.psp.script()
    buyer.paid_once()


def heard(buyer, text):
    events = buyer.ask("GetMoneyStory", {"orderId": buyer.hold["holdId"]})["events"]
    return sum(e["what"] == "webhook" and text in e.get("text", "") for e in events)


def kept(shop, pattern):
    with sqlite3.connect(f"file:{shop.server.data}/usher.db?mode=ro", uri=True) as db:
        return db.execute("SELECT count(*) FROM payment_webhook WHERE heard LIKE ?", (pattern,)).fetchone()[0]


def strange_ids_of_webhooks(shop):
    """Bytes that are no text, controls, six thousand of them, where Toss's id stands: they are neither kept nor told."""
    buyer = Buyer(shop)
    buyer.begin()
    hook = json.dumps({"eventType": "PAYMENT_STATUS_CHANGED", "data": {"orderId": buyer.payment}})
    for strange in ("\xff\xfe", "a\tb", "a" * 6000, "<b>"):
        assert fetch(shop.listen, "POST", "/webhooks/toss", hook, {"tosspayments-webhook-transmission-id": strange})[0] == 200
    story = [e for e in buyer.ask("GetMoneyStory", {"orderId": buyer.hold["holdId"]})["events"] if e["what"] == "webhook"]
    assert len(story) == 4 and not any(e.get("text") for e in story), story
    buyer.choose()
    order = buyer.finish()["orderId"]
    shown = subprocess.run([USHER, "order", "show", order, "--url", f"http://{shop.listen}", "--data", shop.server.data],
                           capture_output=True, text=True, timeout=30)
    assert shown.returncode == 0 and buyer.payment in shown.stdout, (shown.stdout, shown.stderr)


def nobody_comes_back_for_ever(shop):
    """Who knows an attempt writes ways back, right ones and wrong ones: its story stays as long as one can read, and the buyer is told what is so."""
    buyer = Buyer(shop)
    buyer.begin()
    right = f"paymentKey=made_up&orderId={buyer.payment}&amount={buyer.begun['amount']}"
    for query in [right] * 90 + [right.replace("orderId=", "orderId=0")] * 60:
        buyer.finish(query=query)
    events = buyer.ask("GetMoneyStory", {"orderId": buyer.hold["holdId"]})["events"]
    assert len(events) < 400, len(events)
    assert buyer.get()["state"] == WAITING


def webhooks_do_not_bury_a_story(shop):
    """Toss does not sign: whoever knows an attempt may post what he likes, and neither fills its story nor has us ask for ever."""
    buyer = Buyer(shop)
    buyer.begin()
    for n in range(80):
        hook = json.dumps({"eventType": "PAYMENT_STATUS_CHANGED", "data": {"orderId": buyer.payment, "status": "DONE"}})
        headers = {"tosspayments-webhook-transmission-id": f"made-up-{n}-{buyer.payment}"}
        assert fetch(shop.listen, "POST", "/webhooks/toss", hook, headers)[0] == 200
    assert heard(buyer, "made-up") == 50, heard(buyer, "made-up")
    assert kept(shop, f"%{buyer.payment}") == 50, "nor the table of what was heard"
    stranger = f"stranger-{buyer.payment}"
    hook = json.dumps({"eventType": "PAYMENT_STATUS_CHANGED", "data": {"orderId": buyer.hold["holdId"]}})
    assert fetch(shop.listen, "POST", "/webhooks/toss", hook, {"tosspayments-webhook-transmission-id": stranger})[0] == 200
    assert kept(shop, stranger) == 0, "of a payment that nobody knows nothing is kept"
    buyer.choose()
    buyer.finish()
    buyer.paid_once()


def webhooks_are_heard_once(shop):
    buyer = Buyer(shop)
    buyer.pay()
    hook = json.dumps({"eventType": "PAYMENT_STATUS_CHANGED", "data": {"orderId": buyer.payment, "status": "DONE"}})
    headers = {"tosspayments-webhook-transmission-id": f"again-{buyer.payment}"}
    for _ in range(3):
        assert fetch(shop.listen, "POST", "/webhooks/toss", hook, headers)[0] == 200
    assert heard(buyer, f"again-{buyer.payment}") == 1, "a repeat is answered, and noted once"
    assert fetch(shop.listen, "POST", "/webhooks/toss", "no json", headers)[0] == 400
    assert fetch(shop.listen, "POST", "/webhooks/nobody", hook, headers)[0] == 404
    buyer.paid_once()


def webhooks_about_a_dead_attempt(shop):
    """What is said of an attempt that was given up changes nothing, whatever it is, and whoever says it."""
    buyer = Buyer(shop)
    buyer.begin()
    first = buyer.payment
    assert buyer.ask("AbandonPayment", {"paymentId": first})["state"] == ABANDONED
    hook = json.dumps({"eventType": "PAYMENT_STATUS_CHANGED", "data": {"orderId": first, "status": "DONE"}})

    def told():
        return fetch(shop.listen, "POST", "/webhooks/toss", hook)[0]
    assert told() == 200, "the provider knows nothing of it"
    fetch(urllib.parse.urlparse(buyer.way).netloc, "GET", buyer.way)
    assert told() == 200, "its page was opened"
    shop.psp.script(fault("lookup", "error_before", 2))
    assert told() == 503, "the provider does not say: the webhook is to come again"
    shop.psp.script()
    buyer.choose("cancel")
    assert told() == 200
    assert buyer.ask("GetPayment", {"paymentId": first})["state"] == ABANDONED
    assert buyer.pay()["state"] == DONE
    buyer.paid_once()


TESTS = [
    ("1-redirect-and-webhook-race", redirect_and_webhook_race),
    ("2-two-charges-for-one-order", two_charges_for_one_order),
    ("ordered-at-the-box-office-meanwhile", ordered_at_the_box_office_meanwhile),
    ("3-charged-but-awaiting", charged_but_awaiting),
    ("4-paid-after-expiry-seats-free", paid_after_expiry_seats_free),
    ("4-paid-after-expiry-seats-gone", paid_after_expiry_seats_gone),
    ("5-refunding-one-of-two-attempts", refunding_one_of_two_attempts),
    ("6-refund-stuck-pending", refund_stuck_pending),
    ("7-double-refund-by-double-click", double_refund_by_double_click),
    ("8-cancelled-at-the-provider-and-tried-again", cancelled_at_the_provider_and_tried_again),
    ("9-abandoned-redirect-expires", abandoned_redirect_expires),
    ("10-decimals-of-a-currency", decimals_of_a_currency),
    ("11-a-charge-that-is-kept", a_charge_that_is_kept),
    ("12-fail-url-of-another", fail_url_of_another),
    ("13-confirm-answer-lost", confirm_answer_lost),
    ("14-webhooks-are-heard-once", webhooks_are_heard_once),
    ("strange-ids-of-webhooks", strange_ids_of_webhooks),
    ("nobody-comes-back-for-ever", nobody_comes_back_for_ever),
    ("webhooks-do-not-bury-a-story", webhooks_do_not_bury_a_story),
    ("webhooks-about-a-dead-attempt", webhooks_about_a_dead_attempt),
]
