"""Holds and clocks: what beginning to pay is worth, what ends first, and places in place of others."""
import concurrent.futures
import time
import urllib.parse

from server import wait_until
from shop import ABANDONED, AUTH, DECLINED, DONE, PAYMENT, REFUNDED, WAITING, Buyer, fault

TICKETS = "usher.v1.TicketService"


def hold_of(buyer):
    return buyer.ask("ExtendHold", {"performanceId": buyer.performance, "holdId": buyer.hold["holdId"]}, TICKETS)


def beginning_adds_five_minutes_at_most(shop):
    """However often it is begun and given up."""
    night = shop.make_performance(hold_ms=2000)
    buyer = Buyer(shop, night, taking=[0, 1])
    made = int(buyer.hold["expiresAtMs"])
    for _ in range(3):
        buyer.begin()
        assert int(hold_of(buyer)["expiresAtMs"]) <= made + 300000
        buyer.ask("AbandonPayment", {"paymentId": buyer.payment})


def coming_back_adds_once(shop):
    """Who comes back with a yes has the seats until the provider's deadline, and a half minute; once."""
    night = shop.make_performance(hold_ms=3000)
    buyer = Buyer(shop, night, taking=[10, 11])
    buyer.begin()
    buyer.choose()
    shop.psp.script(fault("confirm", "error_before", 3), webhooks={"lose": 1})
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        coming = pool.submit(buyer.finish)

        def extended():
            hold = hold_of(buyer)
            left = int(hold.get("expiresAtMs", 0)) - time.time() * 1000
            return left if left > 60000 else None
        left = wait_until(extended, "the hold to last longer")
        coming.result()
    assert 9 * 60000 < left <= 11 * 60000, left
    shop.psp.script()
    assert buyer.until(DONE)["state"] == DONE


MADE_UP = {
    "toss": "paymentKey=made_up_key&orderId={payment}&amount={amount}",
    "stripe": "session_id={session}",
    "nicepay": "authResultCode=0000&tid=nicuntct1m0101260100000000000x&clientId=test_client_usher&orderId={payment}&amount={amount}"
               "&authToken=NICETOKN0&signature=" + "0" * 64,
}


def a_made_up_way_back_adds_nothing(shop):
    """Whoever has not said yes to the provider gets no time, by whatever he writes into the address, however often he begins anew."""
    for provider in MADE_UP:
        night = shop.make_performance(hold_ms=3000, currency="KRW")
        buyer = Buyer(shop, night, taking=[0, 1])
        for _ in range(2):
            buyer.begin(provider=provider)
            before = int(hold_of(buyer)["expiresAtMs"])
            session = urllib.parse.urlparse(buyer.way).path.rsplit("/", 1)[-1]
            made_up = MADE_UP[provider].format(payment=buyer.payment, amount=buyer.begun["amount"], session=session)
            answer = buyer.finish(query=made_up)
            assert answer.get("state", WAITING) == WAITING, answer
            assert int(hold_of(buyer)["expiresAtMs"]) == before, provider
            buyer.ask("AbandonPayment", {"paymentId": buyer.payment})


def a_hold_is_prolonged_once(shop):
    """For a buyer who has said yes: the second attempt of a hold finds what the first has left."""
    night = shop.make_performance(hold_ms=3000, currency="KRW")
    buyer = Buyer(shop, night, taking=[0, 1])
    ends = []
    for _ in range(3):
        buyer.begin()
        buyer.choose()
        shop.psp.script(fault("confirm", "decline"))
        assert buyer.finish()["state"] == DECLINED
        ends.append(int(hold_of(buyer)["expiresAtMs"]))
    shop.psp.script()
    assert ends[0] - time.time() * 1000 > 9 * 60000 and ends[0] == ends[1] == ends[2], ends
    assert buyer.pay()["state"] == DONE


