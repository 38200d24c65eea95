"""An order found again: by its number and a mailed code on another device, and by support."""
import re
import subprocess

import found
from server import wait_until
from shop import AUTH, PAYMENT, USHER, Buyer

TICKETS, DOOR = "usher.v1.TicketService", "usher.v1.DoorService"


def anyone(shop, method, message):
    return shop.server.ask(method, message, AUTH)


def mail_to(shop, address, template):
    def find():
        mails = shop.operator("ListMails", {"to": address}, DOOR).get("mails", [])
        return next((m for m in mails if m["template"] == template), None)
    return shop.operator("GetMail", {"mailId": wait_until(find, f"a mail {template}")["mailId"]}, DOOR)


def ordered(shop, address):
    buyer = Buyer(shop)
    buyer.begin(contact={"name": "박", "email": address, "language": "en"})
    buyer.choose()
    order = buyer.finish()["order"]
    # Its mail and the contact's being an order's are one transaction.
    wait_until(lambda: shop.operator("FindOrders", {"text": order["orderNumber"]}, DOOR)["orders"][0].get("ticketsMail"), "the contact")
    return buyer, order


def by_number_and_code(shop):
    """On a device that knows nothing: the number, the address, the code of the mail; then it is the buyer's."""
    buyer, order = ordered(shop, "park@example.org")
    typed = order["orderNumber"].lower().replace("-", " ")
    asked = anyone(shop, "RequestOrderCode", {"orderNumber": typed, "email": "park@example.org"})
    code = re.search(r"\b(\d{8})\b", mail_to(shop, "park@example.org", "ordercode")["text"]).group(1)
    wrong = anyone(shop, "OpenOrder", {"requestId": asked["requestId"], "code": f"{(int(code) + 1) % 10 ** 8:08d}"})
    assert wrong["details"][0]["debug"]["reason"] == "CODE_REFUSED", wrong
    opened = anyone(shop, "OpenOrder", {"requestId": asked["requestId"], "code": code})
    assert opened["orderId"] == order["orderId"], opened
    seen = shop.server.ask("GetOrder", {"orderId": order["orderId"]}, TICKETS, opened["token"])
    assert len(seen["tickets"]) == 2, seen
    preview = shop.server.ask("PreviewRefund", {"orderId": order["orderId"]}, PAYMENT, opened["token"])
    assert preview["possible"], preview
    again = anyone(shop, "OpenOrder", {"requestId": asked["requestId"], "code": code})
    assert again["details"][0]["debug"]["reason"] == "CODE_REFUSED", "a code is good once"


def nobody_is_told(shop):
    """Who does not know both gets the same answer, and no mail; who guesses is stopped."""
    _, order = ordered(shop, "choi@example.org")
    for number, address in ((order["orderNumber"], "other@example.org"), ("T0000000000", "choi@example.org")):
        answer = anyone(shop, "RequestOrderCode", {"orderNumber": number, "email": address})
        assert "requestId" in answer, answer
    assert not [m for m in shop.operator("ListMails", {}, DOOR).get("mails", [])
                if m["template"] == "ordercode" and m["to"] in ("other@example.org", "choi@example.org")]
    asked = anyone(shop, "RequestOrderCode", {"orderNumber": order["orderNumber"], "email": "choi@example.org"})
    code = re.search(r"\b(\d{8})\b", mail_to(shop, "choi@example.org", "ordercode")["text"]).group(1)
    for i in range(5):
        guess = f"{(int(code) + 1 + i) % 10 ** 8:08d}"
        assert "details" in anyone(shop, "OpenOrder", {"requestId": asked["requestId"], "code": guess})
    late = anyone(shop, "OpenOrder", {"requestId": asked["requestId"], "code": code})
    assert "token" not in late, "wrong too often"
    bad = anyone(shop, "RequestOrderCode", {"orderNumber": "12", "email": "choi@example.org"})
    assert bad.get("code") == "invalid_argument", bad
    stranger = Buyer(shop)
    assert stranger.ask("FindOrders", {"text": "choi@example.org"}, DOOR).get("code") == "permission_denied"


def desk_commands(shop):
    buyer, order = ordered(shop, "jung@example.org")
    server = ["--url", f"http://{shop.listen}", "--data", shop.server.data]

    def say(*words, code=0):
        done = subprocess.run([USHER, *words, *server], capture_output=True, text=True, timeout=60)
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout + done.stderr
    assert order["orderId"] in say("order", "find", "jung@example.org")
    assert "박" in say("order", "find", order["orderNumber"].replace("-", ""))
    assert buyer.payment in say("order", "show", order["orderNumber"])
    assert "j…@example.org" in say("order", "resend", order["orderNumber"])
    assert "goes on" not in say("order", "refund", order["orderNumber"], "--seats", str(buyer.seats[0]))
    assert len(buyer.order()["tickets"]) == 1
    assert "no such order" in say("order", "show", "T0000000000", code=1)
    desk = Buyer(shop, seats=2)
    desk.ask("PlaceOrder", {"performanceId": 1, "holdId": desk.hold["holdId"],
                            "paymentMethod": "PAYMENT_METHOD_BOX_OFFICE"}, TICKETS)
    assert "goes on with 1 ticket" in say("order", "cancel", desk.hold["holdId"], "--seats", str(desk.seats[1]))
    assert "cancelled" in say("order", "cancel", desk.hold["holdId"])
    assert "card" in say("order", "cancel", order["orderId"], code=1)


TESTS = [
    ("order-by-number-and-code", by_number_and_code),
    ("order-code-tells-nobody", nobody_is_told),
    ("order-find-resend-cancel", desk_commands),
    *found.TESTS,
]
