"""Prices that change while people buy: what was promised at the hold is what is paid, shown and given back."""
import concurrent.futures
import subprocess
import time

from server import wait_until
from shop import DONE, PAYMENT, REFUNDED, USHER, Buyer, fault

TICKETS = "usher.v1.TicketService"


def price_of(shop, performance, category=0):
    told = shop.operator("GetPerformance", {"performanceId": performance})
    return next(int(p["amount"]) for p in told["prices"] if p.get("category", 0) == category), told.get("priceList", 0)


def edit(shop, *words):
    """What the organiser types."""
    return subprocess.run([USHER, "event", "edit", *words, "--url", f"http://{shop.server.address}", "--key",
                           f"{shop.server.data}/operator.key"], capture_output=True, text=True, timeout=60)


def category_of(buyer):
    return buyer.hold["seats"][0].get("category", 0)


def what_was_promised_is_paid(shop):
    night = shop.make_performance(60000)
    before = Buyer(shop, night, taking=[0, 1, 2])
    category = category_of(before)
    event = shop.operator("GetPerformance", {"performanceId": night})["eventId"]
    done = edit(shop, str(event), "--performance", str(night), "--price", f"{category}=2000")
    assert done.returncode == 0 and "20.00 EUR" in done.stdout, done
    assert price_of(shop, night, category) == (2000, 1)
    after = Buyer(shop, night, taking=[3, 4])
    assert int(before.hold["total"]) == 3 * 1235 and int(after.hold["total"]) == 2 * 2000, (before.hold, after.hold)
    again = shop.operator("SetPrices", {"performanceId": night, "prices": [{"category": category, "amount": 500}]})
    assert again["priceList"] == 2, again
    for buyer, amount in ((before, 1235), (after, 2000)):
        assert buyer.pay()["state"] == DONE
        buyer.paid_once()
        order = buyer.order()
        assert [int(t["amount"]) for t in order["tickets"]] == [amount] * len(buyer.seats), order
        assert int(order["total"]) == amount * len(buyer.seats)
    report = shop.operator("GetSaleReport", {"performanceId": night})
    assert int(report["soldTotal"]) == 3 * 1235 + 2 * 2000, report
    # What one place gives back is what was paid for it.
    gone = before.seats[1]
    refund = before.refund(seats=[gone], expectedRefund="1235")
    assert refund["state"] == "REFUND_STATE_DONE", refund
    assert [int(t["amount"]) for t in before.order()["tickets"]] == [1235, 1235]
    after.refund()
    after.until(REFUNDED)
    assert sum(c["amount"] for c in after.cancels()) == 4000
    report = shop.operator("GetSaleReport", {"performanceId": night})
    assert int(report["soldTotal"]) == 2 * 1235, report
    assert shop.audit()[0] == 0, shop.audit()[1]


def all_of_it_is_known_after_a_crash(shop):
    night = shop.make_performance(60000)
    held, bought = Buyer(shop, night), Buyer(shop, night)
    category = category_of(held)
    shop.operator("SetPrices", {"performanceId": night, "prices": [{"category": category, "amount": 7}]})
    cheap = Buyer(shop, night)
    assert bought.pay()["state"] == DONE and cheap.pay()["state"] == DONE
    shop.server.die()
    shop.again()
    assert price_of(shop, night, category) == (7, 1)
    assert held.pay()["state"] == DONE
    held.paid_once()
    amounts = [[int(t["amount"]) for t in buyer.order()["tickets"]] for buyer in (held, bought, cheap)]
    assert amounts == [[1235, 1235], [1235, 1235], [7, 7]], amounts
    report = shop.operator("GetSaleReport", {"performanceId": night})
    assert int(report["soldTotal"]) == 4 * 1235 + 14, report


def late_money_at_a_price_of_before(shop):
    """The hold is given back while the money comes, and its places cost something else by now: the money goes back."""
    night = shop.make_performance(60000)
    buyer = Buyer(shop, night)
    shop.psp.script(fault("confirm", "error_after"), fault("lookup", "error_before", 50), webhooks={"lose": 1})
    buyer.begin()
    buyer.choose()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        coming = pool.submit(buyer.finish)
        wait_until(buyer.charges, "the charge")
        shop.operator("SetPrices", {"performanceId": night, "prices": [{"category": category_of(buyer), "amount": 1236}]})
        buyer.ask("ReleaseHold", {"performanceId": night, "holdId": buyer.hold["holdId"]}, TICKETS)
        coming.result()
    shop.psp.script()
    assert buyer.until(REFUNDED, DONE)["reason"] == "SEATS_GONE"
    assert sum(c["amount"] for c in buyer.cancels()) == 2470


