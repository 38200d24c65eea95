"""Tickets that move: paid ones, to other places, with their money; their old codes end, and what moves is not given back."""
import sqlite3

from server import wait_until
from shop import DONE, PAYMENT, REFUNDED, Buyer
from used import DOOR, TICKET, codes, come_in, reason, usher


def move(shop, order, *pairs, **more):
    return shop.operator("MoveSeats", {"orderId": order, "moves": [{"from": a, "to": b} for a, b in pairs], **more})


def seats(order):
    return [t.get("seat", 0) for t in order["tickets"]]


def free_like(shop, night, seat):
    """Free places that cost what this one costs, farthest first; and some that do not."""
    hall = shop.operator("GetPerformance", {"performanceId": night})["hall"]
    plan = shop.operator("GetSeatMap", {"layoutHash": hall["layoutHash"]})
    of = {}
    for section in plan["sections"]:
        for row in section.get("rows", []):
            found = row.get("categories", [0])
            for i, _ in enumerate(row["numbers"]):
                of[row.get("firstSeat", 0) + i] = found[min(i, len(found) - 1)]
    like = sorted((s for s, c in of.items() if c == of[seat] and s > 40), reverse=True)
    unlike = sorted((s for s, c in of.items() if c != of[seat] and s > 40), reverse=True)
    Buyer.away.update(like[:4], unlike[:4])
    return like, unlike


def mails(shop, order):
    db = sqlite3.connect(f"{shop.server.data}/usher.db")
    found = db.execute("SELECT template FROM mail WHERE params LIKE ? ORDER BY mail_id", (f"%{order}%",)).fetchall()
    db.close()
    return [one for one, in found]


def a_paid_ticket(shop):
    """By call and command; refused to buyers, for what is taken, and where the price is another; the money goes along."""
    buyer = Buyer(shop)
    order = buyer.pay()["order"]["orderId"]
    first, second = buyer.seats
    like, unlike = free_like(shop, 1, first)
    old = codes(buyer)
    wish = {"orderId": order, "moves": [{"from": first, "to": like[0]}]}
    assert buyer.ask("MoveSeats", wish, TICKET)["code"] == "permission_denied", "it is not a buyer's to do"
    other = Buyer(shop)
    taken = move(shop, order, (first, other.seats[0]))
    assert reason(taken) == "SEATS_TAKEN" and taken["details"][0]["debug"]["seats"] == [other.seats[0]], taken
    assert reason(move(shop, order, (other.seats[0], like[0]))) == "BAD_ARGUMENT"
    assert reason(move(shop, order, (first, first))) == "BAD_ARGUMENT"
    differs = move(shop, order, (first, unlike[0]))
    assert reason(differs) == "PRICE_DIFFERS" and "waive" in differs["message"], differs
    assert come_in(shop, old[second], "stays") == "OK", "nothing of it has ended any code"
    assert come_in(shop, old[second], "stays-out", direction="DIRECTION_OUT") == "OK"
    moved = move(shop, order, (first, like[0]))
    assert seats(moved["order"]) == sorted([second, like[0]]) and "again" not in moved, moved
    assert [(m.get("from", 0), m["to"]) for m in moved["order"]["moves"]] == [(first, like[0])], moved
    assert move(shop, order, (first, like[0]))["again"], "asked again it is the same"
    assert come_in(shop, old[first], "old-1") == "CANCELED"
    assert come_in(shop, codes(buyer)[like[0]], "new-1") == "OK"
    assert reason(move(shop, order, (like[0], like[1]))) == "TICKET_USED"
    assert reason(move(shop, order, (second, like[1]))) == "TICKET_USED"
    wait_until(lambda: mails(shop, order) == ["tickets", "seats"], "the mail with the new tickets")
    assert Buyer(shop, taking=[first]).pay()["state"] == DONE, "the old place is for sale"
    assert reason(buyer.refund(seats=[first])) == "BAD_ARGUMENT"


def to_a_dearer_place(shop):
    """The organiser waives what it costs more; what goes back later is what was paid."""
    buyer = Buyer(shop)
    order = buyer.pay()["order"]["orderId"]
    first, second = buyer.seats
    _, unlike = free_like(shop, 1, first)
    asked = move(shop, order, (first, unlike[0]), check=True)
    assert int(asked["difference"]) != 0 and seats(asked["order"]) == buyer.seats, asked
    assert f"cost {asked['difference']} more" in usher(shop, "order", "move", order, "--seats", f"{first}:{unlike[0]}", "--check")
    told = usher(shop, "order", "move", order, "--seats", f"{first}:{unlike[0]}", code=1)
    more = told.split("say difference ")[1].split(" ")[0]
    assert more == asked["difference"], (told, asked)
    assert "has these places" in usher(shop, "order", "move", order, "--seats", f"{first}:{unlike[0]}", "--waive", more)
    amounts = {t.get("seat", 0): int(t["amount"]) for t in buyer.order()["tickets"]}
    assert sum(amounts.values()) == int(buyer.hold["total"]), amounts
    back = buyer.refund(seats=[unlike[0]])
    assert back["state"] == "REFUND_STATE_DONE" and int(back["amount"]) == amounts[unlike[0]], back
    assert reason(move(shop, order, (second, unlike[0]))) == "SEAT_HAD_BEFORE"
    assert buyer.refund()["state"] == "REFUND_STATE_DONE"
    buyer.until(REFUNDED)
    assert reason(move(shop, order, (second, unlike[1]))) == "ORDER_CANCELLED"


def what_is_bound(shop):
    """Passed on, blocked at the doors, or being given back: it stays; and an evening called off gives all back."""
    night = shop.make_performance(hold_ms=60000)
    buyer = Buyer(shop, night, taking=[0, 1])
    order = buyer.pay()["order"]["orderId"]
    friend = buyer.ask("PassTicketOn", {"orderId": order, "seat": 0, "name": "A", "email": "friend@example.org", "language": "en"}, DOOR)
    assert "details" not in friend, friend
    assert reason(move(shop, order, (0, 50))) == "TICKET_BOUND"
    blocked = shop.operator("BlockTickets", {"orderId": order, "seats": [1], "reason": "stolen"}, DOOR)
    assert "details" not in blocked, blocked
    assert reason(move(shop, order, (1, 50))) == "TICKET_BOUND"
    other = Buyer(shop, night, taking=[10, 11])
    second = other.pay()["order"]["orderId"]
    assert seats(move(shop, second, (10, 60), (11, 61))["order"]) == [60, 61]
    assert seats(move(shop, second, (60, 62))["order"]) == [61, 62]
    shop.operator("PauseSale", {"performanceId": night})
    shop.operator("BeginRefundJob", {"performanceId": night}, PAYMENT)
    other.until(REFUNDED)
    buyer.until(REFUNDED)
    assert other.order()["state"] == "ORDER_STATE_CANCELLED"
    code, said = wait_until(lambda: (lambda a: a if a[0] == 0 else None)(shop.audit()), "a clean audit")
    assert code == 0, said


TESTS = [
    ("moves-a-paid-ticket", a_paid_ticket),
    ("moves-to-a-dearer-place", to_a_dearer_place),
    ("moves-what-is-bound", what_is_bound),
]
