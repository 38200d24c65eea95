"""The waiting list, from the command to the money: what is refunded is offered, in order, over a kill, and bought."""
import json
import subprocess

from server import wait_until
from orders import mail_to
from privacy import open_account
from shop import AUTH, USHER, Buyer

TICKETS = "usher.v1.TicketService"


def waiting(shop, night, *words):
    """What the organiser types."""
    done = subprocess.run([USHER, "event", "waiting", str(night), *words, "--url", f"http://{shop.server.address}", "--key",
                           f"{shop.server.data}/operator.key"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done
    return done.stdout


def reason(answer):
    return answer["details"][0]["debug"]["reason"]


class Waiter(Buyer):
    """A guest who waits."""

    def __init__(self, shop, night):
        self.shop, self.performance, self.keys = shop, night, 0
        self.token = shop.server.ask("CreateGuest", {}, AUTH)["token"]

    def join(self, party, **more):
        return self.ask("JoinWaitingList", {"performanceId": self.performance, "party": party, **more}, TICKETS)

    def wishes(self, night=None):
        return self.ask("GetMyWishes", {"performanceId": self.performance if night is None else night}, TICKETS).get("wishes", [])

    def offer(self):
        """Once there is one, as the hold that it is."""
        self.hold = wait_until(lambda: next((w["offer"] for w in self.wishes() if "offer" in w), None), "the offer")
        self.seats = [seat.get("seat", 0) for seat in self.hold["seats"]]
        return self.hold


def what_comes_back_is_offered(shop):
    night = shop.make_performance(60000)
    places = shop.operator("GetPerformance", {"performanceId": night})["hall"]["placeCount"]
    for at in range(3, places, 1000):
        block = shop.operator("BlockSeats", {"performanceId": night, "seats": list(range(at, min(at + 1000, places))), "reason": "press"})
    pair, one = Buyer(shop, night, taking=[0, 1]), Buyer(shop, night, taking=[2])
    first, second, third = (Waiter(shop, night) for _ in range(3))
    assert reason(first.join(2)) == "NO_WAITING_LIST"
    second.token = open_account(shop, second.token, "second@example.org", "Second")
    assert "are offered for 15 minutes" in waiting(shop, night, "--minutes", "15")
    wish = first.join(2)
    assert (wish["party"], wish["fewest"], wish.get("ahead", 0)) == (2, 2, 0), wish
    assert first.join(2)["wishId"] == wish["wishId"]
    assert second.join(1)["ahead"] == 1 and third.join(3, fewest=1, email="third@example.org", language="ko")["ahead"] == 2
    assert reason(third.join(2, email="nobody")) == reason(third.join(2, wheelchairs=3)) == "BAD_ARGUMENT"
    assert shop.operator("GetPerformance", {"performanceId": night})["offerMs"] == 900000
    assert reason(second.join(9)) == "BAD_ARGUMENT"
    for buyer in (pair, one):
        buyer.pay()
        buyer.paid_once()
    one.refund()  # one place: the first waits for two, and it is the second's
    assert [seat["seat"] for seat in second.offer()["seats"]] == [2]
    mail = mail_to(shop, "second@example.org", "offer")  # who has an account is told, and a guest who said where
    assert "Yours until " in mail["subject"] and f"/p/{night}" in mail["text"] and "(1)" in mail["text"], mail
    pair.refund()
    hold = first.offer()
    assert len(hold["seats"]) == 2 and int(hold["expiresInMs"]) > 800000, hold
    assert reason(Waiter(shop, night).ask("HoldSeats", {"performanceId": night, "seats": [0]}, TICKETS)) == "SEATS_TAKEN"
    counts = shop.operator("GetSaleReport", {"performanceId": night})["counts"]
    assert counts["offered"] == 3 and counts.get("held", 0) == 0, counts
    shop.server.die()
    shop.again()
    assert first.offer()["holdId"] == hold["holdId"]
    first.pay()  # as any hold is
    first.paid_once()
    assert first.wishes() == []
    second.ask("ReleaseHold", {"performanceId": night, "holdId": second.hold["holdId"]}, TICKETS)  # no, thank you
    assert [seat["seat"] for seat in third.offer()["seats"]] == [2]
    assert "까지 구매하실 수 있습니다" in mail_to(shop, "third@example.org", "offer")["subject"]
    assert second.wishes()[0]["lapses"] == 1 and second.wishes(0) == second.wishes()
    listed = json.loads(waiting(shop, night, "--json"))
    assert [(k["party"], k["waiting"], k.get("offered", 0)) for k in listed["kinds"]] == [(3, 1, 1), (1, 1, 0)], listed
    shop.operator("UnblockSeats", {"performanceId": night, "blockId": block["block"]["blockId"], "seats": [places - 1]})
    assert [seat["seat"] for seat in second.offer()["seats"]] == [places - 1]
    assert "code" not in third.ask("LeaveWaitingList", {"performanceId": night, "wishId": third.wishes()[0]["wishId"]}, TICKETS)
    assert third.wishes() == []
    assert second.ask("ListWaiting", {"performanceId": night}, TICKETS)["code"] == "permission_denied"
    account = next(h["accountId"] for h in shop.operator("ListHolders", {"performanceId": night})["holders"]
                   if any(x["holdId"] == second.hold["holdId"] for x in h.get("holds", [h])))
    shop.operator("BarBuyer", {"kind": "BAR_KIND_ACCOUNT", "value": account, "reason": "resale"})
    assert second.wishes() == []  # and none is offered to who is barred
    assert "is off" in waiting(shop, night, "--off")
    assert shop.audit()[0] == 0, shop.audit()[1]


TESTS = [("waiting-what-comes-back", what_comes_back_is_offered)]
