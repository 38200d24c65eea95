"""The stand-in provider against more rows of what the providers document: keys, clocks, idempotency, the slow methods, disputes, and
what their operators, banks and card companies do without the shop."""
import base64
import http.client
import json
import subprocess
import time
import urllib.parse

from rows import CLIENT, KEY, Bank, row, sha
from server import wait_until
from shop import fault, fetch

DAY_MS = 86_400_000


def desk(bank, tongue, order, do, **more):
    form = urllib.parse.urlencode({"do": do, **more})
    status, _, body = fetch(bank.psp.listen, "POST", f"/{tongue}/desk/{order}", form)
    return status, json.loads(body)


def hooks(bank, tongue, *words):
    found = [json.loads(body) for path, _, body in bank.ears.heard if path == f"/hooks/{tongue}" and all(w in body for w in words)]
    return found


def rewrite(bank, change):
    """The provider dies, its ledger is what change makes of each line, and it starts again: so that days pass."""
    bank.psp.die()
    with open(bank.psp.ledger, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    for line in lines:
        change(line)
    with open(bank.psp.ledger, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    bank.psp.start()


# ---- Toss ----


def toss_key_families(bank):
    """A widget's or a browser's key at the API is another mistake than a key that nobody knows; a live key is nobody's here."""
    for key in ("test_gsk_x", "live_gsk_x", "test_ck_x", "live_ck_x", "test_gck_x"):
        status, answer, _ = bank.toss("GET", "/orders/x", user=key)
        assert (status, answer["code"]) == (400, "INVALID_API_KEY"), (key, status, answer)
    for key in ("live_sk_usher", "test_sk_other"):
        status, answer, _ = bank.toss("GET", "/orders/x", user=key)
        assert (status, answer["code"]) == (401, "UNAUTHORIZED_KEY"), (key, status, answer)
    assert bank.ask("GET", "/toss/v1/payments/orders/x", authorization="Bearer " + KEY)[0] == 401, "Basic alone"
    status, answer, _ = bank.toss("GET", "/orders/x", password="something")
    assert status == 401, "there is no password"


def toss_key_families_in_the_browser(bank):
    """Each family has its own entrance of the library."""
    _, _, script = fetch(bank.psp.listen, "GET", "/toss/v2/standard")
    program = "globalThis.window = globalThis; globalThis.location = {};" + script.decode() + """
        const code = (f) => { try { f(); return 'fine'; } catch (e) { return e.code; } };
        const api = TossPayments('test_ck_x'), widget = TossPayments('test_gck_x');
        console.log(JSON.stringify([code(() => api.payment({})), code(() => api.widgets({})), code(() => widget.payment({})),
                                    code(() => widget.widgets({})), TossPayments.ANONYMOUS]));"""
    said = subprocess.run(["node", "-e", program], check=True, capture_output=True, text=True).stdout
    assert json.loads(said) == ["fine", "INVALID_CLIENT_KEY", "NOT_SUPPORTED_WIDGET_KEY", "fine", "ANONYMOUS"], said


def toss_half_hour(bank):
    """A buyer has 30 minutes to say yes; then it is over."""
    order = bank.order()
    query = urllib.parse.urlencode({"orderId": order, "orderName": "x", "amount": "15000", "currency": "KRW",
                                    "successUrl": "http://shop/ok", "failUrl": "http://shop/no"})
    assert fetch(bank.psp.listen, "GET", f"/toss/pay?{query}")[0] == 200
    line = bank.psp.lines("open", order)[0]
    assert line["until_ms"] - line["at_ms"] == 30 * 60_000, line
    assert bank.toss("GET", f"/orders/{order}")[1]["status"] == "READY"

    def half_an_hour_later(entry):
        entry["at_ms"] -= 31 * 60_000
        if "until_ms" in entry:
            entry["until_ms"] -= 31 * 60_000
    rewrite(bank, half_an_hour_later)
    assert bank.toss("GET", f"/orders/{order}")[1]["status"] == "EXPIRED"
    status, headers, _ = fetch(bank.psp.listen, "POST", f"/toss/pay?{query}", "choice=pay")
    assert status in (303, 410), status  # the window opens anew, as another payment of the order


def toss_long_keys(bank):
    payment = bank.paid()
    path, wish = f"/{payment['paymentKey']}/cancel", {"cancelReason": "x", "cancelAmount": 1}
    status, answer, _ = bank.toss("POST", path, wish, idempotency_key="k" * 301)
    assert (status, answer["code"]) == (400, "INVALID_IDEMPOTENCY_KEY"), answer
    assert bank.toss("POST", path, wish, idempotency_key="k" * 300)[0] == 200
    assert bank.toss("GET", f"/{payment['paymentKey']}")[1]["balanceAmount"] == 14999, "nothing was done under the long one"


def toss_keys_end(bank):
    """A key is remembered for 15 days, also over a restart; at another address it is another key."""
    first, other = bank.paid(), bank.paid()
    wish = {"cancelReason": "x", "cancelAmount": 100}
    assert bank.toss("POST", f"/{first['paymentKey']}/cancel", wish, idempotency_key="k")[0] == 200
    assert bank.toss("POST", f"/{other['paymentKey']}/cancel", wish, idempotency_key="k")[1]["paymentKey"] == other["paymentKey"]

    def days_later(days):
        def change(entry):
            entry["at_ms"] -= days * DAY_MS
        return change
    rewrite(bank, days_later(14))
    answer = bank.toss("POST", f"/{first['paymentKey']}/cancel", wish, idempotency_key="k")
    assert answer[2]["idempotent-replayed"] == "true" and answer[1]["balanceAmount"] == 14900, answer
    rewrite(bank, days_later(2))
    assert bank.toss("POST", f"/{first['paymentKey']}/cancel", wish, idempotency_key="k")[1]["balanceAmount"] == 14800


def toss_test_codes(bank):
    """TossPayments-Test-Code: the error is answered, and nothing is done."""
    order = bank.order()
    _, back = bank.authed(order)
    wish = {"paymentKey": back["paymentKey"], "orderId": order, "amount": 15000}
    for code, wanted in (("REJECT_CARD_COMPANY", 403), ("PROVIDER_ERROR", 400), ("UNAUTHORIZED_KEY", 401), ("NOT_FOUND_PAYMENT_SESSION", 404),
                         ("FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING", 500), ("FDS_ERROR", 400)):
        status, answer, _ = bank.toss("POST", "/confirm", wish, TossPayments_Test_Code=code)
        assert (status, answer["code"]) == (wanted, code), (status, answer)
    assert bank.toss("GET", f"/orders/{order}")[1]["status"] == "IN_PROGRESS"
    assert bank.toss("POST", "/confirm", wish)[1]["status"] == "DONE"


def toss_payment_object(bank):
    """The fields of a Payment, of a card and of an account."""
    payment = bank.paid()
    for name in ("mId", "version", "paymentKey", "orderId", "orderName", "status", "requestedAt", "approvedAt", "method", "totalAmount",
                 "balanceAmount", "suppliedAmount", "vat", "taxFreeAmount", "currency", "lastTransactionKey", "isPartialCancelable", "receipt",
                 "checkout", "card", "virtualAccount", "secret", "cancels", "failure"):
        assert name in payment, (name, sorted(payment))
    assert payment["version"] == "2022-11-16" and payment["suppliedAmount"] + payment["vat"] == 15000 and payment["failure"] is None, payment
    order = bank.order()
    bank.authed(order, choice="decline")
    assert bank.toss("GET", f"/orders/{order}")[1]["failure"]["code"] == "REJECT_CARD_PAYMENT"


def toss_account(bank, amount=15000):
    order = bank.order()
    due = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 3600 + 9 * 3600))
    status, payment, _ = bank.ask("POST", "/toss/v1/virtual-accounts", {
        "orderId": order, "orderName": "x", "customerName": "김", "bank": "20", "dueDate": due, "amount": amount})
    assert status == 200 and payment["status"] == "WAITING_FOR_DEPOSIT", payment
    return payment


