"""The server under test, with a mail server, as one who buys, one at the door, and one who kills it."""
import os
import subprocess

from server import Server, wait_until

TICKETS, DOOR, AUTH = "usher.v1.TicketService", "usher.v1.DoorService", "usher.v1.AuthService"


class House(Server):
    """`usher serve --demo`, which can be killed and started again on the same data."""

    def __init__(self, binary, *options):
        self.words = (binary, options)
        super().__init__(binary, *options)

    def crash(self):
        self.die()

    def again(self, *options):
        binary, first = self.words
        os.remove(os.path.join(self.data, "listen"))
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [binary, "serve", "--data", self.data, "--listen", "127.0.0.1:0", *(options or first)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.address = wait_until(self._listen, "the server's address", 60)
        self.host, port = self.address.rsplit(":", 1)
        self.port = int(port)
        wait_until(self._is_open, "the sale", 60)

    # ---- one who buys ----

    def guest(self):
        return self.ask("CreateGuest", {}, AUTH)["token"]

    def hold(self, token, party=1):
        return self.ask("HoldBest", {"performanceId": 1, "party": party}, TICKETS, token)

    def order(self, token, contact=None, party=1):
        wish = {"performanceId": 1, "holdId": self.hold(token, party)["holdId"],
                "paymentMethod": "PAYMENT_METHOD_BOX_OFFICE"}
        if contact:
            wish["contact"] = contact
        order = self.ask("PlaceOrder", wish, TICKETS, token)
        assert "orderId" in order, order
        return order

    def codes(self, token, order):
        return self.ask("GetTicketCodes", {"orderId": order["orderId"]}, DOOR, token)["tickets"]

    # ---- the door and the operator ----

    def door(self, method, message):
        return self.ask(method, message, DOOR, self.operator_key)

    def check_in(self, code, nonce, performance=1, **more):
        return self.door("CheckIn", {"code": code, "performanceId": performance, "nonce": nonce, **more})

    def mails(self, **wish):
        return self.door("ListMails", {"pageSize": 100, **wish}).get("mails", [])

    def await_mail(self, address, state, count=1, seconds=30):
        """The mails to the address, once so many are in that state."""
        def look():
            mails = self.mails(to=address)
            return mails if sum(mail["state"] == state for mail in mails) >= count else None
        return wait_until(look, f"{count} mail to {address} {state}, not {[m['state'] for m in self.mails(to=address)]}",
                          seconds)

    def command(self, *words):
        return subprocess.run([self.words[0], *words, "--url", f"http://{self.address}", "--data", self.data],
                              capture_output=True, timeout=60)


def contact(name, email, language="ko"):
    return {"name": name, "email": email, "phone": "010-1234-5678", "language": language}


def reason(answer):
    """The reason of an error of Connect."""
    return (answer.get("details") or [{}])[0].get("debug", {}).get("reason", answer.get("code"))