def what_is_no_price_is_refused(shop):
    night = shop.make_performance(60000)
    for prices in ([], [{"category": 0, "amount": -1}], [{"category": 0, "amount": 10**12 + 1}], [{"category": 99, "amount": 1}],
                   [{"category": 0, "amount": 1}, {"category": 0, "amount": 2}]):
        answer = shop.operator("SetPrices", {"performanceId": night, "prices": prices})
        assert answer.get("code") == "invalid_argument", (prices, answer)
    guest = Buyer(shop, night)
    answer = guest.ask("SetPrices", {"performanceId": night, "prices": [{"category": 0, "amount": 1}]}, TICKETS)
    assert answer.get("code") == "permission_denied", answer
    assert price_of(shop, night) == (1235, 0)
    done = edit(shop, "2", "--performance", str(night), "--price", "0=5")
    assert done.returncode == 1 and "not of event 2" in done.stderr, done
    done = edit(shop, "1", "--price", "0=5")
    assert done.returncode == 2 and "--performance" in done.stderr, done
    done = edit(shop, "1", "--performance", str(night), "--price", "Nowhere=5")
    assert done.returncode == 2 and "no such category" in done.stderr, done
    # A list that is too short is a slip, not a wish for some of the categories.
    event = str(shop.operator("GetPerformance", {"performanceId": night})["eventId"])
    for words in (("--prices", "1,2"), ("--prices", "1,2", "--prices-from", "+1d"), ("--prices", "1,2", "--price", "2=3")):
        done = edit(shop, event, "--performance", str(night), *words)
        assert done.returncode == 2 and "has 4 categories" in done.stderr, (words, done)
    assert price_of(shop, night) == (1235, 0) and plans(shop, night) == []
    done = edit(shop, event, "--performance", str(night), "--prices", "1,2", "--price", "2=3", "--price", "3=4")
    assert done.returncode == 0 and [price_of(shop, night, i)[0] for i in range(4)] == [1, 2, 3, 4], done
    quote = guest.ask("QuotePurchase", {"performanceId": night, "prices": [1235]}, PAYMENT)
    assert int(quote["price"]) == 1235, quote


def plans(shop, night):
    return shop.operator("ListPricePlans", {"performanceId": night}).get("plans", [])


def early_bird(shop):
    """By the clock, once, also where the server was dead then; what was held before keeps its price."""
    night = shop.make_performance(60000)
    early = Buyer(shop, night)
    category = category_of(early)
    event = shop.operator("GetPerformance", {"performanceId": night})["eventId"]
    done = edit(shop, str(event), "--performance", str(night), "--price", f"{category}=3000", "--prices-from", "+30d")
    assert done.returncode == 0 and "has new prices from" in done.stdout, done
    (waits,) = plans(shop, night)
    assert [(int(p["amount"]), p.get("category", 0)) for p in waits["prices"]] == [(3000, category)], waits
    shown = subprocess.run([USHER, "event", "prices", str(night), "--url", f"http://{shop.server.address}", "--key",
                            f"{shop.server.data}/operator.key", "--take-back", waits["planId"]], capture_output=True, text=True,
                           timeout=60)
    assert shown.returncode == 0 and "is taken back" in shown.stdout, shown
    assert plans(shop, night) == []
    gone = shop.operator("EndPricePlan", {"performanceId": night, "planId": waits["planId"]})
    assert gone.get("code") == "not_found", gone
    past = shop.operator("SetPrices", {"performanceId": night, "prices": [{"category": category, "amount": 1}], "fromMs": 1})
    assert past.get("code") == "invalid_argument", past
    soon = int(time.time() * 1000) + 1500
    shop.operator("SetPrices", {"performanceId": night, "prices": [{"category": category, "amount": 2000}], "fromMs": soon})
    later = soon + 1500
    shop.operator("SetPrices", {"performanceId": night, "prices": [{"category": category, "amount": 3000}], "fromMs": later})
    assert price_of(shop, night, category) == (1235, 0)
    wait_until(lambda: price_of(shop, night, category) == (2000, 1), "the first of them")
    assert time.time() * 1000 >= soon
    shop.server.die()
    wait_until(lambda: time.time() * 1000 > later, "the second's time")
    shop.again()
    wait_until(lambda: price_of(shop, night, category) == (3000, 2), "the second")
    late = Buyer(shop, night)
    assert int(late.hold["total"]) == 6000 and plans(shop, night) == []
    assert early.pay()["state"] == DONE and late.pay()["state"] == DONE
    early.paid_once()
    late.paid_once()
    shop.server.die()
    shop.again()
    assert price_of(shop, night, category) == (3000, 2)
    assert shop.audit()[0] == 0, shop.audit()[1]


TESTS = [
    ("prices-what-was-promised-is-paid", what_was_promised_is_paid),
    ("prices-known-after-a-crash", all_of_it_is_known_after_a_crash),
    ("prices-early-bird", early_bird),
    ("prices-late-money", late_money_at_a_price_of_before),
    ("prices-what-is-none", what_is_no_price_is_refused),
]
