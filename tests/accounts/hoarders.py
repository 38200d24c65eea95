"""Hoarders: an organiser sees who holds how much, ends a hold, and bars an account or an address; nobody else does."""
import json
import time

from server import Server, wait_until

AUTH, TICKET, LINE = "usher.v1.AuthService", "usher.v1.TicketService", "usher.v1.WaitroomService"
HERE, THERE = "198.51.100.7", "2001:db8:1:2::7"
CALLS = (("ListHolders", {"performanceId": 0}), ("EndHold", {"performanceId": 0, "holdId": "0" * 26}),
         ("BarBuyer", {"organiserId": 0, "kind": "BAR_KIND_ADDRESS", "value": HERE, "reason": "x"}),
         ("EndBar", {"organiserId": 0, "barId": 1}), ("ListBarred", {"organiserId": 0}))


class Hall:
    """A server behind a proxy, and its people, who are somewhere."""

    def __init__(self, world):
        self.world = world
        self.server = Server(world.usher, "--trusted-proxy", "127.0.0.1/32", "--issuer", "https://usher.example",
                             demo=False, whole=False, rest="1s")

    def call(self, method, message, token=None, source=None, service=TICKET):
        return self.server.ask_from(source, method, message, token, service)

    def guest(self, source):
        return self.call("CreateGuest", {}, None, source, AUTH)

    def organiser(self, name):
        """Its number, a token that manages for it, and a performance that is open."""
        made = self.call("CreateOrganiser", {"name": name, "ownerEmail": f"{name.lower()}@example.org"}, self.server.operator_key, None, AUTH)["organiserId"]
        token = self.call("CreateApiToken", {"organiserId": made, "name": "x", "role": "ROLE_MANAGER"},
                          self.server.operator_key, None, AUTH)["token"]
        hall = self.call("GenerateHall", {"name": name, "capacity": 500}, token)
        prices = [{"category": i, "amount": "1000"} for i in range(len(hall["categories"]))]
        event = self.call("CreateEvent", {"name": name, "performance": {
            "hallId": hall["hallId"], "startsAtMs": str(int(time.time() * 1000) + 86400000), "prices": prices,
            "restMs": 1000}}, token)
        performance = event["performances"][0]["performanceId"]
        self.call("OpenSale", {"performanceId": performance}, token)
        return made, token, performance


def told(answer):
    assert isinstance(answer, dict), answer
    return answer


def is_seen_and_ended(hall, token, performance):
    many, few = hall.guest(HERE), hall.guest(THERE)
    holds = [told(hall.call("HoldBest", {"performanceId": performance, "party": n}, many["token"], HERE)) for n in (3, 2)]
    told(hall.call("HoldBest", {"performanceId": performance, "party": 1}, few["token"], THERE))
    seen = told(hall.call("ListHolders", {"performanceId": performance}, token))
    assert seen["counts"]["held"] == 6, seen
    assert [(h["accountId"], h["held"], h["places"]) for h in seen["holders"]] == \
        [(many["accountId"], 5, 5), (few["accountId"], 1, 1)], seen
    assert {hold["address"] for holder in seen["holders"] for hold in holder["holds"]} == {HERE, THERE}, seen
    assert sorted(len(hold["labels"]) for hold in seen["holders"][0]["holds"]) == [2, 3]
    one = told(hall.call("ListHolders", {"performanceId": performance, "pageSize": 1}, token))["holders"]
    assert [h["accountId"] for h in one] == [many["accountId"]] and len(one[0]["holds"]) == 1, one
    first = holds[0]["holdId"]
    assert told(hall.call("EndHold", {"performanceId": performance, "holdId": first}, token)) == {"placeCount": 3}
    assert hall.call("EndHold", {"performanceId": performance, "holdId": first}, token) == "HOLD_NOT_FOUND"
    ordered = {"performanceId": performance, "holdId": first, "paymentMethod": "PAYMENT_METHOD_BOX_OFFICE"}
    assert hall.call("PlaceOrder", ordered, many["token"], HERE) == "HOLD_NOT_FOUND"
    wish = {"performanceId": performance, "party": 1}
    assert hall.call("HoldBest", wish, many["token"], HERE) == "HOLD_TOO_EARLY"
    # What he still holds he may buy, until he is barred; what he bought stays his.
    return many, holds[1]["holdId"], few


