"""Refunds: of single tickets, of a whole evening; what the buyer is shown, and what is refused."""
import concurrent.futures
import json
import subprocess

import later
from server import wait_until
from shop import ABANDONED, DONE, PAYMENT, REFUNDED, USHER, Buyer, fault

TICKETS = "usher.v1.TicketService"


def price_of(buyer, seat):
    return next(int(t["amount"]) for t in buyer.order()["tickets"] if t.get("seat", 0) == seat)


def one_ticket_of_several(shop):
    """One goes, the others stay good; then the rest goes, and all of the money is back."""
    buyer = Buyer(shop, seats=3)
    order = buyer.pay()["orderId"]
    gone = buyer.seats[1]
    price = price_of(buyer, gone)
    preview = buyer.ask("PreviewRefund", {"orderId": order, "seats": [gone]})
    assert preview["possible"] and int(preview["refund"]) == price, preview
    done = buyer.refund(seats=[gone], expectedRefund=str(price))
    assert done["state"] == "REFUND_STATE_DONE" and done["seats"] == [gone], done
    left = buyer.order()
    assert left["state"] == "ORDER_STATE_CONFIRMED", left
    assert [t.get("seat", 0) for t in left["tickets"]] == [buyer.seats[0], buyer.seats[2]], left
    payment, paid = buyer.get(), int(buyer.hold["total"])
    assert payment["state"] == DONE
    assert [int(payment.get(part, 0)) for part in ("captured", "sold", "charges", "refunded", "pending")] == [paid, paid - price, 0, price, 0], payment
    said = run(shop, "order", "show", order)
    assert f"paid {paid:,} KRW, of which given back {price:,} KRW, for tickets that are good {paid - price:,} KRW" in said, said
    assert [c["amount"] for c in buyer.cancels()] == [price]
    other = Buyer(shop, taking=[gone])  # it is for sale again
    assert other.pay()["state"] == DONE
    again = buyer.refund(seats=[gone])
    assert again["refundId"] == done["refundId"], "given back once"
    rest = buyer.refund()
    assert sorted(rest["seats"]) == [buyer.seats[0], buyer.seats[2]], rest
    buyer.until(REFUNDED)
    assert buyer.order()["state"] == "ORDER_STATE_CANCELLED"
    assert sum(c["amount"] for c in buyer.cancels()) == int(buyer.hold["total"])
    story = buyer.ask("GetMoneyStory", {"orderId": order})
    assert len(story["refunds"]) == 2, story["refunds"]


def a_ticket_that_is_not_there(shop):
    buyer = Buyer(shop)
    order = buyer.pay()["orderId"]
    strange = buyer.seats[0] + 5000
    refused = [buyer.refund(seats=[buyer.seats[0], strange]), buyer.refund(seats=[strange]),
               buyer.ask("PreviewRefund", {"orderId": order, "seats": [buyer.seats[0], strange]})]
    for answer in refused:
        assert answer.get("code") == "invalid_argument" and str(strange) in answer["message"], answer
        assert answer["details"][0]["debug"]["seats"] == [strange], answer
    assert buyer.cancels() == [] and len(buyer.order()["tickets"]) == 2
    said = run(shop, "order", "refund", order, "--seats", f"{buyer.seats[0]},{strange}", code=1)
    assert str(strange) in said, said
    for command in ("refund", "cancel"):  # as from a variable that is not set: not the whole order
        assert "seats" in run(shop, "order", command, order, "--seats", "", code=2)
    other = Buyer(shop)
    placed = other.ask("PlaceOrder", {"performanceId": 1, "holdId": other.hold["holdId"],
                                      "paymentMethod": "PAYMENT_METHOD_BOX_OFFICE"}, TICKETS)["orderId"]
    answer = other.ask("CancelOrder", {"orderId": placed, "seats": [other.seats[0], strange]}, TICKETS)
    assert answer.get("code") == "invalid_argument" and answer["details"][0]["debug"]["seats"] == [strange], answer
    assert len(other.ask("GetOrder", {"orderId": placed}, TICKETS)["tickets"]) == 2


