"""Paying behind a line: a payment begins with a live pass of the sale, and with nothing else."""
import json

from server import wait_until
from shop import AUTH, PAYMENT, fetch

TICKET, ROOM = "usher.v1.TicketService", "usher.v1.WaitroomService"


def call(shop, service, method, message, token, sale_pass=None):
    headers = {"content-type": "application/json", "authorization": "Bearer " + token}
    if sale_pass is not None:
        headers["usher-pass"] = sale_pass
    return json.loads(fetch(shop.server.address, "POST", f"/{service}/{method}", json.dumps(message), headers)[2])


def make_sale(shop, **more):
    """A sale over a new performance, open; (sale, performance)."""
    key = shop.server.operator_key
    event = shop.server.ask("ListEvents", {})["events"][0]
    first = event["performances"][0]
    made = call(shop, TICKET, "CreatePerformance", {
        "eventId": event["eventId"], "hallId": first["hall"]["hallId"], "prices": first["prices"],
        "startsAtMs": first["startsAtMs"]}, key)["performanceId"]
    sale = call(shop, ROOM, "CreateSale", {"name": "Night", "performanceIds": [made], "guests": True, **more}, key)["saleId"]
    wait_until(lambda: shop.server.ask("GetPerformance", {"performanceId": made})["saleState"] == "SALE_STATE_OPEN",
               "the sale opens")
    return sale, made


def enter(shop, sale):
    """(token, pass) of somebody who came in."""
    token = shop.server.ask("CreateGuest", {}, AUTH)["token"]
    call(shop, ROOM, "Join", {"saleId": sale}, token)
    wait_until(lambda: call(shop, ROOM, "GetPlace", {"saleId": sale}, token)["state"] == "PLACE_STATE_SERVED", "one's turn")
    return token, call(shop, ROOM, "Enter", {"saleId": sale}, token)["pass"]


def a_payment_begins_with_a_live_pass(shop):
    sale, performance = make_sale(shop)
    token, good = enter(shop, sale)
    other_sale, _ = make_sale(shop)
    other, lent = enter(shop, sale)
    _, elsewhere = enter(shop, other_sale)
    forged = ("A" if good[60] != "A" else "B").join((good[:60], good[61:]))
    hold = call(shop, TICKET, "HoldBest", {"performanceId": performance, "party": 1}, token, good)
    keys = iter(range(100))

    def begin(sale_pass):
        answer = call(shop, PAYMENT, "BeginPayment", {
            "performanceId": performance, "holdId": hold["holdId"], "idempotencyKey": f"k{next(keys)}", "returnUrl": "/orders",
            "terms": True, "contact": {"name": "김", "email": "kim@example.org"}}, token, sale_pass)
        return "ok" if "paymentId" in answer else answer["details"][0]["debug"]["reason"]
    for sale_pass in (None, "", "none", forged, lent, elsewhere):
        assert begin(sale_pass) in ("PASS_REQUIRED", "PASS_INVALID"), sale_pass
    newer = call(shop, ROOM, "Enter", {"saleId": sale}, token)["pass"]  # on another device
    assert begin(good) == "PASS_OVER"
    assert begin(newer) == "ok"
    # Who has left cannot begin another payment with the pass he had.
    again = call(shop, TICKET, "HoldBest", {"performanceId": performance, "party": 1}, other, lent)
    call(shop, ROOM, "Leave", {"saleId": sale}, other)
    hold, token = again, other
    assert begin(lent) == "PASS_OVER"


def an_offer_is_bought_without_a_pass(shop):
    """Who waits has stood in the list's order: what it is offered it pays without coming in."""
    sale, performance = make_sale(shop)
    token, good = enter(shop, sale)
    ask = shop.operator
    places = ask("GetPerformance", {"performanceId": performance})["hall"]["placeCount"]
    for at in range(1, places, 1000):
        ask("BlockSeats", {"performanceId": performance, "seats": list(range(at, min(at + 1000, places))), "reason": "press"})
    ask("SetWaitingList", {"performanceId": performance, "offerMs": 600000})
    hold = call(shop, TICKET, "HoldBest", {"performanceId": performance, "party": 1}, token, good)
    waiter = shop.server.ask("CreateGuest", {}, AUTH)["token"]
    assert "wishId" in call(shop, TICKET, "JoinWaitingList", {"performanceId": performance, "party": 1}, waiter)
    call(shop, TICKET, "ReleaseHold", {"performanceId": performance, "holdId": hold["holdId"]}, token, good)

    def offer():
        wishes = call(shop, TICKET, "GetMyWishes", {"performanceId": performance}, waiter).get("wishes", [])
        return next((w["offer"] for w in wishes if "offer" in w), None)
    offered = wait_until(offer, "the offer")
    begun = call(shop, PAYMENT, "BeginPayment", {
        "performanceId": performance, "holdId": offered["holdId"], "idempotencyKey": "k1", "returnUrl": "/orders", "terms": True,
        "contact": {"name": "김", "email": "kim@example.org"}}, waiter)
    assert "paymentId" in begun, begun
    order = {"performanceId": performance, "holdId": offered["holdId"], "paymentMethod": "PAYMENT_METHOD_BOX_OFFICE"}
    stranger = call(shop, TICKET, "PlaceOrder", order, shop.server.ask("CreateGuest", {}, AUTH)["token"])
    assert stranger["details"][0]["debug"]["reason"] == "PASS_REQUIRED", stranger
    assert call(shop, TICKET, "PlaceOrder", order, waiter).get("state") == "ORDER_STATE_CONFIRMED"


TESTS = [("door/an-offer-is-bought-without-a-pass", an_offer_is_bought_without_a_pass),
         ("door/a-payment-begins-with-a-live-pass", a_payment_begins_with_a_live_pass)]
