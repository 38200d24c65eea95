"""Tickets that were let in at the door: whoever used one does not get his money for it, unless the organiser wants so."""
import sqlite3
import subprocess
import time

from server import wait_until
from shop import DONE, PAYMENT, REFUNDED, USHER, Buyer

TICKET, DOOR = "usher.v1.TicketService", "usher.v1.DoorService"


def reason(answer):
    return answer["details"][0]["debug"]["reason"] if "details" in answer else answer.get("code", answer)


def codes(buyer):
    orders = buyer.ask("GetTicketCodes", {"orderId": buyer.order()["orderId"]}, DOOR)
    return {t.get("seat", 0): t["signedCode"] for t in orders["tickets"]}


def come_in(shop, code, nonce, performance=1, **more):
    answer = shop.operator("CheckIn", {"code": code, "performanceId": performance, "nonce": nonce, "gate": "A", **more}, DOOR)
    return answer["result"].rsplit("RESULT_", 1)[1]


def usher(shop, *words, code=0):
    done = subprocess.run([USHER, *words, "--url", f"http://{shop.listen}", "--data", shop.server.data],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr


def not_given_back(shop):
    """One of two came in, and out again: it is not given back, the other one is; the organiser can, where he says so."""
    buyer = Buyer(shop)
    order = buyer.pay()["order"]["orderId"]
    used, other = buyer.seats
    code = codes(buyer)[used]
    assert come_in(shop, code, "used-1") == "OK"
    assert come_in(shop, code, "used-2", direction="DIRECTION_OUT") == "OK"
    preview = buyer.ask("PreviewRefund", {"orderId": order})
    assert preview["reason"] == "TICKET_USED" and preview["usedSeats"] == [used], preview
    assert "refund" not in preview, preview
    for wish in ({}, {"seats": [used]}, {"seats": [used], "evenUsed": True}):
        refused = buyer.refund(**wish)
        assert reason(refused) == "TICKET_USED", refused
        assert refused["details"][0]["debug"]["seats"] == [used], refused
    assert buyer.cancels() == [] and len(buyer.order()["tickets"]) == 2
    assert buyer.refund(seats=[other])["state"] == "REFUND_STATE_DONE"
    assert reason(shop.operator("RefundOrder", {"orderId": order}, PAYMENT)) == "TICKET_USED"
    assert shop.operator("PreviewRefund", {"orderId": order, "evenUsed": True}, PAYMENT)["possible"]
    said = usher(shop, "order", "refund", order, code=1)
    assert "let in" in said and "--even-used" in said, said
    assert "given back" in usher(shop, "order", "refund", order, "--even-used")
    buyer.until(REFUNDED)
    assert come_in(shop, code, "used-3") == "CANCELED"
    story = buyer.ask("GetMoneyStory", {"orderId": order})
    assert "even used" in story["refunds"][1]["reason"], story["refunds"]
    assert "even used" in usher(shop, "order", "show", order)
    assert Buyer(shop, taking=[used]).pay()["state"] == DONE, "it is for sale again"


def box_office_orders(shop):
    """The same of what is paid, or given, at the box office."""
    buyer = Buyer(shop)
    order = buyer.ask("PlaceOrder", {"performanceId": 1, "holdId": buyer.hold["holdId"],
                                     "paymentMethod": "PAYMENT_METHOD_BOX_OFFICE"}, TICKET)["orderId"]
    tickets = buyer.ask("GetTicketCodes", {"orderId": order}, DOOR)["tickets"]
    used, code = tickets[0].get("seat", 0), tickets[0]["signedCode"]
    assert come_in(shop, code, "box-1") == "OK"
    for wish in ({}, {"seats": [used]}, {"evenUsed": True}):
        refused = buyer.ask("CancelOrder", {"orderId": order, **wish}, TICKET)
        assert reason(refused) == "TICKET_USED" and refused["details"][0]["debug"]["seats"] == [used], refused
    left = buyer.ask("CancelOrder", {"orderId": order, "seats": [buyer.seats[1]]}, TICKET)
    assert [t.get("seat", 0) for t in left["tickets"]] == [used], left
    assert "let in" in usher(shop, "order", "cancel", order, code=1)
    assert "cancelled" in usher(shop, "order", "cancel", order, "--even-used")
    assert come_in(shop, code, "box-2") == "CANCELED"


def told_late(shop):
    """A door without the network lets in a ticket that was given back meanwhile: that is told, and the audit knows why."""
    buyer = Buyer(shop)
    order = buyer.pay()["order"]["orderId"]
    seat = buyer.seats[0]
    code = codes(buyer)[seat]
    at = int(time.time() * 1000)
    assert buyer.refund(seats=[seat])["state"] == "REFUND_STATE_DONE"
    scan = {"code": code, "nonce": "late-1", "gate": "B", "device": "phone", "atMs": str(at)}
    told = shop.operator("UploadScans", {"performanceId": 1, "scans": [scan]}, DOOR)["results"][0]
    assert told["result"] == "CHECK_IN_RESULT_CANCELED", told
    late = [one for one in shop.operator("ListDoubleEntries", {"performanceId": 1}, DOOR)["voids"] if one["orderId"] == order]
    assert len(late) == 1 and late[0].get("seat", 0) == seat and late[0]["scan"]["gate"] == "B", late
    assert int(late[0]["givenBackAtMs"]) >= at, late
    kept = shop.operator("ListScans", {"orderId": order}, DOOR)["scans"]
    assert [(one["scan"]["answered"], one["result"]) for one in kept] == [("CHECK_IN_RESULT_OK", "CHECK_IN_RESULT_CANCELED")], kept
    assert buyer.refund()["state"] == "REFUND_STATE_DONE", "the other one was never used"


def an_evening_called_off(shop):
    """Everybody's money goes back, also of those who had come in already."""
    night = shop.make_performance(hold_ms=60000)
    buyer = Buyer(shop, night, taking=[0, 1])
    buyer.pay()
    assert come_in(shop, codes(buyer)[0], "off-1", night) == "OK"
    shop.operator("PauseSale", {"performanceId": night})
    shop.operator("BeginRefundJob", {"performanceId": night}, PAYMENT)
    buyer.until(REFUNDED)
    assert buyer.order()["state"] == "ORDER_STATE_CANCELLED"


def the_audit_knows(shop):
    """Clean with all of the above, which it counts; and a used ticket that was given back past the door is found."""
    def settled():
        code, said = shop.audit()
        return said if code == 0 else None
    said = wait_until(settled, "a clean audit")
    assert "given back after it was used" in said or "given back after they were used" in said, said
    shop.server.process.kill()
    shop.server.process.wait()
    db = sqlite3.connect(f"{shop.server.data}/usher.db", isolation_level=None)

    def spoil(text, found):
        kept = db.execute("SELECT * FROM door_ticket").fetchall()
        db.execute(text)
        code, said = shop.audit()
        db.execute("DELETE FROM door_ticket")
        db.executemany(f"INSERT INTO door_ticket VALUES ({','.join('?' * len(kept[0]))})", kept)
        assert code == 1 and found in said, (text, said[-1500:])
    spoil("UPDATE door_ticket SET gone_used = 0", "as if it had not been used")
    spoil("UPDATE door_ticket SET gone_at_ms = 0", "was given back past the door")
    db.close()
    shop.again()


TESTS = [
    ("used-is-not-given-back", not_given_back),
    ("used-at-the-box-office", box_office_orders),
    ("used-and-told-late", told_late),
    ("used-an-evening-called-off", an_evening_called_off),
    ("used-the-audit-knows", the_audit_knows),
]