def is_barred(hall, organiser, token, performance, many, hold, few):
    bar = {"organiserId": organiser, "kind": "BAR_KIND_ACCOUNT", "value": many["accountId"], "reason": "resells"}
    for wrong in ({"value": "nobody"}, {"kind": "BAR_KIND_UNSPECIFIED"}, {"reason": ""}, {"untilMs": "1"},
                  {"kind": "BAR_KIND_ADDRESS", "value": "127.0.0.1"}):
        assert hall.call("BarBuyer", {**bar, **wrong}, token) == "BAD_ARGUMENT", wrong
    made = told(hall.call("BarBuyer", bar, token))
    ordered = {"performanceId": performance, "holdId": hold, "paymentMethod": "PAYMENT_METHOD_BOX_OFFICE"}
    wish = {"performanceId": performance, "party": 1}
    assert hall.call("PlaceOrder", ordered, many["token"], HERE) == "BARRED"
    assert hall.call("HoldBest", wish, many["token"], HERE) == "BARRED"
    assert [h["barred"] for h in told(hall.call("ListHolders", {"performanceId": performance}, token))["holders"]
            if h["accountId"] == many["accountId"]] == [True]
    # An IPv6 address is its caller's /64.
    net = told(hall.call("BarBuyer", {**bar, "kind": "BAR_KIND_ADDRESS", "value": THERE}, token))
    assert net["value"] == "2001:db8:1:2::/64", net
    assert hall.call("HoldBest", wish, few["token"], "2001:db8:1:2::99") == "BARRED"
    told(hall.call("HoldBest", wish, few["token"], "2001:db8:1:3::99"))
    assert [b["value"] for b in told(hall.call("ListBarred", {"organiserId": organiser}, token))["bars"]] == \
        [many["accountId"], "2001:db8:1:2::/64"]
    told(hall.call("EndBar", {"organiserId": organiser, "barId": made["barId"]}, token))
    assert hall.call("EndBar", {"organiserId": organiser, "barId": made["barId"]}, token) == "NOT_FOUND"
    told(hall.call("PlaceOrder", ordered, many["token"], HERE))
    return net["barId"]


def is_barred_from_the_line(hall, organiser, token, performance):
    person = hall.guest(HERE)
    sale = told(hall.call("CreateSale", {"name": "Night", "performanceIds": [performance], "guests": True}, token,
                          None, LINE))["saleId"]
    bar = {"organiserId": organiser, "kind": "BAR_KIND_ADDRESS", "value": "198.51.100.0/24", "reason": "a farm"}
    made = told(hall.call("BarBuyer", bar, token))
    join = lambda: hall.call("Join", {"saleId": sale}, person["token"], HERE, LINE)  # noqa: E731
    wait_until(lambda: join() == "BARRED", "the line knows of the bar")
    told(hall.call("EndBar", {"organiserId": organiser, "barId": made["barId"]}, token))
    wait_until(lambda: join() != "BARRED", "the line knows of its end")


def hoarders_are_seen_and_barred(world):
    hall = Hall(world)
    try:
        one, token, performance = hall.organiser("One")
        other, other_token, other_performance = hall.organiser("Other")
        many, hold, few = is_seen_and_ended(hall, token, performance)
        kept = is_barred(hall, one, token, performance, many, hold, few)
        is_barred_from_the_line(hall, one, token, performance)
        # Nobody but who manages for the organiser: not a buyer, not another organiser; and its bars are its own.
        for method, message in CALLS:
            message = {key: {"performanceId": performance, "organiserId": one}.get(key, value) for key, value in message.items()}
            assert hall.call(method, message, other_token) == "permission_denied", method
            assert hall.call(method, message, few["token"], THERE) == "permission_denied", method
            assert hall.call(method, message) == "unauthenticated", method
        told(hall.call("HoldBest", {"performanceId": other_performance, "party": 1}, few["token"], THERE))
        assert hall.call("EndBar", {"organiserId": other, "barId": kept}, other_token) == "NOT_FOUND"
        acts = [act["what"] for act in told(hall.call("ListActs", {"pageSize": 100}, hall.server.operator_key, None, AUTH))["acts"]]
        assert acts.count("hold.end") == 2 and acts.count("bar") == 3 and acts.count("bar.end") == 2, acts
        commands(hall, one, performance)
        hall.server.terminate()
    finally:
        hall.server.kill()


def commands(hall, organiser, performance):
    """The same by the words of the operator."""
    world, server = hall.world, hall.world.server
    world.server = hall.server
    try:
        seen = world.command("event", "holders", str(performance))
        assert "places are held" in seen, seen
        hold = json.loads(world.command("event", "holders", str(performance), "--json"))["holders"][0]["holds"][0]["holdId"]
        assert "the hold is over" in world.command("event", "unhold", str(performance), "--hold", hold)
        team = ("--organiser", str(organiser))
        assert "192.0.2.0/24" in world.command("organiser", "bar", "192.0.2.0/24", "--reason", "a farm", "--until", "+2h", *team)
        listed = world.command("organiser", "barred", *team)
        assert "a farm" in listed and "2001:db8:1:2::/64" in listed, listed
        for bar in json.loads(world.command("organiser", "barred", "--json", *team))["bars"]:
            world.command("organiser", "unbar", str(bar["barId"]), *team)
        assert "nobody is barred" in world.command("organiser", "barred", *team)
    finally:
        world.server = server


CHECKS = [hoarders_are_seen_and_barred]
