"""A performance that begins: what was begun to be paid is finished, nothing new is, and nothing goes back by its buyer."""
import time

import later
import prices
from server import wait_until
from shop import DONE, PAYMENT, REFUNDED, WAITING, Buyer

DAY_MS = 86400000


def start_at(shop, performance, at_ms):
    moved = shop.operator("UpdatePerformance", {"performanceId": performance, "startsAtMs": at_ms})
    assert int(moved["startsAtMs"]) == at_ms, moved


def begin(shop, performance):
    """The curtain rises."""
    soon = int(time.time() * 1000) + 300
    start_at(shop, performance, soon)
    wait_until(lambda: time.time() * 1000 > soon, "the start")


def refused(answer):
    return answer["details"][0]["debug"]["reason"]


def what_was_begun_is_finished(shop):
    performance = shop.make_performance(60000)
    begun, late = Buyer(shop, performance), Buyer(shop, performance)
    payment = begun.begin()
    assert payment["state"] == WAITING, payment
    begin(shop, performance)
    wish = {"performanceId": performance, "returnUrl": "/orders", "terms": True, "contact": {"email": "kim@example.org"}}
    again = begun.ask("BeginPayment", {**wish, "holdId": begun.hold["holdId"], "idempotencyKey": "again"})
    assert again["paymentId"] == payment["paymentId"], again
    answer = late.ask("BeginPayment", {**wish, "holdId": late.hold["holdId"], "idempotencyKey": "late"})
    assert refused(answer) == "PERFORMANCE_BEGUN", answer
    begun.choose()
    assert begun.finish()["state"] == DONE
    begun.paid_once()
    back = begun.refund()
    assert refused(back) == "TOO_LATE", back
    order = begun.ask("CancelOrder", {"orderId": begun.get()["orderId"]}, "usher.v1.TicketService")
    assert refused(order) == "PAID_BY_CARD", order
    # The organiser still may.
    shop.operator("RefundOrder", {"orderId": begun.get()["orderId"]}, PAYMENT)
    begun.until(REFUNDED)
    start_at(shop, performance, int(time.time() * 1000) + 5 * DAY_MS)
    late.hold = late.take(2)
    assert late.pay()["state"] == DONE


def an_account_of_a_bank_takes_money_until_the_start(shop):
    performance = later.performance(shop)
    starts = int(time.time() * 1000) + 1800000
    start_at(shop, performance, starts)
    buyer, other = Buyer(shop, performance), Buyer(shop, performance)
    due = int(buyer.begin(provider="toss", deposit=later.WISH)["deposit"]["dueAtMs"])
    assert starts - 10000 <= due <= starts, (due, starts)
    due = int(other.begin(provider="box-office")["deposit"]["dueAtMs"])
    assert due > starts, "who comes late pays at the box office"


def a_start_that_is_past(shop):
    """It would end the sale at once: refused while places are on sale; what is paused may be put right."""
    performance = shop.make_performance(60000)
    was = shop.operator("GetPerformance", {"performanceId": performance})
    past = {"performanceId": performance, "startsAtMs": int(time.time() * 1000) - 60000}
    answer = shop.operator("UpdatePerformance", past)
    assert refused(answer) == "SALE_OPEN", answer
    words = [str(was["eventId"]), "--performance", str(performance), "--starts-at"]
    done = prices.edit(shop, *words, "2020-01-01T00:00Z")
    assert done.returncode == 1 and "pause the sale first" in done.stderr, done
    assert shop.operator("GetPerformance", {"performanceId": performance})["startsAtMs"] == was["startsAtMs"]
    assert shop.operator("UpdatePerformance", {"performanceId": performance, "gate": "B"})["gate"] == "B"
    shop.operator("PauseSale", {"performanceId": performance})
    assert prices.edit(shop, *words, "2020-01-01T00:00Z").returncode == 0
    same = shop.operator("UpdatePerformance", {"performanceId": performance, "gate": "C"})
    assert same["gate"] == "C", same


TESTS = [
    ("begun-what-was-begun-is-finished", what_was_begun_is_finished),
    ("begun-a-start-that-is-past", a_start_that_is_past),
    ("begun-an-account-of-a-bank", an_account_of_a_bank_takes_money_until_the_start),
]
