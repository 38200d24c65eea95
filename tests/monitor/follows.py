"""Sale events of all three kinds, out of a sale with a line and with money whose server is killed in its middle: what the store has stands in
the window and in OpenSearch once each."""
import base64
import json
import os
import shutil
import sqlite3
from contextlib import closing

from server import wait_until
from shop import DONE, Buyer, Shop, fetch

LINE, MONITOR, TICKET = "usher.v1.WaitroomService", "usher.v1.MonitorService", "usher.v1.TicketService"
SUMMED = {2: "entered_the_draw", 3: "left_the_draw", 6: "joined"}
# Behind kind and time, of each kind: docs/internals/line.md.
LENGTHS = {1: 0, 2: 16, 3: 16, 4: 68, 5: 0, 6: 20, 7: 4, 8: 8, 9: 5, 10: 8, 11: 9, 12: 0, 13: 0, 14: 1, 15: 36, 16: 36}


class FollowedShop(Shop):
    def __init__(self, elastic):
        self.elastic = elastic
        super().__init__()

    def options(self):
        return [*super().options(), "--elastic", self.elastic]

    def close(self):
        self.server.kill()
        self.psp.die()
        shutil.rmtree(os.path.dirname(self.server.data), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)


class InLine(Buyer):
    """Joins, and comes in when it is called; then buys as any buyer."""

    def __init__(self, shop, sale, performance):
        self.sale, self.admission = sale, None
        super().__init__(shop, performance, seats=1)

    def take(self, count, seats=None):
        assert "number" in self.ask("Join", {"saleId": self.sale}, LINE)
        self.admission = wait_until(lambda: self.ask("Enter", {"saleId": self.sale}, LINE).get("pass"), "one's turn")
        return super().take(count, seats)

    def ask(self, method, message, service="usher.v1.PaymentService"):
        headers = {"content-type": "application/json", "authorization": "Bearer " + self.token}
        if self.admission:
            headers["usher-pass"] = self.admission
        return json.loads(fetch(self.shop.server.address, "POST", f"/{service}/{method}", json.dumps(message), headers)[2])


def line_entries(body):
    """The kinds of a row's entries, in order."""
    at = 0
    while at < len(body):
        yield body[at]
        at += 7 + LENGTHS[body[at]]


def in_store(shop):
    """{id: (action, how many)} of all that the store has of lines and payments."""
    expected = {}
    with closing(sqlite3.connect(f"file:{shop.server.data}/usher.db?mode=ro", uri=True)) as db:
        for sale, seq, body in db.execute("SELECT sale_id, seq, body FROM line_row"):
            kinds = list(line_entries(body))
            for index, kind in enumerate(kinds):
                if kind not in SUMMED:
                    expected[f"line-{sale}-{seq}-{index}"] = ("line", None)
                elif index == kinds.index(kind):
                    expected[f"line-{sale}-{seq}-{index}"] = ("line." + SUMMED[kind], kinds.count(kind))
        for number, what, amount in db.execute("SELECT event_id, what, amount FROM payment_event"):
            expected[f"payment-{number}"] = ("payment." + what, amount or None)
    return expected


def compared(events):
    """The same of events, each of which is there once."""
    found = {}
    for event in events:
        dataset, action, name = event["event.dataset"], event["event.action"], event["event.id"]
        if dataset == "usher.sale":
            continue
        assert name not in found, f"{name} is there twice"
        summed = "usher.places" in event
        assert dataset in ("usher.line", "usher.payment") and action.startswith(dataset.removeprefix("usher.")), event
        assert "account" not in json.dumps(event), event
        if dataset == "usher.payment":
            assert event["usher.payment"] and event["usher.provider"] and event["usher.currency"] and event["usher.hold"], event
        found[name] = (action, event.get("usher.total")) if dataset == "usher.payment" else \
            (action if summed else "line", event.get("usher.places"))
    return found


def in_window(shop):
    events, before = [], 0
    while True:
        page = shop.operator("SearchRecords", {"stream": "RECORD_STREAM_EVENTS", "pageSize": 500, "beforeNumber": before},
                             MONITOR).get("records", [])
        if not page:
            return compared(events)
        events += [json.loads(base64.b64decode(record["json"])) for record in page]
        before = page[-1]["number"]


def in_search(search):
    search.ask("POST", "/usher-events*/_refresh")
    answer = search.ask("POST", "/usher-events*/_search", {"size": 5000, "query": {"terms": {
        "event.dataset": ["usher.line", "usher.payment"]}}})
    return compared(hit["_source"] for hit in answer["hits"]["hits"])


def sum_of(events, action):
    return sum(count for name, count in events.values() if name == action)


def follows_line_and_money(search):
    shop = FollowedShop(search.url)
    try:
        performance = shop.make_performance(hold_ms=120000)
        sale = shop.operator("CreateSale", {"name": "Night", "performanceIds": [performance], "guests": True,
                                            "capacityMin": 3, "capacityMax": 3}, LINE)["saleId"]
        first, second = InLine(shop, sale, performance), InLine(shop, sale, performance)
        assert first.pay()["state"] == DONE and second.pay()["state"] == DONE
        assert first.refund()["refundId"]
        shop.server.die()
        shop.again()
        third = InLine(shop, sale, performance)
        assert third.pay()["state"] == DONE
        for _ in range(7):
            guest = shop.server.ask("CreateGuest", {}, "usher.v1.AuthService")["token"]
            assert shop.server.ask("Join", {"saleId": sale}, LINE, guest)["number"]
        wait_until(lambda: in_window(shop) == in_store(shop), "all that the store has in the window", 60)
        wait_until(lambda: in_search(search) == in_store(shop), "all that the store has in the search", 60)
        events = in_window(shop)
        assert sum_of(events, "line.joined") == 10, events
        assert {"payment.attempt", "payment.state", "payment.call", "payment.refund"} <= {name for name, _ in events.values()}
        # The ledgers by themselves: an answer ends where it is told to, and nobody else reads them.
        rows = shop.operator("ReadLine", {"saleId": sale, "fromSeq": 2, "rowsMax": 2}, LINE)["rows"]
        assert [row["seq"] for row in rows] == ["2", "3"] and rows[0]["hash"] == rows[1]["prevHash"], rows
        told = shop.operator("ReadPaymentEvents", {"after": 1, "eventsMax": 2}, "usher.v1.PaymentService")["events"]
        assert [event["eventId"] for event in told] == ["2", "3"], told
        for method, service in (("ReadLine", LINE), ("ReadPaymentEvents", "usher.v1.PaymentService")):
            assert third.ask(method, {}, service)["code"] == "permission_denied", method
    finally:
        shop.close()
