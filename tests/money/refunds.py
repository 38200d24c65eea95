"""Refunds: of single tickets, of a whole evening; what the buyer is shown, and what is refused."""
import concurrent.futures
import json
import subprocess

from server import wait_until
from shop import DONE, PAYMENT, REFUNDED, USHER, Buyer, fault

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
    assert buyer.get()["state"] == DONE
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
    buyer.pay()
    assert buyer.refund(seats=[buyer.seats[0] + 5000]).get("code") == "not_found"
    assert buyer.cancels() == []


def two_tickets_at_once(shop):
    """Two devices of a buyer give back another ticket each, and one the same as the other."""
    buyer = Buyer(shop, seats=4)
    buyer.pay()
    wishes = [buyer.seats[:1], buyer.seats[1:2], buyer.seats[:1], buyer.seats[1:2]]

    def go(seats):
        return wait_until(lambda: [a for a in [buyer.refund(seats=seats)] if "refundId" in a], "a refund")[0]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(go, wishes))
    assert len({a["refundId"] for a in answers}) == 2, answers

    def settled():
        return buyer.get()["state"] == DONE
    wait_until(settled, "both refunds", 40)
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


TESTS = [
    ("refund-of-one-ticket", one_ticket_of_several),
    ("refund-of-a-ticket-that-is-not-there", a_ticket_that_is_not_there),
    ("refund-of-two-tickets-at-once", two_tickets_at_once),
    ("refund-of-one-ticket-half-done", half_done_of_one_ticket),
    ("box-office-order-given-back-in-part", box_office_part),
    ("refund-refused-and-asked-again", refused_and_asked_again),
    ("refund-is-mailed", mails_of_refunds),
]