def toss_virtual_account(bank):
    payment = toss_account(bank)
    account = payment["virtualAccount"]
    assert account["accountNumber"].startswith("X") and account["bankCode"] == "20" and payment["secret"], payment
    assert fetch(bank.psp.listen, "POST", f"/toss/bank/{account['accountNumber']}", "amount=15000")[0] == 200

    def told():
        return hooks(bank, "toss", payment["orderId"])
    wait_until(lambda: len(told()) >= 2, "both webhooks of one deposit")
    flat, = [h for h in told() if "eventType" not in h]
    assert set(flat) == {"createdAt", "secret", "status", "transactionKey", "orderId"} and flat["secret"] == payment["secret"], flat
    assert flat["status"] == "DONE"


def toss_deposit_falls_back(bank):
    """DONE is not for ever: a bank takes a deposit back, and only the callback tells."""
    payment = toss_account(bank)
    assert fetch(bank.psp.listen, "POST", f"/toss/bank/{payment['virtualAccount']['accountNumber']}", "amount=15000")[0] == 200
    bank.ears.heard.clear()
    assert desk(bank, "toss", payment["orderId"], "undo")[0] == 200
    now = bank.toss("GET", f"/orders/{payment['orderId']}")[1]
    assert now["status"] == "WAITING_FOR_DEPOSIT" and now["balanceAmount"] == 0 and now["approvedAt"] is None, now
    wait_until(lambda: hooks(bank, "toss", "WAITING_FOR_DEPOSIT"), "the callback")
    assert all("eventType" not in h for h in hooks(bank, "toss", "WAITING_FOR_DEPOSIT"))
    assert desk(bank, "toss", payment["orderId"], "undo")[0] == 409, "there is nothing to take back"