def given_up_before_the_seats_are_free(shop):
    """By Stripe: the session is expired first; nobody pays for what is somebody else's already."""
    night = shop.make_performance(hold_ms=2000)
    buyer = Buyer(shop, night, taking=[20, 21])
    buyer.begin(provider="stripe")
    payment = buyer.until(ABANDONED)
    assert payment["reason"] == "PAYMENT_EXPIRED", payment
    ended = [l["at_ms"] for l in shop.psp.lines("end", buyer.payment)]
    assert len(ended) == 1, ended
    held = int(buyer.hold["expiresAtMs"])
    assert ended[0] < max(held, int(payment.get("mustFinishByMs", 0)) + 2000), (ended, held)


def a_silent_provider_holds_up_no_other(shop):
    """One does not answer for half a minute; what is due at another is looked after meanwhile."""
    night = shop.make_performance(hold_ms=2000)
    stuck = Buyer(shop, night, taking=[30, 31])
    stuck.begin(provider="stripe")
    silent = {"on": "any", "do": "timeout_before", "times": 20, "order": stuck.payment}
    shop.psp.script(silent)
    due_ms = int(stuck.get()["mustFinishByMs"])
    wait_until(lambda: time.time() * 1000 > due_ms + 1500, "the silent one to be asked", 30)
    late = Buyer(shop, shop.make_performance(hold_ms=2000), taking=[0])
    began = time.monotonic()
    late.begin(provider="toss")
    left_s = int(late.get()["mustFinishByMs"]) / 1000 - time.time()
    late.until(ABANDONED)
    assert time.monotonic() - began < left_s + 8, "it ended in time"
    shop.psp.script()


def late_money(shop, equal):
    """The money comes when the seats are somebody else's."""
    buyer = Buyer(shop)
    shop.psp.script(fault("confirm", "error_after"), fault("lookup", "error_before"), webhooks={"lose": 1})
    buyer.begin(equalPlaces=equal)
    buyer.choose()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        coming = pool.submit(buyer.finish)
        wait_until(buyer.charges, "the charge")
        buyer.ask("ReleaseHold", {"performanceId": 1, "holdId": buyer.hold["holdId"]}, TICKETS)
        other = Buyer.__new__(Buyer)
        other.shop, other.performance, other.keys = shop, 1, 0
        other.token = shop.server.ask("CreateGuest", {}, AUTH)["token"]
        other.hold = other.take(2, buyer.seats)
        coming.result()
    shop.psp.script()
    return buyer


def equal_places_if_the_buyer_said_so(shop):
    buyer = late_money(shop, True)
    payment = buyer.until(DONE)
    tickets = payment["order"]["tickets"]
    seats = [t.get("seat", 0) for t in tickets]
    assert len(seats) == 2 and not set(seats) & set(buyer.seats), seats
    assert sum(int(t["amount"]) for t in tickets) == int(buyer.hold["total"])
    assert buyer.cancels() == []
    buyer.ask("RefundOrder", {"orderId": payment["orderId"], "seats": seats[:1]})
    wait_until(lambda: len(buyer.ask("GetOrder", {"orderId": payment["orderId"]}, TICKETS)["tickets"]) == 1, "a refund")


def else_all_of_it_back(shop):
    buyer = late_money(shop, False)
    assert buyer.until(REFUNDED)["reason"] == "SEATS_GONE"


TESTS = [
    ("beginning-to-pay-adds-five-minutes-at-most", beginning_adds_five_minutes_at_most),
    ("coming-back-extends-once", coming_back_adds_once),
    ("a-made-up-way-back-adds-nothing", a_made_up_way_back_adds_nothing),
    ("a-hold-is-prolonged-once", a_hold_is_prolonged_once),
    ("given-up-before-the-seats-are-free", given_up_before_the_seats_are_free),
    ("a-silent-provider-holds-up-no-other", a_silent_provider_holds_up_no_other),
    ("late-money-takes-equal-places", equal_places_if_the_buyer_said_so),
    ("late-money-goes-back", else_all_of_it_back),
]