def the_same_twice(shop):
    """Asked for again it is told as done before, and is the same refund; a key stands for one wish."""
    buyer = Buyer(shop, seats=3)
    order = buyer.pay()["orderId"]
    first, second, third = buyer.seats
    done = buyer.refund(seats=[first], idempotencyKey="one")
    assert "again" not in done, done
    assert buyer.refund(seats=[first], idempotencyKey="one") == done, "the same key, the same answer"
    assert buyer.refund(seats=[first]) == {**done, "again": True}
    for wish in ({"seats": [second]}, {}, {"seats": [first], "expectedRefund": "5"}):
        answer = buyer.refund(idempotencyKey="one", **wish)
        assert answer["code"] == "already_exists" and answer["details"][0]["debug"]["reason"] == "KEY_REUSED", answer
    assert buyer.refund(idempotencyKey="k" * 65).get("code") == "invalid_argument"
    assert "again" not in buyer.refund(seats=[second], idempotencyKey="two")
    both = buyer.refund(seats=[first, second])
    assert both["again"] and both["seats"] == [second], both
    assert len(buyer.cancels()) == 2 and len(buyer.order()["tickets"]) == 1
    assert "is given back" in run(shop, "order", "refund", order)
    assert "was given back before" in run(shop, "order", "refund", order)
    assert "was given back before" in run(shop, "order", "refund", order, "--seats", str(third))


def one_key_of_two_orders(shop):
    first = Buyer(shop)
    first.pay()
    second = Buyer.__new__(Buyer)
    second.shop, second.token, second.performance, second.keys = shop, first.token, 1, 100
    second.hold = second.take(2)
    second.pay()
    assert "again" not in first.refund(idempotencyKey="only")
    answer = second.refund(idempotencyKey="only")
    assert answer["details"][0]["debug"]["reason"] == "KEY_REUSED" and second.cancels() == [], answer


def two_tickets_at_once(shop):
    """Two devices of a buyer give back another ticket each, and one the same as the other. The provider is slow, so
    that both see the same balance: one cancel is refused then, and its key would be answered so for ever."""
    buyer = Buyer(shop, seats=4)
    buyer.pay()
    shop.psp.script(latency_ms=250)
    wishes = [buyer.seats[:1], buyer.seats[1:2], buyer.seats[:1], buyer.seats[1:2]]

    def go(seats):
        return wait_until(lambda: [a for a in [buyer.refund(seats=seats)] if "refundId" in a], "a refund")[0]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(go, wishes))
    assert len({a["refundId"] for a in answers}) == 2, answers

    def settled():
        return buyer.get()["state"] == DONE
    wait_until(settled, "both refunds", 40)
    shop.psp.script()
    assert len(buyer.order()["tickets"]) == 2
    assert sum(c["amount"] for c in buyer.cancels()) == sum(int(a["amount"]) for a in answers[:2])


def half_done_of_one_ticket(shop):
    buyer = Buyer(shop, seats=2)
    buyer.pay()
    price = price_of(buyer, buyer.seats[0])
    shop.psp.script(fault("cancel", "half"))
    buyer.refund(seats=[buyer.seats[0]])
    wait_until(lambda: buyer.get()["state"] == DONE, "the other half", 40)
    shop.psp.script()
    assert sum(c["amount"] for c in buyer.cancels()) == price, buyer.cancels()


def box_office_part(shop):
    """What is paid at the box office is given back by the ticket as well."""
    buyer = Buyer(shop, seats=3)
    order = buyer.ask("PlaceOrder", {"performanceId": 1, "holdId": buyer.hold["holdId"],
                                     "paymentMethod": "PAYMENT_METHOD_BOX_OFFICE"}, TICKETS)
    gone = buyer.seats[2]
    left = buyer.ask("CancelOrder", {"orderId": order["orderId"], "seats": [gone]}, TICKETS)
    assert [t.get("seat", 0) for t in left["tickets"]] == buyer.seats[:2], left
    assert buyer.ask("CancelOrder", {"orderId": order["orderId"], "seats": [gone]}, TICKETS) == left
    assert Buyer(shop, taking=[gone]).hold["holdId"]