def toss_account_before_its_deposit(bank):
    """Before a deposit an account is closed in full alone; and a cancel of a paid one names where the money goes."""
    payment = toss_account(bank)
    path = f"/{payment['paymentKey']}/cancel"
    part = bank.toss("POST", path, {"cancelReason": "x", "cancelAmount": 100})
    assert (part[0], part[1]["code"]) == (403, "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT"), part
    assert bank.toss("POST", path, {"cancelReason": "x"})[1]["status"] == "CANCELED"
    paid = toss_account(bank)
    assert fetch(bank.psp.listen, "POST", f"/toss/bank/{paid['virtualAccount']['accountNumber']}", "amount=15000")[0] == 200
    path = f"/{paid['paymentKey']}/cancel"
    assert bank.toss("POST", path, {"cancelReason": "x"})[1]["code"] == "INVALID_REFUND_ACCOUNT_INFO"
    account = {"bank": "20", "accountNumber": "110123", "holderName": "김"}
    assert bank.toss("POST", path, {"cancelReason": "x", "refundReceiveAccount": account})[1]["balanceAmount"] == 0


def toss_cancels(bank):
    """What a cancel adds: its key, how much, what is left, when; the last transaction is its own."""
    payment = bank.paid()
    now = bank.toss("POST", f"/{payment['paymentKey']}/cancel", {"cancelReason": "why", "cancelAmount": 5000})[1]
    cancel, = now["cancels"]
    assert {"transactionKey", "cancelAmount", "cancelReason", "refundableAmount", "canceledAt", "cancelStatus"} <= set(cancel), cancel
    assert (cancel["refundableAmount"], cancel["cancelStatus"], cancel["cancelReason"]) == (10000, "DONE", "why"), cancel
    assert now["lastTransactionKey"] == cancel["transactionKey"] != payment["lastTransactionKey"]


def toss_minimum(bank):
    """A card takes 100 won at least, an account 200."""
    order = bank.order()
    _, back = bank.authed(order, "99")
    answer = bank.toss("POST", "/confirm", {"paymentKey": back["paymentKey"], "orderId": order, "amount": 99})
    assert (answer[0], answer[1]["code"]) == (400, "BELOW_MINIMUM_AMOUNT"), answer
    assert bank.paid("100")["status"] == "DONE"
    due = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 10 * 3600))
    small = bank.ask("POST", "/toss/v1/virtual-accounts", {"orderId": bank.order(), "orderName": "x", "customerName": "김", "bank": "20",
                                                           "dueDate": due, "amount": 199})
    assert small[1]["code"] == "BELOW_MINIMUM_AMOUNT", small


