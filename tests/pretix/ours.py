"""A world for story.py in a server of ours: an evening of two dates, some tickets, three devices."""
import time

from house import AUTH, DOOR, TICKETS, contact

BUYER = contact("Kim", "kim@example.org", "en")


def buy(house, number, count):
    token = house.guest()
    hold = house.ask("HoldBest", {"performanceId": number, "party": count}, TICKETS, token)["holdId"]
    wish = {"performanceId": number, "holdId": hold, "paymentMethod": "PAYMENT_METHOD_BOX_OFFICE", "contact": BUYER}
    order = house.ask("PlaceOrder", wish, TICKETS, token)
    assert "orderId" in order, order
    return token, order, house.codes(token, order)


def make(house):
    key, now_ms = house.operator_key, int(time.time() * 1000)
    hall = house.ask("GenerateHall", {"capacity": 100, "name": "Gate hall"}, TICKETS, key)
    prices = [{"category": i, "amount": "1000"} for i in range(len(hall["categories"]))]
    date = {"hallId": hall["hallId"], "prices": prices, "timeZone": "Europe/Berlin", "currency": "EUR"}
    event = house.ask("CreateEvent", {"name": "Evening", "performance": {
        **date, "startsAtMs": str(now_ms + 3600000), "doorsAtMs": str(now_ms - 3600000)}}, TICKETS, key)
    second = house.ask("CreatePerformance", {
        **date, "eventId": event["eventId"], "startsAtMs": str(now_ms + 90000000), "doorsAtMs": str(now_ms + 86400000)}, TICKETS, key)
    numbers = [event["performances"][0]["performanceId"], second["performanceId"]]
    for number in numbers:
        house.ask("OpenSale", {"performanceId": number}, TICKETS, key)
    token, order, codes = buy(house, numbers[0], 3)
    gone, back, gone_codes = buy(house, numbers[0], 1)
    _, _, other = buy(house, numbers[1], 1)
    renewed = house.ask("RenewTicket", {"orderId": order["orderId"], "seat": codes[1].get("seat", 0)}, DOOR, token)["tickets"]
    house.ask("CancelOrder", {"orderId": back["orderId"]}, TICKETS, gone)
    house.door("BlockTickets", {"orderId": order["orderId"], "seats": [codes[2].get("seat", 0)], "reason": "stolen"})
    made = [house.ask("CreateDevice", {"organiserId": 1, "name": f"Gate {i}"}, AUTH, key) for i in range(3)]
    house.ask("RevokeDevice", {"organiserId": 1, "deviceId": made[1]["deviceId"]}, AUTH, key)
    return {
        "address": house.address, "setup": [device["setupToken"] for device in made], "organizer": "1", "foreign": "2",
        "event": str(event["eventId"]), "subevent": numbers[0], "other": numbers[1], "list": numbers[0], "name": "Kim",
        "order": order["orderNumber"], "earlier": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(now_ms // 1000 - 300)),
        "tickets": {"good": codes[0]["signedCode"], "second": renewed[1]["signedCode"], "blocked": codes[2]["signedCode"],
                    "canceled": gone_codes[0]["signedCode"], "revoked": codes[1]["signedCode"], "other": other[0]["signedCode"]}}