def refused_and_asked_again(shop):
    """The provider refuses for good; a person asks again, and it is done."""
    buyer = Buyer(shop)
    order = buyer.pay()["orderId"]
    shop.psp.script(fault("cancel", "decline"))
    assert buyer.refund()["state"] == "REFUND_STATE_FAILED"
    shop.psp.script()
    assert buyer.refund()["state"] == "REFUND_STATE_FAILED", "a buyer cannot ask again"
    again = shop.operator("RefundOrder", {"orderId": order}, PAYMENT)
    assert again["state"] == "REFUND_STATE_DONE", again
    buyer.until(REFUNDED)
    assert sum(c["amount"] for c in buyer.cancels()) == int(buyer.hold["total"])


def mails_of_refunds(shop):
    """Each refund is told of, once, with the amount."""
    buyer = Buyer(shop)
    buyer.pay()
    buyer.refund()
    buyer.until(REFUNDED)

    def mails():
        done = subprocess.run([USHER, "mail", "list", "--json", "--url", f"http://{shop.listen}", "--data",
                               shop.server.data], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return [m for m in json.loads(done.stdout.splitlines()[0]).get("mails", []) if m["template"] == "refunded"]
    refund = buyer.ask("GetMoneyStory", {"orderId": buyer.hold["holdId"]})["refunds"][0]["refundId"]
    assert mails(), refund


def run(shop, *words, code=0):
    done = subprocess.run([USHER, *words, "--url", f"http://{shop.listen}", "--data", shop.server.data],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr


def a_whole_evening(shop):
    """The dry run tells the total and changes nothing; the job gives all of it back, once, also when usher is
    killed in the middle; what is refused is told, and a person gets it back afterwards."""
    night = shop.make_performance(hold_ms=420000)
    buyers = [Buyer(shop, night, seats=2 + i % 2, taking=list(range(10 * i, 10 * i + 2 + i % 2))) for i in range(12)]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        assert [p["state"] for p in pool.map(Buyer.pay, buyers)] == [DONE] * 12
    buyers[0].refund(seats=buyers[0].seats[:1])
    left = sum(int(b.hold["total"]) for b in buyers) - 1235
    said = run(shop, "payment", "refund-all", str(night))
    assert f"12 orders, {left / 100:,.2f} EUR" in said and "dry run" in said and "a minute" in said, said
    assert "pause the sale" in run(shop, "payment", "refund-all", str(night), "--yes", code=1)
    assert all(b.get()["state"] == DONE for b in buyers)
    shop.operator("PauseSale", {"performanceId": night})
    shop.psp.script({"on": "cancel", "do": "decline", "order": buyers[3].payment}, latency_ms=150)
    job = shop.operator("BeginRefundJob", {"performanceId": night}, PAYMENT)
    assert shop.operator("BeginRefundJob", {"performanceId": night}, PAYMENT)["jobId"] == job["jobId"]
    wait_until(lambda: any(b.cancels() for b in buyers[1:]), "a refund")
    shop.server.die()
    shop.again()

    def is_done():
        now = shop.operator("GetRefundJob", {"jobId": job["jobId"]}, PAYMENT)
        return now if now["state"] == "REFUND_JOB_STATE_DONE" else None
    total = wait_until(is_done, "every order to have its outcome", 60)["totals"][0]
    shop.psp.script()
    assert (total["orders"], total["doneOrders"], total["failedOrders"]) == ("12", "11", "1"), total
    orders = shop.operator("ListRefundJobOrders", {"jobId": job["jobId"], "outcome": "REFUND_OUTCOME_FAILED"}, PAYMENT)
    assert [o["orderId"] for o in orders["orders"]] == [buyers[3].hold["holdId"]], orders
    for buyer in buyers:
        wanted = 0 if buyer is buyers[3] else int(buyer.hold["total"])
        assert sum(c["amount"] for c in buyer.cancels()) == wanted, (buyer.seats, buyer.cancels())
    number = buyers[3].order()["orderNumber"]
    for _ in range(2):  # whoever looks again sees the same
        said = run(shop, "payment", "refund-all", str(night), "--yes", "--orders", code=1)
        assert said.count("given back") == 12 and said.count("refused by the provider") == 1, said
        assert number in next(line for line in said.splitlines() if "refused by" in line), said
    said = run(shop, "payment", "refund-all", str(night), "--orders", code=1)  # what is done is told, and nothing is left
    assert "nothing left; 11 given back before" in said and "1 refused" in said and "dry run" not in said, said
    assert number in next(line for line in said.splitlines() if "refused by" in line), said
    assert shop.operator("BeginRefundJob", {"performanceId": night}, PAYMENT)["jobId"] == job["jobId"]
    shop.operator("RefundOrder", {"orderId": buyers[3].hold["holdId"]}, PAYMENT)
    buyers[3].until(REFUNDED)
    said = run(shop, "payment", "refund-all", str(night), "--yes", "--orders")
    assert said.count("given back") == 13 and "refused" not in said, said
    said = run(shop, "payment", "refund-all", str(night))
    assert f"12 given back before, {left / 100:,.2f} EUR" in said and "nothing to give back" in said, said
    report = shop.operator("GetSaleReport", {"performanceId": night})
    assert report.get("orderCount", 0) == report.get("cancelledCount", 0) or not report.get("orderCount"), report
    # Sold again after it: what would be done stands apart from what was.
    shop.operator("OpenSale", {"performanceId": night})
    late = Buyer(shop, night, taking=[500, 501])
    assert late.pay()["state"] == DONE
    said = run(shop, "payment", "refund-all", str(night))
    assert "1 order, 24.70 EUR; 12 given back before" in said and "dry run" in said, said
    dry = shop.operator("BeginRefundJob", {"performanceId": night, "dryRun": True}, PAYMENT)["totals"]
    assert [(t["orders"], t["amount"], t["doneOrders"], t["doneAmount"]) for t in dry] == [("1", "2470", "12", str(left))], dry


def an_evening_that_is_not(shop):
    """Not told as one for which nothing was paid."""
    for words in (("refund-all", "4000000000"), ("refund-all", "4000000000", "--yes"), ("list", "--performance", "4000000000")):
        assert "no such performance" in run(shop, "payment", *words, code=1), words
    for dry in (True, False):
        answer = shop.operator("BeginRefundJob", {"performanceId": 4000000000, "dryRun": dry}, PAYMENT)
        assert answer.get("code") == "not_found", answer
    assert shop.operator("GetBooks", {"performanceId": 4000000000}, PAYMENT).get("code") == "not_found"
    empty = shop.make_performance()
    assert "nothing to give back" in run(shop, "payment", "refund-all", str(empty))


def an_evening_with_what_is_paid_later(shop):
    """Whoever was to pay later is told not to: accounts are closed, places free; what comes all the same goes back by itself."""
    night = later.performance(shop)

    def reserved(provider, **more):
        buyer = Buyer(shop, night)
        buyer.address = f"off-{buyer.seats[0]}@example.org"
        payment = buyer.begin(provider=provider, contact={"name": "김", "email": buyer.address}, **more)
        assert payment["state"] == later.DEPOSIT, payment
        buyer.account = payment["deposit"].get("number")
        return buyer
    wish = {"deposit": later.WISH}
    bank, quick, gone, counter = *(reserved("toss", **wish) for _ in range(3)), reserved("box-office")
    undecided = Buyer(shop, night)
    shop.operator("PauseSale", {"performanceId": night})
    closing = [{**fault(on, "error_before", 1000), "order": b.payment} for on in ("cancel", "lookup") for b in (quick, gone)]
    shop.psp.script(*closing, webhooks={"lose": 1})
    job = shop.operator("BeginRefundJob", {"performanceId": night}, PAYMENT)
    assert "jobId" in job, job
    late = shop.operator("CollectPayment", {"paymentId": counter.payment, "amount": counter.begun["amount"]}, PAYMENT)
    assert late["details"][0]["debug"]["reason"] == "PAYMENT_OVER", late
    refused = undecided.ask("BeginPayment", {
        "performanceId": night, "holdId": undecided.hold["holdId"], "idempotencyKey": "off", "provider": "toss", "returnUrl": "/orders",
        "terms": True, "contact": {"name": "김", "email": "kim@example.org"}})
    assert refused["details"][0]["debug"]["reason"] == "SALE_NOT_OPEN", refused
    for buyer in (bank, counter):
        assert buyer.until(ABANDONED)["reason"] == "event cancelled"
    assert later.pay_in(shop, bank)[0] == 409, "its account is closed"
    gone.ask("ReleaseHold", {"performanceId": night, "holdId": gone.hold["holdId"]}, TICKETS)
    for buyer in (quick, gone):
        assert later.pay_in(shop, buyer)[0] == 200, "these are quicker than we"
    shop.psp.script()
    for buyer in (quick, gone):
        assert buyer.until(REFUNDED)["reason"] == "event cancelled"
        assert [c["amount"] for c in buyer.cancels()] == [int(buyer.hold["total"])]

    def is_done():
        return shop.operator("GetRefundJob", {"jobId": job["jobId"]}, PAYMENT)["state"] == "REFUND_JOB_STATE_DONE"
    wait_until(is_done, "the job to end, for nobody is to pay any more", 60)
    undecided.ask("ReleaseHold", {"performanceId": night, "holdId": undecided.hold["holdId"]}, TICKETS)
    wait_until(lambda: later.counts(shop, bank).get("held", 0) == 0, "their places")
    for buyer, told in ((bank, "not-deposit"), (counter, "not-reserved"), (quick, "refunded"), (gone, "refunded")):
        mails = [m["template"] for m in shop.operator("ListMails", {"to": buyer.address}, "usher.v1.DoorService")["mails"]]
        assert mails.count(told) == 1, mails


def an_evening_of_another_organiser(shop):
    """Who buys, and who manages another organiser's events, gives nobody's money back."""
    buyer = Buyer(shop)
    buyer.pay()
    refused = buyer.ask("BeginRefundJob", {"performanceId": 1, "dryRun": True})
    assert refused.get("code") == "permission_denied", refused
    assert Buyer(shop).ask("RefundOrder", {"orderId": buyer.hold["holdId"]}).get("code") == "not_found"
    assert buyer.ask("GetBooks", {"performanceId": 1}).get("code") == "permission_denied"


def single_tickets_at_once(shop):
    """Four people of a party give their ticket back at the same moment: each is told of his own refund, and all of it comes back."""
    for provider in ("toss", "stripe"):
        buyer = Buyer(shop, seats=4)
        buyer.begin(provider=provider)
        buyer.choose()
        buyer.finish()
        order = buyer.until(DONE)["orderId"]
        prices = sorted(price_of(buyer, seat) for seat in buyer.seats)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            calls = [(seat, pool.submit(buyer.ask, "RefundOrder", {"orderId": order, "seats": [seat]})) for seat in buyer.seats * 2]
            told = [(seat, call.result()) for seat, call in calls]
        assert all(answer.get("seats", [0]) == [seat] for seat, answer in told), told
        assert len({answer["refundId"] for _, answer in told}) == 4, told
        buyer.until(REFUNDED)
        assert sorted(c["amount"] for c in buyer.cancels()) == prices, buyer.cancels()


TESTS = [
    ("refunds-of-single-tickets-at-once", single_tickets_at_once),
    ("refund-of-one-ticket", one_ticket_of_several),
    ("refund-of-a-ticket-that-is-not-there", a_ticket_that_is_not_there),
    ("refund-of-the-same-twice", the_same_twice),
    ("refund-key-of-two-orders", one_key_of_two_orders),
    ("refund-of-two-tickets-at-once", two_tickets_at_once),
    ("refund-of-one-ticket-half-done", half_done_of_one_ticket),
    ("box-office-order-given-back-in-part", box_office_part),
    ("refund-refused-and-asked-again", refused_and_asked_again),
    ("refund-is-mailed", mails_of_refunds),
    ("refund-of-a-whole-evening", a_whole_evening),
    ("refund-of-an-evening-that-is-not", an_evening_that_is_not),


    ("refund-of-an-evening-with-what-is-paid-later", an_evening_with_what_is_paid_later),
    ("refund-by-who-may-not", an_evening_of_another_organiser),
]
