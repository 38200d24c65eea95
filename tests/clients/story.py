"""What a client must be able to do, told once for every client that is driven from Python.

A client has call(method, message, token=, timeout=, service=), watch(message, timeout=) -> updates, which can
be cancelled, and many(method, [(message, token)]) -> answers, all under way together. Messages are the JSON
form of protobuf, with every field present in what comes. A call that failed raises Failed.
"""
import base64
import hashlib
import json
import threading
import time

SALE = 1  # the demo's performance
BOX_OFFICE = "PAYMENT_METHOD_BOX_OFFICE"
PLAN = {
    "name": "Two rows", "categories": [{"name": "One price", "color": "#2a6fdb"}], "size": {"width": 400, "height": 300},
    "zones": [{"name": "Front", "position": {"x": 20, "y": 20}, "rows": [
        {"row_number": row, "position": {"x": 0, "y": 30 * i}, "seats": [
            {"seat_number": str(k + 1), "seat_guid": f"{row}{k}", "position": {"x": 25 * k, "y": 0},
             "category": "One price"} for k in range(5)]}
        for i, row in enumerate("AB")], "areas": []}],
}


class Failed(Exception):
    """A call that ended in an error: its code by Connect's name, and its ErrorDetail as JSON, {} without one."""

    def __init__(self, code, message, detail=None):
        super().__init__(f"{code}: {message} {detail or ''}")
        self.code, self.message, self.detail = code, message, detail or {}


def equal(found, wanted, what):
    assert found == wanted, f"{what} is {found!r}, not {wanted!r}"


def refused(code, reason, call, *args, **more):
    """Calls, and is content only with this error; returns its detail."""
    try:
        answer = call(*args, **more)
    except Failed as failed:
        equal(failed.code, code, f"the code of {failed}")
        equal(failed.detail.get("reason", ""), reason, f"the reason of {failed}")
        assert failed.message, "an error without a sentence"
        return failed.detail
    raise AssertionError(f"{code} {reason} was to be the answer, not {str(answer)[:200]}")


