"""Money that comes when the hold is over: standing places are as many of their area, a code is taken again while it has places left; else
it goes back."""
import concurrent.futures
import time

from codes_of_price import codes, guest
from server import wait_until
from shop import DONE, REFUNDED, Buyer, fault

TICKETS = "usher.v1.TicketService"


def floor(shop, standing):
    """A performance before a floor of so many places; its number, and the floor's section."""
    hall = shop.operator("GenerateHall", {"name": "Club", "capacity": 500, "standing": standing})
    prices = [{"category": i, "amount": 1235} for i in range(len(hall["categories"]))]
    made = shop.operator("CreatePerformance", {
        "eventId": shop.operator("GetPerformance", {"performanceId": 1})["eventId"], "hallId": hall["hallId"], "currency": "EUR",
        "holdTtlMs": 60000, "startsAtMs": int(time.time() * 1000) + 5 * 86400000, "placesMax": 8, "prices": prices})["performanceId"]
    shop.operator("OpenSale", {"performanceId": made})
    ask = guest(shop)
    for section in range(hall["sectionCount"]):
        hold = ask("HoldSeats", {"performanceId": made, "areas": [{"section": section, "quantity": 1}]})
        if "holdId" in hold:
            ask("ReleaseHold", {"performanceId": made, "holdId": hold["holdId"]})
            return made, section
    raise AssertionError(hall)


class Late(Buyer):
    """Who holds by a wish of his own, and whose hold is over when the money comes."""

    def __init__(self, shop, performance, **wish):
        self.wish = wish
        super().__init__(shop, performance)

    def take(self, count, seats=None):
        hold = self.ask("HoldSeats", {"performanceId": self.performance, "idempotencyKey": self.key(), **self.wish}, TICKETS)
        assert "holdId" in hold, hold
        self.seats = [one.get("seat", 0) for one in hold["seats"]]
        return hold

    def pay_late(self, meanwhile):
        """meanwhile() happens between the charge and the time that we know of it, once the places are free."""
        self.shop.psp.script({**fault("lookup", "error_before", 1000)}, fault("confirm", "error_after"), webhooks={"lose": 1})
        self.begin()
        self.choose()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            coming = pool.submit(self.finish)
            wait_until(self.charges, "the charge")
            gone = self.ask("ReleaseHold", {"performanceId": self.performance, "holdId": self.hold["holdId"]}, TICKETS)
            assert "code" not in gone, gone
            coming.result()
        meanwhile()
        self.shop.psp.script()
        return self.until(DONE, REFUNDED)


def standing_places_are_any_of_their_area(shop):
    night, section = floor(shop, 12)
    area = {"areas": [{"section": section, "quantity": 2}]}
    buyer = Late(shop, night, **area)
    others = []

    def others_come():  # his very places are another's by then, once they have rested
        others.append(wait_until(lambda: (h := guest(shop)("HoldSeats", {
            "performanceId": night, "areas": [{"section": section, "quantity": 8}]})) and "holdId" in h and h, "places for others"))
    payment = buyer.pay_late(others_come)
    assert payment["state"] == DONE, payment
    seats = {t.get("seat", 0) for t in payment["order"]["tickets"]}
    taken = {one.get("seat", 0) for one in others[0]["seats"]}
    assert len(seats) == 2 and not seats & taken and seats != set(buyer.seats), (seats, taken, buyer.seats)
    assert shop.audit()[0] == 0, shop.audit()[1]


def a_floor_that_is_full(shop):
    night, section = floor(shop, 8)
    buyer = Late(shop, night, areas=[{"section": section, "quantity": 2}])

    def others_come():
        wait_until(lambda: "holdId" in guest(shop)("HoldSeats", {
            "performanceId": night, "areas": [{"section": section, "quantity": 8}]}), "the floor to be full")
    assert buyer.pay_late(others_come)["state"] == REFUNDED
    assert shop.audit()[0] == 0, shop.audit()[1]


def strangers_name_no_standing_place(shop):
    """That is the payment role's to say: a buyer asks for an area."""
    night, section = floor(shop, 8)
    hold = guest(shop)("HoldSeats", {"performanceId": night, "areas": [{"section": section, "quantity": 1}]})
    answer = guest(shop)("HoldSeats", {"performanceId": night, "seats": [hold["seats"][0].get("seat", 0) + 1]})
    assert answer["code"] == "invalid_argument", answer
    answer = guest(shop)("HoldSeats", {"performanceId": night, "seats": [0], "code": "#1.0"})
    assert answer["details"][0]["debug"]["reason"] == "CODE_UNKNOWN", answer


def a_code_with_places_left(shop):
    night = shop.make_performance(60000)
    codes(shop, night, "--add", "HALF", "--percent", "50", "--places", "2")
    buyer = Late(shop, night, seats=[0, 1], code="HALF")
    assert int(buyer.hold["total"]) == 2 * 618, buyer.hold
    payment = buyer.pay_late(lambda: None)
    assert payment["state"] == DONE and int(payment["order"]["total"]) == 2 * 618, payment
    report = shop.operator("ListPriceCodes", {"performanceId": night})
    assert [one["places"] for one in report["codes"]] == [2], report
    assert shop.audit()[0] == 0, shop.audit()[1]


def a_code_that_is_used_up(shop):
    night = shop.make_performance(60000)
    codes(shop, night, "--generate", "1", "--percent", "50", "--places", "2")
    word = codes(shop, night, "--print", "1").split()[1]
    buyer = Late(shop, night, seats=[0, 1], code=word)

    def others_come():
        assert "holdId" in guest(shop)("HoldSeats", {"performanceId": night, "seats": [10], "code": word})
    assert buyer.pay_late(others_come)["state"] == REFUNDED
    assert shop.audit()[0] == 0, shop.audit()[1]


TESTS = [
    ("late-standing-places-are-any-of-their-area", standing_places_are_any_of_their_area),
    ("late-a-floor-that-is-full", a_floor_that_is_full),
    ("late-strangers-name-no-standing-place", strangers_name_no_standing_place),
    ("late-a-code-with-places-left", a_code_with_places_left),
    ("late-a-code-that-is-used-up", a_code_that_is_used_up),
]
