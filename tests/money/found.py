"""Whatever is called by a number is found by it, and by the address that was said: shown as what it is, ended where that is
allowed, or refused in a sentence that says what to do instead; by command and over the API alike."""
import sqlite3
import later
from refunds import run
from server import wait_until
from shop import ABANDONED, DONE, PAYMENT, Buyer
from till import Desk, reason

TICKETS, DOOR = "usher.v1.TicketService", "usher.v1.DoorService"


def find(shop, text, who=None):
    """(orders, reservations)"""
    ask = who.ask if who else shop.operator
    answer = ask("FindOrders", {"text": text}, DOOR)
    assert "code" not in answer, answer
    return answer.get("orders", []), answer.get("reservations", [])


def contact(name):
    return {"name": name, "email": f"{name}@found.example.org", "language": "en"}


def free(shop, performance):
    counts = shop.operator("GetPerformance", {"performanceId": performance})["counts"]
    return counts.get("held", 0) + counts.get("sold", 0) + counts.get("resting", 0) == 0


def who_said_no_name(shop):
    """An order without a contact is found by its number all the same."""
    night = shop.make_performance(60000, "KRW", 10000)
    card = Buyer(shop, night)
    card.begin(contact={})
    card.choose()
    paid = card.finish()["order"]
    [one], none = find(shop, paid["orderNumber"])
    assert one["order"]["orderId"] == paid["orderId"] and one["contact"].get("email", "") == "" and not none, one
    [one], none = find(shop, paid["orderId"])
    assert one["order"]["orderNumber"] == paid["orderNumber"], one
    assert "paid by card" in run(shop, "order", "find", paid["orderNumber"])
    assert find(shop, "T0000000000") == ([], []) and find(shop, "nobody@found.example.org") == ([], [])
    assert reason(shop.operator("FindOrders", {"text": "12"}, DOOR)) == "BAD_ARGUMENT"


def what_nothing_was_paid_for(shop):
    """A comp, and an order for the box office: shown, never refunded, cancelled by the number."""
    night = shop.make_performance(60000, "KRW", 10000)
    manager = Desk(shop, "MANAGER")
    manager.open()
    comp = manager.sell(manager.hold(2, night), means="TILL_MEANS_COMP", amount="0", note="press", contact=contact("comp"))["order"]
    manager.close()
    buyer = Buyer(shop, night)
    desk = buyer.ask("PlaceOrder", {"performanceId": night, "holdId": buyer.hold["holdId"],
                                    "paymentMethod": "PAYMENT_METHOD_BOX_OFFICE"}, TICKETS)
    assert [one["order"]["orderId"] for one in find(shop, "comp@found.example.org")[0]] == [comp["orderId"]]
    for order, word in ((comp, "a comp"), (desk, "for the box office")):
        number = order["orderNumber"]
        assert [one["order"]["orderId"] for one in find(shop, number, manager)[0]] == [order["orderId"]], number
        assert word in run(shop, "order", "find", number)
        shown = run(shop, "order", "show", number)
        assert word in shown and "usher order cancel" in shown and "seat" in shown, shown
        refused = run(shop, "order", "refund", number, code=1)
        assert "nothing was paid" in refused and "usher order cancel" in refused, refused
        for method in ("RefundOrder", "PreviewRefund"):
            assert reason(manager.ask(method, {"orderId": order["orderId"]}, PAYMENT)) == "NOTHING_PAID", method
            assert reason(Buyer(shop, night).ask(method, {"orderId": order["orderId"]})) == "NOT_FOUND", method
        story = manager.ask("GetMoneyStory", {"orderId": order["orderId"]}, PAYMENT)
        assert story == {"orderId": order["orderId"]}, story
        assert reason(Buyer(shop, night).ask("GetMoneyStory", {"orderId": order["orderId"]})) == "NOT_FOUND"
        if order is comp:
            collected = run(shop, "order", "collect", number, code=1)
            assert word in collected, collected
        assert "is cancelled" in run(shop, "order", "cancel", number)
        assert "cancelled" in run(shop, "order", "show", number)
        assert "is cancelled" in run(shop, "order", "refund", number, code=1)
        assert "take no money" in run(shop, "order", "collect", number, code=1)
    assert buyer.ask("GetMoneyStory", {"orderId": desk["orderId"]}) == {"orderId": desk["orderId"]}, "his own"