def states_of(snapshot):
    """Seat states of a snapshot, a list of 0, 1, 2."""
    packed = base64.b64decode(snapshot["states"])
    return [packed[i // 4] >> 2 * (i % 4) & 3 for i in range(snapshot["placeCount"])]


class Watcher:
    """Follows a stream of updates, and insists that none is missing."""

    def __init__(self, client, **more):
        self.updates = client.watch({"performanceId": SALE}, **more)
        self.states, self.version, self.seen, self.snapshots = None, -1, 0, 0

    def next(self):
        update = next(self.updates)
        version = int(update["version"])
        self.seen += 1
        if update.get("snapshot"):
            self.states = states_of(update["snapshot"])
            self.snapshots += 1
        else:
            equal(int(update["delta"]["fromVersion"]), self.version, "the version a delta begins at")
            for change in update["delta"].get("changes", []):
                self.states[change >> 2] = change & 3
        assert version >= self.version, f"version {version} after {self.version}"
        self.version = version
        counts = {s: self.states.count(i) for i, s in enumerate(("free", "held", "sold"))}
        equal({s: update["counts"][s] for s in counts}, counts, "what is counted")

    def until_version(self, version):
        while self.version < version:
            self.next()

    def cancel(self):
        self.updates.cancel()


class Story:
    """The checks, in the order of the class's methods; a fresh server's demo is theirs alone."""

    def __init__(self, client, operator_key, crowd):
        self.client, self.operator_key, self.crowd = client, operator_key, crowd

    def checks(self):
        """(name, test) of every check."""
        for name, test in vars(Story).items():
            if name.startswith("check_"):
                yield name[len("check_"):].replace("_", "-"), getattr(self, name)

    def guest(self):
        return self.client.call("CreateGuest", {}, service="usher.v1.AuthService")["token"]

    def hold(self, token, seats, **more):
        return self.client.call("HoldSeats", {"performanceId": SALE, "seats": seats, **more}, token=token)

    def version_now(self):
        return int(self.client.call("GetPerformance", {"performanceId": SALE})["version"])

    def free_seats(self, count):
        """As many free neighbours, far from what HoldBest likes."""
        watcher = Watcher(self.client)
        watcher.until_version(self.version_now())  # a watcher may be 100 ms behind
        watcher.cancel()
        for first in range(len(watcher.states) - count, 0, -1):
            if not any(watcher.states[first:first + count]):
                return list(range(first, first + count))
        raise AssertionError("no free seats")

    def check_health(self):
        health = "grpc.health.v1.Health"
        for service in ("", "usher.v1.TicketService", "usher.v1.AuthService"):
            equal(self.client.call("Check", {"service": service}, service=health)["status"], "SERVING", service)
        refused("not_found", "", self.client.call, "Check", {"service": "no.such.Service"}, service=health)
        watch = self.client.watch({"service": ""}, method="Watch", service=health)
        equal(next(watch)["status"], "SERVING", "the status that is watched")
        watch.cancel()

    def check_guest(self):
        one, other = (self.client.call("CreateGuest", {}, service="usher.v1.AuthService") for _ in range(2))
        assert one["token"] != other["token"] and one["accountId"] != other["accountId"], "two guests are one"
        assert int(one["expiresAtMs"]) > 1.6e12, one["expiresAtMs"]

    def check_catalog(self):
        events = self.client.call("ListEvents", {})["events"]
        performance = self.client.call("GetPerformance", {"performanceId": SALE})
        equal(events[0]["performances"][0]["performanceId"], SALE, "the first performance")
        equal(performance["saleState"], "SALE_STATE_OPEN", "the sale")
        equal(performance["eventName"], events[0]["name"], "the event's name")
        equal(sum(performance["counts"].values()), performance["hall"]["placeCount"], "free, held and sold together")
        refused("not_found", "NOT_FOUND", self.client.call, "GetPerformance", {"performanceId": 999})

    def check_seat_map(self):
        hall = self.client.call("GetPerformance", {"performanceId": SALE})["hall"]
        layout = self.client.call("GetSeatMap", {"layoutHash": hall["layoutHash"]})
        equal(layout["placeCount"], hall["placeCount"], "places")
        seats = sum(len(row["numbers"]) for section in layout["sections"] for row in section["rows"])
        equal(seats, hall["placeCount"], "seats of all rows")
        packed = self.client.packed("GetSeatMap", {"layoutHash": hall["layoutHash"]})
        if packed is not None:
            equal(hashlib.sha256(packed).hexdigest(), hall["layoutHash"], "the layout's hash")
        refused("not_found", "NOT_FOUND", self.client.call, "GetSeatMap", {"layoutHash": "0" * 64})

    def check_watch(self):
        watcher = Watcher(self.client)
        watcher.next()
        equal(watcher.snapshots, 1, "snapshots at first")
        token = self.guest()
        seats = self.free_seats(3)
        hold = self.hold(token, seats)
        watcher.until_version(int(hold["version"]))
        equal([watcher.states[s] for s in seats], [1, 1, 1], "what the watcher sees of the hold")
        answer = self.client.call("ReleaseHold", {"performanceId": SALE, "holdId": hold["holdId"]}, token=token)
        watcher.until_version(int(answer["version"]))
        equal([watcher.states[s] for s in seats], [0, 0, 0], "what the watcher sees of the release")
        equal(watcher.snapshots, 1, "snapshots in all")
        watcher.cancel()
        self.check_guest()

    def check_watch_of_nothing(self):
        refused("not_found", "NOT_FOUND", lambda: next(self.client.watch({"performanceId": 999})))

    def check_hold_and_taken(self):
        *seats, beside = self.free_seats(3)
        hold = self.hold(self.guest(), seats)
        equal(sorted(s["seat"] for s in hold["seats"]), seats, "the seats held")
        equal(int(hold["total"]), sum(int(s["amount"]) for s in hold["seats"]), "the total")
        token = self.guest()
        detail = refused("aborted", "SEATS_TAKEN", self.hold, token, [seats[1], beside])
        equal(detail["seats"], [seats[1]], "the seats that are taken")
        assert len(detail["nearest"]) == 2 and seats[0] not in detail["nearest"], detail
        self.hold(token, detail["nearest"])

    def check_hold_best_and_release(self):
        token = self.guest()
        hold = self.client.call("HoldBest", {"performanceId": SALE, "party": 3}, token=token)
        seats = sorted(s["seat"] for s in hold["seats"])
        equal(seats, list(range(seats[0], seats[0] + 3)), "neighbours")
        wish = {"performanceId": SALE, "holdId": hold["holdId"]}
        refused("not_found", "HOLD_NOT_FOUND", self.client.call, "ReleaseHold", wish, token=self.guest())
        self.client.call("ReleaseHold", wish, token=token)
        refused("not_found", "HOLD_NOT_FOUND", self.client.call, "ReleaseHold", wish, token=token)
        other = self.client.call("HoldBest", {"performanceId": SALE, "party": 2, "category": 0}, token=token)
        equal([s["category"] for s in other["seats"]], [0, 0], "the category asked for")

    def check_limit(self):
        token = self.guest()
        self.client.call("HoldBest", {"performanceId": SALE, "party": 8}, token=token)
        refused("failed_precondition", "LIMIT_REACHED", self.client.call, "HoldBest",
                {"performanceId": SALE, "party": 1}, token=token)

    def check_order(self):
        token = self.guest()
        hold = self.client.call("HoldBest", {"performanceId": SALE, "party": 2}, token=token)
        wish = {"performanceId": SALE, "holdId": hold["holdId"], "paymentMethod": BOX_OFFICE}
        order = self.client.call("PlaceOrder", wish, token=token)
        equal(order["state"], "ORDER_STATE_CONFIRMED", "the order's state")
        equal(sorted(t["seat"] for t in order["tickets"]), sorted(s["seat"] for s in hold["seats"]), "the tickets")
        assert all(t["ticketCode"] for t in order["tickets"]), order
        performance = self.client.call("GetPerformance", {"performanceId": order["performanceId"]})
        equal((order["eventName"], order["hallName"], order["startsAtMs"]),
              (performance["eventName"], performance["hall"]["name"], performance["startsAtMs"]), "what a ticket says")
        equal(self.client.call("GetOrder", {"orderId": order["orderId"]}, token=token), order, "the order, asked for")
        equal(self.client.call("ListOrders", {}, token=token)["orders"], [order], "the account's orders")
        refused("not_found", "NOT_FOUND", self.client.call, "GetOrder", {"orderId": order["orderId"]}, token=self.guest())
        equal(self.client.call("CancelOrder", {"orderId": order["orderId"]}, token=token)["state"],
              "ORDER_STATE_CANCELLED", "cancelled")
        equal(self.client.call("CancelOrder", {"orderId": order["orderId"]}, token=token)["state"],
              "ORDER_STATE_CANCELLED", "cancelled again")
        self.hold(self.guest(), [s["seat"] for s in hold["seats"]])

    def check_same_key_same_answer(self):
        token, seats = self.guest(), self.free_seats(4)
        hold = self.hold(token, seats[:2], idempotencyKey="first")
        again = self.hold(token, seats[:2], idempotencyKey="first")
        assert int(again["expiresInMs"]) <= int(hold["expiresInMs"]), again  # which is counted from each answer
        equal({**again, "expiresInMs": hold["expiresInMs"]}, hold, "the hold, asked for again")
        refused("already_exists", "KEY_REUSED", self.hold, token, seats[2:], idempotencyKey="first")
        wish = {"performanceId": SALE, "holdId": hold["holdId"], "paymentMethod": BOX_OFFICE, "idempotencyKey": "second"}
        order = self.client.call("PlaceOrder", wish, token=token)
        equal(self.client.call("PlaceOrder", wish, token=token), order, "the order, placed again")
        # The answer above would come by the hold alone; that the key is known shows where the hold is another.
        other = self.hold(token, seats[2:])
        refused("already_exists", "KEY_REUSED", self.client.call, "PlaceOrder", {**wish, "holdId": other["holdId"]},
                token=token)
        # An order that is there is the answer under any key; that key is used by it from then on.
        wish["idempotencyKey"] = "third"
        equal(self.client.call("PlaceOrder", wish, token=token), order, "the order, placed again with another key")
        equal(self.client.call("PlaceOrder", wish, token=token), order, "and once more")
        refused("already_exists", "KEY_REUSED", self.client.call, "PlaceOrder", {**wish, "holdId": other["holdId"]},
                token=token)
        equal(self.client.call("ListOrders", {}, token=token)["orders"], [order], "the account's orders")

    def check_unauthenticated(self):
        wish = {"performanceId": SALE, "party": 1}
        for token in (None, "forged", self.guest()[:-2] + "AA"):
            refused("unauthenticated", "", self.client.call, "HoldBest", wish, token=token)

    def check_invalid_argument(self):
        token = self.guest()
        for method, message, field in (
                ("HoldSeats", {"performanceId": SALE}, "seats"),
                ("HoldSeats", {"performanceId": SALE, "seats": [4_000_000]}, "seats"),
                ("HoldSeats", {"performanceId": SALE, "seats": [7, 7]}, "seats"),
                ("HoldBest", {"performanceId": SALE, "party": 9}, "party"),
                ("HoldBest", {"performanceId": SALE, "party": 1, "category": 77}, "category"),
                ("HoldBest", {"performanceId": SALE, "party": 1, "idempotencyKey": "k" * 65}, "idempotency_key"),
                ("ListOrders", {"pageSize": 101}, "page_size")):
            equal(refused("invalid_argument", "BAD_ARGUMENT", self.client.call, method, message, token=token)["field"],
                  field, f"the field of {method} {message}")

    def check_unknown_method(self):
        refused("unimplemented", "", self.client.unknown, "usher.v1.TicketService", "NoSuchMethod")

    def check_unknown_service(self):
        refused("unimplemented", "", self.client.unknown, "usher.v1.NoSuchService", "HoldSeats")

    def check_deadline_of_a_stream(self):
        watcher = Watcher(self.client, timeout=0.5)
        watcher.next()

        def until_it_ends():
            while True:
                watcher.next()
        refused("deadline_exceeded", "", until_it_ends)

    def check_deadline_of_a_call(self):
        """A hall of 100,000 seats takes longer than this."""
        try:
            self.client.call("GenerateHall", {"name": "Late", "capacity": 100_000}, token=self.operator_key, timeout=0.02)
        except Failed as failed:
            equal(failed.code, "deadline_exceeded", "the code")
            return
        raise AssertionError("it was quicker than its deadline")

    def check_cancel_of_a_call(self):
        self.client.abandon("GenerateHall", {"name": "Given up", "capacity": 100_000}, self.operator_key)
        self.check_guest()

    def check_many_watchers_many_updates(self):
        """Every watcher ends with what a newcomer sees, and none misses a version."""
        watchers = [Watcher(self.client) for _ in range(self.crowd["watchers"])]
        token, version, failures = self.guest(), [None], []

        def follow(watcher):
            try:
                watcher.next()
                while version[0] is None or watcher.version < version[0]:
                    watcher.next()
            except Exception as error:  # told below, by the main thread
                failures.append(error)
        threads = [threading.Thread(target=follow, args=(watcher,), daemon=True) for watcher in watchers]
        for thread in threads:
            thread.start()
        seats = self.free_seats(4)
        for _ in range(self.crowd["updates"]):
            hold = self.hold(token, seats)
            self.client.call("ReleaseHold", {"performanceId": SALE, "holdId": hold["holdId"]}, token=token)
        # One more change after the version is known, so that everyone hears something later than it.
        version[0] = int(hold["version"])
        self.hold(token, seats)
        for thread in threads:
            thread.join(30)
        assert not failures, failures[0]
        assert not any(t.is_alive() for t in threads), "a watcher waits for ever"
        final, newcomer = self.version_now(), Watcher(self.client)
        newcomer.until_version(final)
        for watcher in watchers:
            watcher.until_version(final)
            equal(watcher.states, newcomer.states, "what a watcher ended with")
            watcher.cancel()
        newcomer.cancel()

    def check_five_thousand_messages(self):
        """Change after change, each waited for by all, so that none can be merged into the next."""
        watchers = [Watcher(self.client, timeout=120) for _ in range(self.crowd["streams"])]
        token, seats = self.guest(), self.free_seats(1)
        while sum(w.seen for w in watchers) < self.crowd["messages"]:
            hold = self.hold(token, seats)
            for watcher in watchers:
                watcher.until_version(int(hold["version"]))
                equal(watcher.states[seats[0]], 1, "the seat that is held")
            wish = {"performanceId": SALE, "holdId": hold["holdId"]}
            version = int(self.client.call("ReleaseHold", wish, token=token)["version"])
            for watcher in watchers:
                watcher.until_version(version)
                equal(watcher.states[seats[0]], 0, "the seat that is free again")
        for watcher in watchers:
            equal(watcher.snapshots, 1, "snapshots of a reader that keeps up")
            watcher.cancel()

    def check_slow_reader(self):
        """Reads nothing while much changes, then all that is there: no gap, and the latest state."""
        slow, token = Watcher(self.client), self.guest()
        slow.next()
        for _ in range(30):
            hold = self.client.call("HoldBest", {"performanceId": SALE, "party": 8}, token=token)
            wish = {"performanceId": SALE, "holdId": hold["holdId"]}
            version = int(self.client.call("ReleaseHold", wish, token=token)["version"])
        slow.until_version(version)
        slow.cancel()

    def check_five_megabytes(self):
        token = self.guest()
        large = {"performanceId": SALE, "party": 1, "idempotencyKey": "k" * 5_000_000}
        refused("resource_exhausted", "", self.client.call, "HoldBest", large, token=token)
        self.client.call("HoldBest", {"performanceId": SALE, "party": 1}, token=token)

    def check_organiser_only(self):
        buyer = self.guest()
        for method, message in (("ListHalls", {}), ("GetSaleReport", {"performanceId": SALE}),
                                ("GenerateHall", {"name": "x", "capacity": 500}), ("ImportHall", {"name": "x"}),
                                ("CreateEvent", {"name": "x"}), ("PauseSale", {"performanceId": SALE})):
            refused("unauthenticated", "", self.client.call, method, message)
            refused("permission_denied", "", self.client.call, method, message, token=buyer)

    def organise(self, method, **message):
        return self.client.call(method, message, token=self.operator_key)

    def check_organiser_sells(self):
        """From a plan to a sale, paused and reported."""
        plan = base64.b64encode(json.dumps(PLAN).encode()).decode()
        hall = self.organise("ImportHall", name="Small hall", plan=plan)
        equal((hall["name"], hall["placeCount"], hall["sectionCount"]), ("Small hall", 10, 1), "the hall")
        event = self.organise("CreateEvent", name="Evening", description="Two rows")
        performance = self.organise("CreatePerformance", eventId=event["eventId"], hallId=hall["hallId"],
                                    startsAtMs="1900000000000", utcOffsetMinutes=-300, currency="EUR",
                                    prices=[{"category": 0, "amount": "4500"}])
        sale, buyer = performance["performanceId"], self.guest()
        equal(performance["saleState"], "SALE_STATE_DRAFT", "the sale at first")
        equal(performance["utcOffsetMinutes"], -300, "the hall's clock")
        wish = {"performanceId": sale, "seats": [0, 1]}
        refused("not_found", "NOT_FOUND", self.client.call, "HoldSeats", wish, token=buyer)
        equal(self.organise("PublishEvent", eventId=event["eventId"])["state"], "EVENT_STATE_PUBLISHED", "the event, shown")
        refused("failed_precondition", "SALE_NOT_OPEN", self.client.call, "HoldSeats", wish, token=buyer)
        equal(self.organise("OpenSale", performanceId=sale)["saleState"], "SALE_STATE_OPEN", "the sale, opened")
        hold = self.client.call("HoldSeats", wish, token=buyer)
        equal((hold["total"], hold["currency"]), ("9000", "EUR"), "what it costs")
        equal(hold["seats"][0]["label"], "Front, row A, seat 1", "the label")
        equal(self.organise("PauseSale", performanceId=sale)["saleState"], "SALE_STATE_PAUSED", "the sale, paused")
        refused("failed_precondition", "SALE_NOT_OPEN", self.client.call, "HoldSeats",
                {"performanceId": sale, "seats": [2]}, token=buyer)
        order = self.client.call("PlaceOrder", {"performanceId": sale, "holdId": hold["holdId"],
                                                "paymentMethod": BOX_OFFICE}, token=buyer)
        equal(order["utcOffsetMinutes"], -300, "the hall's clock, on the order")
        report = self.organise("GetSaleReport", performanceId=sale)
        equal((report["counts"]["sold"], report["soldTotal"], report["orderCount"]), (2, "9000", 1), "the report")
        self.nothing_is_sold_after_the_start(sale, buyer, order)

    def nothing_is_sold_after_the_start(self, sale, buyer, order):
        """Nor given back; what was done is answered still; and where the start is moved, it sells again."""
        self.organise("OpenSale", performanceId=sale)
        wish = {"performanceId": sale, "seats": [2], "idempotencyKey": "before"}
        hold = self.client.call("HoldSeats", wish, token=buyer)
        bought = {"performanceId": sale, "holdId": order["orderId"], "paymentMethod": BOX_OFFICE}
        buys = {"performanceId": sale, "holdId": hold["holdId"], "paymentMethod": BOX_OFFICE}
        past = {"performanceId": sale, "startsAtMs": str(int(time.time() * 1000) - 1)}
        refused("failed_precondition", "SALE_OPEN", self.client.call, "UpdatePerformance", past, token=self.operator_key)
        soon = int(time.time() * 1000) + 300
        self.organise("UpdatePerformance", performanceId=sale, startsAtMs=str(soon))
        while time.time() * 1000 <= soon:
            time.sleep(0.02)
        for method, message in (("HoldSeats", {"performanceId": sale, "seats": [4]}), ("PlaceOrder", buys),
                                ("HoldBest", {"performanceId": sale, "party": 1}), ("CancelOrder", {"orderId": order["orderId"]})):
            refused("failed_precondition", "PERFORMANCE_BEGUN", self.client.call, method, message, token=buyer)
        equal(self.client.call("HoldSeats", wish, token=buyer)["holdId"], hold["holdId"], "the hold, asked for again")
        equal(self.client.call("PlaceOrder", bought, token=buyer)["state"], "ORDER_STATE_CONFIRMED", "the order, asked for again")
        self.organise("UpdatePerformance", performanceId=sale, startsAtMs="1900000000000")
        equal(self.client.call("PlaceOrder", buys, token=buyer)["state"], "ORDER_STATE_CONFIRMED", "an order before the new start")
        equal(self.client.call("CancelOrder", {"orderId": order["orderId"]}, token=buyer)["state"], "ORDER_STATE_CANCELLED",
              "given back before the new start")

    def check_wrong_plans(self):
        """Each names its place, and no hall comes of it."""
        before = self.organise("ListHalls")
        holed = json.loads(json.dumps(PLAN))
        holed["zones"][0]["rows"][1]["seats"][2]["category"] = "Unknown"
        for plan, place in ((b"", "plan"), (b"{", "line"), (b"[]", ""), (json.dumps(holed).encode(), "rows[1]")):
            try:
                self.organise("ImportHall", name="Wrong", plan=base64.b64encode(plan).decode())
            except Failed as failed:
                equal((failed.code, failed.detail.get("reason")), ("invalid_argument", "BAD_ARGUMENT"), f"{plan!r}")
                assert place in failed.message, f"{failed} does not say {place}"
            else:
                raise AssertionError(f"{plan!r} was imported")
        equal(self.organise("ListHalls"), before, "the halls")

    def check_crowd(self):
        """All at once: guests, then the best seat for each of them until no seat is left."""
        number = self.crowd["calls"]
        guests = self.client.many("CreateGuest", [({}, None)] * number, service="usher.v1.AuthService")
        assert not [g for g in guests if isinstance(g, Failed)], guests[0]
        equal(len({g["accountId"] for g in guests}), number, "guests")
        before = self.client.call("GetPerformance", {"performanceId": SALE})["counts"]
        party = 2 if number > 500 else 1
        wish = {"performanceId": SALE, "party": party, "apart": True}
        holds = self.client.many("HoldBest", [(wish, g["token"]) for g in guests])
        got = [h for h in holds if not isinstance(h, Failed)]
        codes = {(h.code, h.detail.get("reason")) for h in holds if isinstance(h, Failed)}
        assert codes <= {("aborted", reason) for reason in ("NO_ADJACENT_SEATS", "ALL_HELD", "SOLD_OUT")}, codes
        seats = [s["seat"] for h in got for s in h["seats"]]
        equal(len(set(seats)), len(seats), "seats given once")
        equal(len(got), min(number, before["free"] // party), "holds")
        after = self.client.call("GetPerformance", {"performanceId": SALE})["counts"]
        equal(after["free"], before["free"] - len(seats), "free seats")

    def check_at_last_a_normal_call(self):
        self.check_guest()
        self.check_catalog()
