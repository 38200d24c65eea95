"""The stand-in provider, asked as the providers' documents say, row by row: that what our adapters are tried against is what they
will meet. No server of ours takes part."""
import base64
import concurrent.futures
import hashlib
import hmac
import http.server
import json
import os
import re
import subprocess
import tempfile
import threading
import time
import urllib.parse

from server import end, wait_until
from shop import USHER, Psp, fault, fetch

KEY, CLIENT = "test_sk_usher", "test_client_usher"
numbers = iter(range(1, 100000))


class Ears(http.server.ThreadingHTTPServer):
    """Hears webhooks; answers with the status and text that it is told."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Ears.Handler)
        self.heard, self.status, self.text = [], 200, "OK"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            self.server.heard.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body.decode()))
            self.send_response(self.server.status)
            self.send_header("content-length", str(len(self.server.text)))
            self.end_headers()
            self.wfile.write(self.server.text.encode())

        def log_message(self, *args):
            pass

    def handle_error(self, request, client_address):
        """Whoever is killed while he speaks is none of ours."""


class Bank:
    """A provider of its own, with ears."""

    def __init__(self, *options):
        self.ears = Ears()
        self.psp = Psp(tempfile.mkdtemp(prefix="usher-rows-"), *options)
        self.psp.webhook = f"http://127.0.0.1:{self.ears.server_address[1]}/hooks"
        self.psp.die()
        self.psp.start()

    def close(self):
        self.psp.die()
        self.ears.shutdown()
        self.ears.server_close()

    def ask(self, method, path, body=None, user=KEY, password="", **headers):
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        fields = {"authorization": f"Basic {token}", "content-type": "application/json"}
        fields.update({name.replace("_", "-"): value for name, value in headers.items()})
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        status, answered, answer = fetch(self.psp.listen, method, path, text, fields)
        return status, json.loads(answer), answered

    def toss(self, method, path, body=None, **headers):
        return self.ask(method, f"/toss/v1/payments{path}", body, **headers)

    def order(self):
        return f"order-{next(numbers):06d}"

    def authed(self, order, amount="15000", currency="KRW", choice="pay", **more):
        """What stands in the address that the buyer comes back by."""
        query = urllib.parse.urlencode({"orderId": order, "orderName": "x", "amount": amount, "currency": currency,
                                        "successUrl": "http://shop/ok", "failUrl": "http://shop/no", **more})
        status, headers, _ = fetch(self.psp.listen, "POST", f"/toss/pay?{query}", f"choice={choice}")
        assert status == 303, status
        at = urllib.parse.urlparse(headers["location"])
        return at.path, dict(urllib.parse.parse_qsl(at.query))

    def paid(self, amount="15000", **more):
        order = self.order()
        _, back = self.authed(order, amount, **more)
        value = json.loads(amount)
        status, payment, _ = self.toss("POST", "/confirm", {"paymentKey": back["paymentKey"], "orderId": order, "amount": value})
        assert status == 200 and payment["status"] == "DONE", payment
        return payment

    def session(self, **more):
        form = {"mode": "payment", "client_reference_id": self.order(), "line_items[0][quantity]": "1",
                "line_items[0][price_data][currency]": "krw", "line_items[0][price_data][unit_amount]": "15000",
                "line_items[0][price_data][product_data][name]": "x", "success_url": "http://shop/ok?s={CHECKOUT_SESSION_ID}",
                "cancel_url": "http://shop/no", **more}
        return self.stripe("POST", "/checkout/sessions", urllib.parse.urlencode(form))

    def stripe(self, method, path, form=None, **headers):
        status, answer, fields = self.ask(method, f"/stripe/v1{path}", form, authorization=f"Bearer {KEY}",
                                          content_type="application/x-www-form-urlencoded", **headers)
        return status, answer, fields

    def stripe_paid(self, choice="pay"):
        session = self.session()[1]
        at = urllib.parse.urlparse(session["url"])
        assert fetch(at.netloc, "POST", at.path, f"choice={choice}")[0] == 303
        return self.stripe("GET", f"/checkout/sessions/{session['id']}")[1]

    def nice(self, method, path, body=None, **more):
        return self.ask(method, f"/nicepay/v1/payments{path}", body, CLIENT, KEY, **more)

    def nice_authed(self, amount=15000):
        query = urllib.parse.urlencode({"clientId": CLIENT, "method": "card", "orderId": self.order(), "amount": amount,
                                        "goodsName": "x", "returnUrl": "http://shop/back"})
        status, _, page = fetch(self.psp.listen, "POST", f"/nicepay/pay?{query}", "choice=pay")
        assert status == 200, page
        return dict(re.findall(r'name="([^"]*)" value="([^"]*)"', page.decode()))

    def nice_paid(self):
        form, date = self.nice_authed(), "2026-11-29T00:00:00+09:00"
        answer = self.nice("POST", f"/{form['tid']}", {"amount": 15000, "ediDate": date, "signData": sha(form["tid"] + "15000" + date + KEY)})
        assert answer[1]["status"] == "paid", answer
        return answer[1]


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


# ---- Toss ----


def toss_secret_key(bank):
    assert bank.toss("GET", "/orders/x", user="test_sk_other")[0] == 401
    assert bank.toss("GET", "/orders/x")[1]["code"] == "NOT_FOUND_PAYMENT"


def toss_ways_back(bank):
    order = bank.order()
    path, back = bank.authed(order)
    assert path == "/ok" and set(back) == {"paymentType", "orderId", "paymentKey", "amount"} and back["orderId"] == order, back
    path, back = bank.authed(bank.order(), choice="cancel")
    assert path == "/no" and set(back) == {"code", "message", "orderId"} and back["code"] == "PAY_PROCESS_CANCELED", back


def toss_clock(_):
    """Who does not confirm in time cannot: nothing was charged."""
    bank = Bank("--psp-confirm", "300ms")
    try:
        order = bank.order()
        _, back = bank.authed(order)
        wait_until(lambda: bank.toss("GET", f"/orders/{order}")[1]["status"] == "EXPIRED", "the session to expire")
        wish = {"paymentKey": back["paymentKey"], "orderId": order, "amount": 15000}
        assert bank.toss("POST", "/confirm", wish)[1]["code"] == "NOT_FOUND_PAYMENT_SESSION"
        assert not bank.psp.lines("charge", order)
    finally:
        bank.close()


def toss_foreign_order(bank):
    order = bank.order()
    _, back = bank.authed(order)
    wish = {"paymentKey": back["paymentKey"], "orderId": "another", "amount": 15000}
    assert bank.toss("POST", "/confirm", wish)[1]["code"] == "NOT_FOUND_PAYMENT_SESSION"
    assert bank.toss("GET", f"/orders/{order}")[1]["status"] == "IN_PROGRESS"


def toss_confirm(bank):
    order = bank.order()
    _, back = bank.authed(order)
    wish = {"paymentKey": back["paymentKey"], "orderId": order, "amount": 14999}
    assert bank.toss("POST", "/confirm", wish)[1]["code"] == "INVALID_REQUEST"
    wish["amount"] = 15000
    payment = bank.toss("POST", "/confirm", wish)[1]
    for name in ("paymentKey", "orderId", "status", "totalAmount", "balanceAmount", "currency", "cancels", "approvedAt", "requestedAt",
                 "isPartialCancelable"):
        assert name in payment, (name, payment)
    assert bank.toss("POST", "/confirm", wish)[1]["code"] == "ALREADY_PROCESSED_PAYMENT"


def toss_look_up(bank):
    payment = bank.paid()
    assert bank.toss("GET", f"/{payment['paymentKey']}")[1] == bank.toss("GET", f"/orders/{payment['orderId']}")[1]


def toss_cancel(bank):
    payment = bank.paid()
    path = f"/{payment['paymentKey']}/cancel"
    assert bank.toss("POST", path, {})[1]["code"] == "INVALID_REQUEST", "a reason is required"
    part = bank.toss("POST", path, {"cancelReason": "x", "cancelAmount": 5000})[1]
    assert part["status"] == "PARTIAL_CANCELED" and part["balanceAmount"] == 10000 and part["cancels"][0]["cancelAmount"] == 5000, part
    assert bank.toss("POST", path, {"cancelReason": "x", "cancelAmount": 10001})[1]["code"] == "NOT_CANCELABLE_AMOUNT"
    assert bank.toss("POST", path, {"cancelReason": "x" * 201})[1]["code"] == "INVALID_REQUEST"
    assert bank.toss("POST", path, {"cancelReason": "x"})[1]["balanceAmount"] == 0
    assert bank.toss("POST", path, {"cancelReason": "x"})[1]["code"] == "ALREADY_CANCELED_PAYMENT"


def toss_safe_cancel(bank):
    payment = bank.paid()
    wish = {"cancelReason": "x", "cancelAmount": 100, "refundableAmount": 14900}
    assert bank.toss("POST", f"/{payment['paymentKey']}/cancel", wish)[1]["code"] == "NOT_MATCHES_REFUNDABLE_AMOUNT"
    wish["refundableAmount"] = 15000
    assert bank.toss("POST", f"/{payment['paymentKey']}/cancel", wish)[0] == 200


def toss_idempotency(bank):
    """A key is compared by itself at its address, the body is not: the first answer again, also of another wish, also a refusal."""
    payment = bank.paid()
    path = f"/{payment['paymentKey']}/cancel"
    first = bank.toss("POST", path, {"cancelReason": "x", "cancelAmount": 100}, idempotency_key="k")
    again = bank.toss("POST", path, {"cancelReason": "y", "cancelAmount": 9999}, idempotency_key="k")
    assert again[1] == first[1] and again[2]["idempotent-replayed"] == "true", again
    refused = bank.toss("POST", path, {"cancelReason": "x", "cancelAmount": 10 ** 6}, idempotency_key="r")
    assert bank.toss("POST", path, {"cancelReason": "x", "cancelAmount": 1}, idempotency_key="r")[1] == refused[1]
    assert bank.toss("GET", f"/{payment['paymentKey']}")[1]["balanceAmount"] == 14900


def toss_key_that_runs(bank):
    payment = bank.paid()
    bank.psp.script(latency_ms=400)
    wish = {"cancelReason": "x", "cancelAmount": 100}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(bank.toss, "POST", f"/{payment['paymentKey']}/cancel", wish, idempotency_key="run") for _ in range(2)]
        statuses = sorted(call.result()[0] for call in calls)
    bank.psp.script()
    assert statuses == [200, 409], statuses


def toss_webhooks(bank):
    """The envelope; not signed; told again until it is taken, under one transmission id."""
    bank.ears.status = 500
    payment = bank.paid()

    def mine():
        return [h for h in bank.ears.heard if h[0] == "/hooks/toss" and payment["paymentKey"] in h[2]]
    wait_until(lambda: len(mine()) >= 2, "a second try")
    bank.ears.status = 200
    (_, headers, body), (_, later, _) = mine()[:2]
    told = json.loads(body)
    assert told["eventType"] == "PAYMENT_STATUS_CHANGED" and told["data"]["status"] == "DONE" and "createdAt" in told, told
    assert "tosspayments-webhook-signature" not in headers
    assert headers["tosspayments-webhook-transmission-id"] == later["tosspayments-webhook-transmission-id"]
    assert (headers["tosspayments-webhook-transmission-retried-count"], later["tosspayments-webhook-transmission-retried-count"]) == ("0", "1")


def toss_errors(bank):
    order = bank.order()
    _, back = bank.authed(order)
    wish = {"paymentKey": back["paymentKey"], "orderId": order, "amount": 15000}
    bank.psp.script(fault("confirm", "transient"), fault("confirm", "error_before"), fault("confirm", "decline"))
    assert bank.toss("POST", "/confirm", wish)[1]["code"] == "PROVIDER_ERROR"
    assert bank.toss("POST", "/confirm", wish)[0] == 500
    assert bank.toss("POST", "/confirm", wish)[1]["code"] == "REJECT_CARD_COMPANY"
    bank.psp.script()
    assert bank.toss("GET", f"/orders/{order}")[1]["status"] == "ABORTED"


def toss_decimals(bank):
    assert bank.paid("12.34", currency="EUR")["totalAmount"] == 12.34


# ---- Stripe ----


def stripe_wire(bank):
    assert bank.ask("POST", "/stripe/v1/checkout/sessions", "", authorization="Bearer sk_other")[0] == 401
    status, session, _ = bank.session()
    assert status == 200 and session["object"] == "checkout.session" and session["status"] == "open", session
    assert session["payment_status"] == "unpaid" and session["url"] and session["amount_total"] == 15000 and session["currency"] == "krw"


def stripe_session_ends(bank):
    session = bank.session()[1]
    assert bank.stripe("POST", f"/checkout/sessions/{session['id']}/expire", "")[1]["status"] == "expired"
    paid = bank.stripe_paid()
    assert paid["status"] == "complete" and paid["payment_status"] == "paid" and paid["payment_intent"].startswith("pi_"), paid
    assert bank.stripe("POST", f"/checkout/sessions/{paid['id']}/expire", "")[0] == 400, "only while it is open"


def stripe_half_hour(bank):
    soon = bank.session(expires_at=str(int(time.time()) + 60))
    assert soon[0] == 400 and soon[1]["error"]["type"] == "invalid_request_error", soon


def stripe_refunds(bank):
    intent = bank.stripe_paid()["payment_intent"]
    form = urllib.parse.urlencode({"payment_intent": intent, "amount": "5000", "metadata[refund_id]": "r1"})
    refund = bank.stripe("POST", "/refunds", form)[1]
    assert refund["status"] == "succeeded" and refund["amount"] == 5000 and refund["metadata"]["refund_id"] == "r1", refund
    listed = bank.stripe("GET", f"/refunds?payment_intent={intent}&limit=100")[1]
    assert [r["amount"] for r in listed["data"]] == [5000], listed
    assert bank.stripe("POST", "/refunds", urllib.parse.urlencode({"payment_intent": intent, "amount": "10001"}))[0] == 400


def stripe_webhooks(bank):
    paid = bank.stripe_paid()

    def mine():
        return [h for h in bank.ears.heard if h[0] == "/hooks/stripe" and paid["id"] in h[2]]
    _, headers, body = wait_until(mine, "the webhook")[0]
    stamp, mac = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", headers["stripe-signature"]).groups()
    assert hmac.new(b"whsec_usher", f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest() == mac
    event = json.loads(body)
    assert event["object"] == "event" and event["type"] == "checkout.session.completed" and event["id"].startswith("evt_"), event


def stripe_currency(bank):
    euros = bank.session(**{"line_items[0][price_data][currency]": "eur", "line_items[0][price_data][unit_amount]": "1234"})[1]
    assert euros["amount_total"] == 1234 and euros["currency"] == "eur"
    lines = bank.psp.lines("open", euros["client_reference_id"])
    assert lines[0]["amount"] == 1234, lines


# ---- NICEPAY ----


def nicepay_way_back(bank):
    form = bank.nice_authed()
    assert form["authResultCode"] == "0000" and form["signature"] == sha(form["authToken"] + CLIENT + "15000" + KEY), form


def nicepay_approval(bank):
    paid = bank.nice_paid()
    assert paid["resultCode"] == "0000" and paid["signature"] == sha(paid["tid"] + "15000" + paid["ediDate"] + KEY), paid
    assert bank.nice("GET", f"/find/{paid['orderId']}")[1]["tid"] == paid["tid"]


def nicepay_cancel(bank):
    paid, date = bank.nice_paid(), "2026-11-29T00:00:00+09:00"
    wish = {"reason": "x", "orderId": bank.order(), "cancelAmt": 5000, "ediDate": date, "signData": "0" * 64}
    assert bank.nice("POST", f"/{paid['tid']}/cancel", wish)[1]["resultCode"] == "A101", "the signature is looked at"
    wish["signData"] = sha(paid["tid"] + date + KEY)
    part = bank.nice("POST", f"/{paid['tid']}/cancel", wish)[1]
    assert part["status"] == "partialCancelled" and part["balanceAmt"] == 10000, part


def nicepay_webhooks(bank):
    """They want to read OK."""
    bank.ears.text = "thanks"
    paid = bank.nice_paid()

    def mine():
        return [h for h in bank.ears.heard if h[0] == "/hooks/nicepay" and paid["tid"] in h[2]]
    wait_until(lambda: len(mine()) >= 2, "a second try: the first was not answered with OK")
    bank.ears.text = "OK"
    told = json.loads(mine()[0][2])
    assert told["signature"] == sha(told["tid"] + str(told["amount"]) + told["ediDate"] + KEY), told



def faults_misspelt(bank):
    """A script that would do nothing is refused, and the one before stays."""
    for script in ({"rules": [{"on": "confrim", "do": "decline"}]}, {"rules": [{"on": "confirm", "do": "declin"}]}, {"rules": {}},
                   {"webhook": {"lose": 1}}, {"webhooks": {"lose": 7}}, {"webhooks": {"loose": 1}}, {"latency_ms": "x"}, {"latency_ms": -1},
                   {"rules": [{"on": "confirm", "do": "decline", "chance": "often"}]}, {"rules": [{"do": "decline"}]}, [], "x"):
        status, _, body = fetch(bank.psp.listen, "POST", "/faults", json.dumps(script))
        assert status == 400 and json.loads(body)["error"], (script, status, body)


def faults_too_long(bank):
    """A script in a file has an end, as one that is posted."""
    path = os.path.join(bank.psp.folder, "faults.json")
    for text, good in (('{"latency_ms": 1}', True), ('{"latency_ms": 1}' + " " * 65536, False), ("[" * 60000, False)):
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        done = subprocess.Popen([USHER, "psp", "--psp-listen", "127.0.0.1:0", "--psp-ledger", os.path.join(bank.psp.folder, "other"),
                                 "--psp-port-file", path + ".port", "--psp-faults", path], stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            if good:
                wait_until(lambda: os.path.exists(path + ".port"), "a provider with a script")
            else:
                assert "no JSON of at most" in done.communicate(timeout=20)[1] and done.returncode == 1
        finally:
            end(done)


ROWS = [faults_misspelt, faults_too_long, toss_secret_key, toss_ways_back, toss_clock, toss_foreign_order, toss_confirm, toss_look_up, toss_cancel, toss_safe_cancel, toss_idempotency,
        toss_key_that_runs, toss_webhooks, toss_errors, toss_decimals, stripe_wire, stripe_session_ends, stripe_half_hour,
        stripe_refunds, stripe_webhooks, stripe_currency, nicepay_way_back, nicepay_approval, nicepay_cancel, nicepay_webhooks]


def row(test):
    def run(shop):
        bank = Bank()
        try:
            test(bank)
        finally:
            bank.close()
    return run


TESTS = [("psp-" + test.__name__.replace("_", "-"), row(test)) for test in ROWS]