def what_is_paid_at_the_box_office(shop):
    """Found before it is an order; collected by its number; told as paid after that, and since when."""
    night = later.performance(shop)
    buyer = Buyer(shop, night)
    number = buyer.begin(provider="box-office", contact=contact("later"))["orderNumber"]
    for text in (number, "later@found.example.org", buyer.hold["holdId"]):
        orders, [held] = find(shop, text)
        assert not orders and held["payment"]["paymentId"] == buyer.payment and held["places"] == 2, held
        assert held["payment"]["state"] == "PAYMENT_STATE_DEPOSIT" and held["contact"]["name"] == "later", held
    assert "to be paid at the box office" in run(shop, "order", "find", "later@found.example.org")
    shown = run(shop, "order", "show", number)
    assert "is no order: held until" in shown and "20" in shown, shown
    for command in ("refund", "resend", "note"):
        refused = run(shop, "order", command, number, code=1)
        assert "usher order collect" in refused and "usher order cancel" in refused, refused
    desk = Desk(shop)
    for method, service in (("RefundOrder", PAYMENT), ("CancelOrder", TICKETS)):
        for who in (desk, buyer):
            assert reason(who.ask(method, {"orderId": buyer.hold["holdId"]}, service)) == "NOTHING_PAID", method
        assert reason(Buyer(shop, night).ask(method, {"orderId": buyer.hold["holdId"]}, service)) == "NOT_FOUND", method
    assert "whole" in run(shop, "order", "cancel", number, "--seats", str(buyer.seats[0]), code=2)
    assert "is paid" in run(shop, "order", "collect", number)
    again = run(shop, "order", "collect", number)
    assert "was paid before: paid at the box office since 20" in again and "take no money" in again, again
    [one], none = find(shop, "later@found.example.org")
    assert one["order"]["orderNumber"] == number and not none, (one, none)
    assert "paid at the box office" in run(shop, "order", "show", number)
    assert "usher order refund" in run(shop, "order", "cancel", number, code=1)
    assert "is given back" in run(shop, "order", "refund", number)


def ended_mails(shop, number):
    """What was mailed of the end of a reservation, once each."""
    with sqlite3.connect(f"file:{shop.server.data}/usher.db?mode=ro", uri=True) as db:
        return db.execute("SELECT template, params FROM mail WHERE template LIKE 'not-%' AND params LIKE ?", (f"%{number}%",)).fetchall()


def what_is_held_is_ended(shop):
    """By who runs the performance alone: its account is closed, nothing was charged, its places are free at once."""
    made = shop.server.ask("CreateOrganiser", {"name": "Others", "ownerEmail": "found@example.org"}, "usher.v1.AuthService",
                           shop.server.operator_key)
    stranger, desk = Desk(shop, "MANAGER", made["organiserId"]), Desk(shop)
    assert reason(desk.ask("AbandonPayment", {"paymentId": Buyer(shop).hold["holdId"], "reason": "a\nb"}, PAYMENT)) == "NOT_FOUND"
    for end in (lambda one: run(shop, "order", "cancel", one.begun["orderNumber"], "--reason", "The hall is closed."),
                lambda one: desk.ask("AbandonPayment", {"paymentId": one.payment}, PAYMENT)):
        for wish in ({"provider": "toss", "deposit": later.WISH}, {"provider": "box-office"}):
            buyer = Buyer(shop, later.performance(shop))
            number = buyer.begin(contact=contact("ended"), **wish)["orderNumber"]
            assert reason(desk.ask("AbandonPayment", {"paymentId": buyer.payment, "reason": "a\nb"}, PAYMENT)) == "BAD_ARGUMENT"
            assert find(shop, number, stranger) == ([], []), "another organiser's"
            assert reason(stranger.ask("AbandonPayment", {"paymentId": buyer.payment}, PAYMENT)) == "NOT_FOUND"
            assert buyer.get()["state"] == "PAYMENT_STATE_DEPOSIT"
            told = end(buyer)
            assert "its places are free" in told if isinstance(told, str) else told["state"] == ABANDONED, told
            assert buyer.get()["state"] == ABANDONED
            if "deposit" in wish:
                buyer.account = buyer.begun["deposit"]["number"]
                assert later.pay_in(shop, buyer)[0] == 409 and buyer.charges() == []
            wait_until(lambda: free(shop, buyer.performance), "its places")
            assert desk.ask("AbandonPayment", {"paymentId": buyer.payment}, PAYMENT)["state"] == ABANDONED, "asked again"
            orders, [over] = find(shop, number)
            assert not orders and over["payment"]["state"] == ABANDONED, over
            [(template, params)] = ended_mails(shop, number)
            assert template == ("not-deposit" if "deposit" in wish else "not-reserved"), template
            assert "organiser" in params and ("The hall is closed." in params) == isinstance(told, str), params
            assert "not paid, and over" in run(shop, "order", "cancel", number, code=1)
            shown = run(shop, "order", "show", number)
            assert "not paid, and over" in shown and "taken back by" in shown, shown
            assert "take no money" in run(shop, "order", "collect", number, code=1)


def who_pays_at_once_ends_it_himself(shop):
    night = shop.make_performance(60000, "KRW", 10000)
    buyer = Buyer(shop, night)
    number = buyer.begin(contact=contact("now"))["orderNumber"]
    assert "its buyer is paying by toss" in run(shop, "order", "find", "now@found.example.org")
    assert "its buyer is paying" in run(shop, "order", "cancel", number, code=1)
    assert reason(shop.operator("AbandonPayment", {"paymentId": buyer.payment}, PAYMENT)) == "PAYING"
    assert "take no money" in run(shop, "order", "collect", number, code=1)
    buyer.choose()
    assert buyer.finish()["state"] == DONE
    assert "paid by card" in run(shop, "order", "show", number), "an order, at once"
    assert "was paid before" in run(shop, "order", "collect", number)


TESTS = [
    ("found-who-said-no-name", who_said_no_name),
    ("found-what-nothing-was-paid-for", what_nothing_was_paid_for),
    ("found-what-is-paid-at-the-box-office", what_is_paid_at_the_box_office),
    ("found-what-is-held-is-ended", what_is_held_is_ended),
    ("found-who-pays-at-once-ends-it-himself", who_pays_at_once_ends_it_himself),
]