def toss_webhooks_wait_longer(bank):
    """The first, and seven more, each pause four times the last; the same id on each. Of READY and IN_PROGRESS nothing is told."""
    order = bank.order()
    bank.authed(order)
    bank.ears.status = 500
    bank.psp.die()
    bank.psp.retry = "10ms"
    bank.psp.start()
    payment = bank.paid()

    def mine():
        return [h for h in bank.ears.heard if payment["paymentKey"] in h[2]]
    wait_until(lambda: len(mine()) >= 5, "five tries")
    counts = [h[1]["tosspayments-webhook-transmission-retried-count"] for h in mine()]
    assert counts[:5] == ["0", "1", "2", "3", "4"] and len({h[1]["tosspayments-webhook-transmission-id"] for h in mine()}) == 1, counts
    assert not [h for h in bank.ears.heard if order in h[2]], "nothing is told of a buyer's yes"


# ---- Stripe ----


def stripe_headers(bank):
    """Each answer has a number; one that a key repeats names the first as well; a version of another form is refused."""
    form = urllib.parse.urlencode({"payment_intent": bank.stripe_paid()["payment_intent"], "amount": "100"})
    first = bank.stripe("POST", "/refunds", form, idempotency_key="h")
    again = bank.stripe("POST", "/refunds", form, idempotency_key="h")
    assert first[2]["request-id"].startswith("req_") and first[2]["original-request"] is None, dict(first[2])
    assert again[2]["original-request"] == first[2]["request-id"] != again[2]["request-id"], dict(again[2])
    assert again[2]["idempotent-replayed"] == "true" and again[1] == first[1]
    assert first[2]["stripe-version"] == "2026-10-28.endive"
    refused = bank.stripe("GET", "/checkout/sessions/x", stripe_version="yesterday")
    assert refused[0] == 400 and refused[1]["error"]["type"] == "invalid_request_error", refused
    assert bank.stripe("GET", "/checkout/sessions/x", stripe_version="2026-10-28.endive")[0] == 404


def stripe_auth(bank):
    """A key as Bearer, or as the user of Basic; forms with brackets."""
    session = bank.session()[1]
    for authorization in (f"Bearer {KEY}", "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()):
        assert bank.ask("GET", f"/stripe/v1/checkout/sessions/{session['id']}", authorization=authorization)[0] == 200, authorization
    assert bank.ask("POST", "/stripe/v1/checkout/sessions", {"mode": "payment"}, authorization=f"Bearer {KEY}")[0] == 400, "no JSON"


def stripe_a_day(bank):
    """Without expires_at a session is open for 24 hours."""
    session = bank.session()[1]
    assert abs(session["expires_at"] - time.time() - DAY_MS / 1000) < 60, session


def stripe_intents(bank):
    """A PaymentIntent: its states, its charge, and that it is never cancelled once it has succeeded."""
    paid = bank.stripe_paid()
    intent = bank.stripe("GET", f"/payment_intents/{paid['payment_intent']}")[1]
    assert intent["status"] == "succeeded" and intent["amount_received"] == 15000 and intent["latest_charge"].startswith("ch_"), intent
    whole = bank.stripe("GET", f"/payment_intents/{paid['payment_intent']}?expand%5B%5D=latest_charge")[1]["latest_charge"]
    assert (whole["amount_refunded"], whole["refunded"], whole["disputed"]) == (0, False, False), whole
    refused = bank.stripe("POST", f"/payment_intents/{paid['payment_intent']}/cancel", "")
    assert refused[0] == 400 and refused[1]["error"]["code"] == "payment_intent_unexpected_state", refused


def stripe_async_events(bank):
    """A slow method completes the session, and is paid, or not, later."""
    for do, event, status in (("settle", "checkout.session.async_payment_succeeded", "succeeded"),
                              ("fail", "checkout.session.async_payment_failed", "requires_payment_method")):
        session = bank.session()[1]
        at = urllib.parse.urlparse(session["url"])
        assert fetch(at.netloc, "POST", at.path, "choice=later")[0] == 303
        now = bank.stripe("GET", f"/checkout/sessions/{session['id']}")[1]
        assert (now["status"], now["payment_status"]) == ("complete", "unpaid"), now
        assert bank.stripe("GET", f"/payment_intents/{now['payment_intent']}")[1]["status"] == "processing"
        refused = bank.stripe("POST", f"/payment_intents/{now['payment_intent']}/cancel", "")
        assert refused[0] == 400, "a bank is at it"
        assert desk(bank, "stripe", session["client_reference_id"], do)[0] == 200
        assert bank.stripe("GET", f"/payment_intents/{now['payment_intent']}")[1]["status"] == status
        told = wait_until(lambda e=event, s=session: hooks(bank, "stripe", e, s["id"]), event)[0]
        assert told["data"]["object"]["payment_status"] == ("paid" if do == "settle" else "unpaid"), told


def stripe_refund_events(bank):
    """A refund of a card tells charge.refunded, whoever made it; the charge says how much in all."""
    paid = bank.stripe_paid()
    form = urllib.parse.urlencode({"payment_intent": paid["payment_intent"], "amount": "5000"})
    assert bank.stripe("POST", "/refunds", form)[0] == 200
    assert desk(bank, "stripe", paid["client_reference_id"], "cancel", amount="10000")[0] == 200

    def told():
        return hooks(bank, "stripe", "charge.refunded", paid["payment_intent"])
    wait_until(lambda: len(told()) == 2, "both refunds")
    assert sorted(h["data"]["object"]["amount_refunded"] for h in told()) == [5000, 15000], told()
    assert not hooks(bank, "stripe", "refund.updated", paid["payment_intent"])


def stripe_disputes(bank):
    paid = bank.stripe_paid()
    order, intent = paid["client_reference_id"], paid["payment_intent"]
    assert bank.stripe("GET", f"/disputes?payment_intent={intent}")[1]["data"] == []
    assert desk(bank, "stripe", order, "win")[0] == 409, "nobody disputes it"
    assert desk(bank, "stripe", order, "dispute")[0] == 200
    dispute, = bank.stripe("GET", f"/disputes?payment_intent={intent}")[1]["data"]
    assert (dispute["status"], dispute["amount"], dispute["payment_intent"]) == ("needs_response", 15000, intent), dispute
    refused = bank.stripe("POST", "/refunds", urllib.parse.urlencode({"payment_intent": intent, "amount": "1"}))
    assert refused[1]["error"]["code"] == "charge_disputed", refused
    assert desk(bank, "stripe", order, "lose")[0] == 200
    assert bank.stripe("GET", f"/disputes?payment_intent={intent}")[1]["data"][0]["status"] == "lost"
    wait_until(lambda: hooks(bank, "stripe", "charge.dispute.created", intent) and hooks(bank, "stripe", "charge.dispute.closed", intent),
               "both events")
    assert desk(bank, "toss", "x", "dispute")[0] == 404


def stripe_currencies(bank):
    """Lower case; without decimals as they are, with three as ISO 4217; ISK, HUF, TWD and UGX have two here, whatever ISO says."""
    for code, unit, minor in (("jpy", 1500, 1500), ("krw", 1500, 1500), ("kwd", 1500, 1500), ("bhd", 1500, 1500), ("isk", 150000, 1500),
                              ("ugx", 150000, 1500), ("huf", 150000, 150000), ("twd", 150000, 150000), ("usd", 1500, 1500)):
        session = bank.session(**{"line_items[0][price_data][currency]": code, "line_items[0][price_data][unit_amount]": str(unit)})[1]
        assert session["amount_total"] == unit and session["currency"] == code, session
        assert bank.psp.lines("open", session["client_reference_id"])[0]["amount"] == minor, code


# ---- NICEPAY ----


def nicepay_auth(bank):
    assert bank.ask("GET", "/nicepay/v1/payments/find/x", user=CLIENT, password="other")[0] == 401
    assert bank.nice("GET", "/find/x")[1]["resultCode"] == "A118"


def nicepay_net_cancel(bank):
    """What was approved without an answer is taken back by its order, signed; asked for twice it is done once."""
    bank.psp.script(fault("confirm", "cut_after"))
    form, date = bank.nice_authed(), "2026-11-29T00:00:00+09:00"
    wish, lost = {"amount": 15000, "ediDate": date, "signData": sha(form["tid"] + "15000" + date + KEY)}, False
    try:
        bank.nice("POST", f"/{form['tid']}", wish)
    except (OSError, http.client.HTTPException):
        lost = True
    assert lost, "the answer was to be lost"
    bank.psp.script()
    order = form["orderId"]
    assert bank.nice("GET", f"/find/{order}")[1]["status"] == "paid"
    wish = {"orderId": order, "ediDate": date, "signData": "0" * 64}
    assert bank.nice("POST", "/netcancel", wish)[1]["resultCode"] == "A101"
    wish["signData"] = sha(order + date + KEY)
    assert bank.nice("POST", "/netcancel", wish)[1]["resultCode"] == "0000"
    assert bank.nice("GET", f"/find/{order}")[1]["status"] == "cancelled"
    assert bank.nice("POST", "/netcancel", wish)[1]["resultCode"] != "0000", "it is done"


def nicepay_statuses(bank):
    """ready, paid, partialCancelled, cancelled, failed; each told, signed, and found."""
    paid = bank.nice_paid()
    assert desk(bank, "nicepay", paid["orderId"], "cancel", amount="5000")[0] == 200
    assert bank.nice("GET", f"/find/{paid['orderId']}")[1]["status"] == "partialCancelled"
    assert desk(bank, "nicepay", paid["orderId"], "cancel")[0] == 200
    assert bank.nice("GET", f"/find/{paid['orderId']}")[1]["status"] == "cancelled"
    for status in ("paid", "partialCancelled", "cancelled"):
        told = wait_until(lambda s=status: hooks(bank, "nicepay", paid["tid"], f'"{s}"'), status)[0]
        assert told["signature"] == sha(told["tid"] + str(told["amount"]) + told["ediDate"] + KEY), told


def nicepay_amount_is_signed(bank):
    """The signature of the way back covers the amount; an approval of another is refused."""
    form, date = bank.nice_authed(), "2026-11-29T00:00:00+09:00"
    assert form["signature"] != sha(form["authToken"] + CLIENT + "14999" + KEY)
    wrong = bank.nice("POST", f"/{form['tid']}", {"amount": 14999, "ediDate": date, "signData": sha(form["tid"] + "14999" + date + KEY)})[1]
    assert wrong["resultCode"] != "0000", wrong
    assert bank.psp.lines("charge", form["orderId"]) == []


# ---- all ----


def its_ledger_is_the_referee(bank):
    """Killed at any line it goes on from what it wrote; and what it says is what stands there."""
    payment = bank.paid()
    desk(bank, "toss", payment["orderId"], "cancel", amount="5000")
    bank.psp.process.kill()
    bank.psp.process.wait()
    with open(bank.psp.ledger, "ab") as file:
        file.write(b'{"seq":99,"kind":"charge","pay')  # cut off when the power went
    bank.psp.start()
    now = bank.toss("GET", f"/orders/{payment['orderId']}")[1]
    assert now["status"] == "PARTIAL_CANCELED" and now["balanceAmount"] == 10000, now
    _, _, text = fetch(bank.psp.listen, "GET", "/ledger")
    kinds = [json.loads(line)["kind"] for line in text.decode().splitlines()]
    assert kinds.count("charge") == 1 and kinds.count("cancel") == 1, kinds


ROWS = [toss_key_families, toss_key_families_in_the_browser, toss_half_hour, toss_long_keys, toss_keys_end, toss_test_codes, toss_payment_object,
        toss_virtual_account, toss_deposit_falls_back, toss_account_before_its_deposit, toss_cancels, toss_minimum, toss_webhooks_wait_longer,
        stripe_headers, stripe_auth, stripe_a_day, stripe_intents, stripe_async_events, stripe_refund_events, stripe_disputes,
        stripe_currencies, nicepay_auth, nicepay_net_cancel, nicepay_statuses, nicepay_amount_is_signed, its_ledger_is_the_referee]

TESTS = [("psp-" + test.__name__.replace("_", "-"), row(test)) for test in ROWS]
