"""What is paid later: to a virtual account until a deadline, or at the box office. Held, not sold."""
import concurrent.futures
import json
import sqlite3
import subprocess
import time

import door
from server import wait_until
from shop import ABANDONED, DONE, PAYMENT, REFUNDED, USHER, WAITING, Buyer, fault, fetch

DEPOSIT, UNCLEAR = "PAYMENT_STATE_DEPOSIT", "PAYMENT_STATE_UNCLEAR"
ACCOUNT = {"bank": "88", "number": "110-987-654321", "holder": "홍길동"}
WISH = {"bank": "20", "refundAccount": ACCOUNT, "cashReceipt": "CASH_RECEIPT_KIND_CONSUMER", "cashReceiptNumber": "01098761234"}


def performance(shop, later_ms=3_600_000):
    """One that may be paid later, in won, with holds of a second; made anew for each deadline."""
    first = shop.operator("GetPerformance", {"performanceId": 1})
    made = shop.operator("CreatePerformance", {
        "eventId": first["eventId"], "hallId": first["hall"]["hallId"], "currency": "KRW", "holdTtlMs": 2000,
        "startsAtMs": int(time.time() * 1000) + 20 * 86400000, "payLaterMs": later_ms, "prices": first["prices"]})
    assert made.get("payLaterMs") == later_ms, made
    shop.operator("OpenSale", {"performanceId": made["performanceId"]})
    return made["performanceId"]


def opened(shop, later_ms=3_600_000, **more):
    buyer = Buyer(shop, performance(shop, later_ms))
    payment = buyer.begin(provider="toss", deposit={**WISH, **more})
    assert payment["state"] == DEPOSIT, payment
    buyer.account = payment["deposit"]["number"]
    return buyer, payment


def pay_in(shop, buyer, amount=None):
    """As at a bank's counter: (status, what it says)."""
    amount = int(buyer.hold["total"]) if amount is None else amount
    status, _, body = fetch(shop.psp.listen, "POST", f"/toss/bank/{buyer.account}", f"amount={amount}")
    return status, json.loads(body)


def counts(shop, buyer):
    return shop.operator("GetPerformance", {"performanceId": buyer.performance})["counts"]


def paid_in_time(shop):
    buyer, payment = opened(shop)
    assert payment["deposit"]["cashReceiptHint"] == "…1234" and payment["deposit"]["bank"] == "20", payment
    assert counts(shop, buyer)["held"] == 2 and "sold" not in counts(shop, buyer), "held, not sold"
    made_ms = int(buyer.hold["expiresAtMs"]) - 2000
    assert 3_590_000 < int(payment["deposit"]["dueAtMs"]) - made_ms <= 3_600_000, payment
    [waiting] = buyer.ask("ListDeposits", {})["payments"]
    assert waiting["deposit"] == payment["deposit"] and waiting["amount"] == payment["amount"], waiting
    assert "payments" not in Buyer(shop).ask("ListDeposits", {}), "another's own"
    assert pay_in(shop, buyer)[0] == 200
    buyer.paid_once()
    assert "payments" not in buyer.ask("ListDeposits", {}), "nothing more to pay"
    assert pay_in(shop, buyer)[0] == 409, "an account takes one payment"
    buyer.refund()
    buyer.until(REFUNDED)
    assert len(buyer.cancels()) == 1


def off_by_default(shop):
    buyer = Buyer(shop)
    wish = {"performanceId": 1, "holdId": buyer.hold["holdId"], "idempotencyKey": "later", "terms": True, "deposit": WISH}
    for provider in ("toss", "box-office"):
        answer = buyer.ask("BeginPayment", {**wish, "provider": provider})
        assert answer["details"][0]["debug"]["reason"] == "PAY_LATER_OFF", answer
    names = [p["name"] for p in buyer.ask("ListProviders", {"performanceId": 1})["providers"]]
    assert "box-office" not in names, names
    too_long = shop.operator("UpdatePerformance", {"performanceId": 1, "payLaterMs": 86_400_001})
    assert too_long["code"] == "invalid_argument", too_long
    assert buyer.pay()["state"] == DONE


def off_behind_a_line(shop):
    """A crowd that waits in a line does not wait for who may not pay, whatever the organiser has set."""
    sale, made = door.make_sale(shop)
    assert shop.operator("UpdatePerformance", {"performanceId": made, "payLaterMs": 3_600_000})["payLaterMs"] == 3_600_000
    token, good = door.enter(shop, sale)
    hold = door.call(shop, door.TICKET, "HoldBest", {"performanceId": made, "party": 1}, token, good)
    told = shop.server.ask("ListProviders", {"performanceId": made}, PAYMENT)["providers"]
    assert "toss" in [p["name"] for p in told], told
    assert not [p for p in told if p["name"] == "box-office" or "virtual-account" in p["methods"]], "what is refused is not offered"
    assert shop.operator("GetPerformance", {"performanceId": made})["payLaterMs"] == 3_600_000, "as it is set"
    for provider, more in (("toss", {"deposit": WISH}), ("box-office", {})):
        answer = door.call(shop, PAYMENT, "BeginPayment", {
            "performanceId": made, "holdId": hold["holdId"], "idempotencyKey": provider, "terms": True, "provider": provider,
            **more}, token, good)
        assert answer["details"][0]["debug"]["reason"] == "PAY_LATER_OFF", answer


def the_deadline_passes(shop):
    """The account is closed before the places are for sale again; the bank takes nothing any more."""
    buyer, _ = opened(shop, 3000)
    payment = buyer.until(ABANDONED)
    assert payment["reason"] == "PAYMENT_EXPIRED", payment
    wait_until(lambda: counts(shop, buyer).get("held", 0) + counts(shop, buyer).get("resting", 0) == 0, "free places")
    assert pay_in(shop, buyer)[0] == 409 and buyer.charges() == []
    with sqlite3.connect(f"file:{shop.server.data}/usher.db?mode=ro", uri=True) as db:
        forget, = db.execute("SELECT forget_at_ms FROM deposit WHERE number = ?", (buyer.account,)).fetchone()
    assert forget < (time.time() + 8 * 86400) * 1000, "what is personal is forgotten a week later"


def the_callback_is_lost(shop):
    shop.psp.script(webhooks={"lose": 1})
    buyer, _ = opened(shop)
    assert pay_in(shop, buyer)[0] == 200
    buyer.paid_once()  # by looking, now and then
    shop.psp.script()


def paid_another_amount(shop):
    """The bank refuses it; and where the provider tells of another amount, nothing is sold."""
    buyer, payment = opened(shop)
    assert pay_in(shop, buyer, int(payment["amount"]) - 1)[0] == 409
    assert buyer.get()["state"] == DEPOSIT and buyer.charges() == []
    shop.psp.script(fault("lookup", "wrong_amount", 3))
    assert pay_in(shop, buyer)[0] == 200
    buyer.until(UNCLEAR)
    assert counts(shop, buyer)["held"] == 2 and "sold" not in counts(shop, buyer)
    shop.psp.script()
    buyer.paid_once()


def late(shop, buyer):
    """Paid at the last moment, and heard of only when the places are gone: nobody can look, nobody is told."""
    shop.psp.script(fault("lookup", "error_before", 1000), fault("cancel", "error_before", 1000), webhooks={"lose": 1})
    assert pay_in(shop, buyer)[0] == 200
    buyer.ask("ReleaseHold", {"performanceId": buyer.performance, "holdId": buyer.hold["holdId"]}, "usher.v1.TicketService")
    buyer.until(UNCLEAR)


def paid_late_and_the_places_are_free(shop):
    buyer, _ = opened(shop, 4000)
    late(shop, buyer)
    shop.psp.script()
    payment = buyer.paid_once()
    assert payment["orderId"] != buyer.hold["holdId"]
    [found] = shop.operator("FindOrders", {"text": buyer.begun["orderNumber"]}, "usher.v1.DoorService")["orders"]
    assert found["order"]["orderId"] == payment["orderId"], "by the number that he was told"


def paid_late_and_the_places_are_gone(shop):
    buyer, _ = opened(shop, 4000)
    late(shop, buyer)
    other = Buyer.__new__(Buyer)
    other.shop, other.performance, other.keys = shop, buyer.performance, 0
    other.token = shop.server.ask("CreateGuest", {}, "usher.v1.AuthService")["token"]
    other.hold = other.take(2, buyer.seats)
    assert other.begin(provider="box-office")["state"] == DEPOSIT
    shop.psp.script()
    payment = buyer.until(REFUNDED)
    assert payment["reason"] == "SEATS_GONE", payment
    assert [c["amount"] for c in buyer.cancels()] == [int(buyer.hold["total"])]


def the_answer_is_lost(shop):
    """The account is opened and nobody hears of it: asked again by its key, it is the same one."""
    for do in ("cut_after", "cut_before", "timeout_after", "error_before"):
        shop.psp.script(fault("deposit", do), fault("lookup", "error_before"))
        buyer = Buyer(shop, performance(shop))
        buyer.begin(provider="toss", deposit=WISH)
        buyer.account = buyer.until(DEPOSIT)["deposit"]["number"]
        assert len(shop.psp.lines("open", buyer.payment)) == 1, do
        shop.psp.script()
        assert pay_in(shop, buyer)[0] == 200
        buyer.paid_once()


def a_wrong_bank(shop):
    buyer = Buyer(shop, performance(shop))
    payment = buyer.begin(provider="toss", deposit={**WISH, "bank": "9999"})
    assert payment["state"] == "PAYMENT_STATE_DECLINED", payment
    again = buyer.begin(provider="toss", deposit=WISH)
    assert again["state"] == DEPOSIT and again["paymentId"] != payment["paymentId"], again
    for wrong in ({"refundAccount": {**ACCOUNT, "number": "12a"}}, {"cashReceiptNumber": "1"}, {"refundAccount": None}):
        other = Buyer(shop, buyer.performance)
        answer = other.ask("BeginPayment", {"performanceId": buyer.performance, "holdId": other.hold["holdId"], "terms": True,
                                            "idempotencyKey": "w", "provider": "toss", "deposit": {**WISH, **wrong}})
        assert answer["code"] == "invalid_argument", (wrong, answer)


def a_forged_callback(shop):
    """Without the secret, or with another's: refused, written down, and nothing is asked."""
    buyer, _ = opened(shop)
    other, _ = opened(shop)
    with sqlite3.connect(f"file:{shop.server.data}/usher.db?mode=ro", uri=True) as db:
        others, = db.execute("SELECT secret FROM deposit WHERE number = ?", (other.account,)).fetchone()
    for secret in ("ps_forged", others):
        body = json.dumps({"createdAt": "2026-11-29", "secret": secret, "status": "DONE", "transactionKey": "t", "orderId": buyer.payment})
        assert fetch(shop.listen, "POST", "/webhooks/toss", body)[0] == 400
    assert buyer.get()["state"] == DEPOSIT
    story = shop.operator("GetMoneyStory", {"orderId": buyer.hold["holdId"]}, PAYMENT)["events"]
    assert sum("secret" in e.get("text", "") for e in story) == 2, story


def given_up(shop):
    buyer, _ = opened(shop)
    assert buyer.ask("AbandonPayment", {"paymentId": buyer.payment})["state"] == ABANDONED
    assert pay_in(shop, buyer)[0] == 409
    assert buyer.pay()["state"] == DONE
    buyer.paid_once()


def a_wrong_refund_account_is_mended(shop):
    shop.psp.script(fault("cancel", "decline"))
    buyer, _ = opened(shop)
    assert pay_in(shop, buyer)[0] == 200
    buyer.until(DONE)
    assert buyer.refund()["state"] == "REFUND_STATE_FAILED"
    shop.psp.script()
    mended = buyer.refund(refundAccount={**ACCOUNT, "number": "110111222333"})
    assert mended["state"] == "REFUND_STATE_DONE", mended
    assert buyer.until(REFUNDED)


def at_the_box_office(shop):
    """usher order collect: a hold with a deadline becomes an order when the money is on the counter."""
    buyer = Buyer(shop, performance(shop))
    payment = buyer.begin(provider="box-office")
    assert payment["state"] == DEPOSIT and payment["deposit"].get("number", "") == "", payment
    assert counts(shop, buyer)["held"] == 2 and "sold" not in counts(shop, buyer), "held, not sold"
    key = ["--url", f"http://{shop.listen}", "--data", shop.server.data]

    def usher(*words):
        return subprocess.run([USHER, "order", *words, *key], capture_output=True, text=True, timeout=60, check=False)
    wrong = usher("collect", payment["orderNumber"], "--performance", str(buyer.performance), "--amount", "1")
    assert wrong.returncode != 0 and "places cost" in wrong.stderr, (wrong.stdout, wrong.stderr)
    stranger = Buyer(shop).ask("CollectPayment", {"paymentId": buyer.payment, "amount": payment["amount"]})
    assert stranger["code"] == "permission_denied", stranger
    done = usher("collect", payment["orderNumber"], "--performance", str(buyer.performance))
    assert done.returncode == 0 and payment["orderNumber"] in done.stdout, (done.stdout, done.stderr)
    order = buyer.until(DONE)["order"]
    assert order["state"] == "ORDER_STATE_CONFIRMED" and order["orderNumber"] == payment["orderNumber"]
    assert order["paymentMethod"] == "PAYMENT_METHOD_COLLECTED", order
    again = shop.operator("CollectPayment", {"paymentId": buyer.payment, "amount": payment["amount"]}, PAYMENT)
    assert again["state"] == DONE, "taken once, told again"
    receipts = buyer.ask("ListReceipts", {"orderId": order["orderId"]})["receipts"]
    assert len(receipts) == 1 and int(receipts[0]["total"]) == int(payment["amount"]), receipts
    # The buyer's own wish waits for a person; who runs the performance has handed it back.
    assert buyer.refund()["state"] == "REFUND_STATE_FAILED"
    assert buyer.refund(refundAccount=ACCOUNT)["state"] == "REFUND_STATE_FAILED"
    assert usher("refund", order["orderId"]).returncode == 0
    buyer.until(REFUNDED)


def the_box_offices_deadline_passes(shop):
    buyer = Buyer(shop, performance(shop, 2000))
    payment = buyer.begin(provider="box-office")
    buyer.until(ABANDONED)
    late_one = shop.operator("CollectPayment", {"paymentId": buyer.payment, "amount": payment["amount"]}, PAYMENT)
    assert late_one["details"][0]["debug"]["reason"] == "PAYMENT_OVER", late_one
    wait_until(lambda: counts(shop, buyer).get("held", 0) == 0, "the places to be free")


def collected_twice_at_once(shop):
    buyer = Buyer(shop, performance(shop))
    payment = buyer.begin(provider="box-office")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(shop.operator, "CollectPayment", {"paymentId": buyer.payment, "amount": payment["amount"]}, PAYMENT)
                 for _ in range(4)]
        for call in calls:
            assert call.result()["state"] in (DONE, "PAYMENT_STATE_CAPTURED"), call.result()
    buyer.until(DONE)
    assert len(buyer.ask("ListReceipts", {"orderId": buyer.get()["orderId"]})["receipts"]) == 1


def collected_and_ended_at_once(shop):
    """Whoever is quicker, nobody is told that it was paid when it was not, and takes money for what is gone."""
    for _ in range(6):
        buyer = Buyer(shop, performance(shop))
        payment = buyer.begin(provider="box-office")
        collect = ("CollectPayment", {"paymentId": buyer.payment, "amount": payment["amount"]}, PAYMENT)
        end = ("AbandonPayment", {"paymentId": buyer.payment}, PAYMENT)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            calls = [(call, pool.submit(who, *call)) for who, call in (
                (shop.operator, collect), (buyer.ask, end), (shop.operator, end), (shop.operator, collect))]
            told = [(call[0], done.result()) for call, done in calls]
        paid = buyer.until(DONE, ABANDONED)["state"] == DONE
        for method, answer in told:
            if method == "CollectPayment" and not paid:
                assert answer.get("details", [{}])[0].get("debug", {}).get("reason") == "PAYMENT_OVER", told
            elif method == "CollectPayment":
                assert answer["state"] in (DONE, "PAYMENT_STATE_CAPTURED"), told
        assert not paid or sum("again" not in answer for method, answer in told if method == "CollectPayment") == 1, told


def held_over_a_crash(shop):
    """What waits for a day is held still after kill -9, though its hold was made long before the last rows."""
    buyer, _ = opened(shop, 86_400_000)
    shop.server.process.kill()
    shop.server.process.wait()
    shop.again()
    assert counts(shop, buyer)["held"] == 2
    assert pay_in(shop, buyer)[0] == 200
    buyer.paid_once()


def nothing_personal_is_left(shop):
    """Account and number are sealed in one table, the number until the provider has it; and nowhere else."""
    buyer, _ = opened(shop)
    assert pay_in(shop, buyer)[0] == 200
    buyer.until(DONE)
    with sqlite3.connect(f"file:{shop.server.data}/usher.db?mode=ro", uri=True) as db:
        account, cash = db.execute("SELECT account, cash FROM deposit WHERE number = ?", (buyer.account,)).fetchone()
        assert len(account) > 40 and len(cash) == 0
        for table, in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            for row in db.execute(f"SELECT * FROM {table}"):
                text = "|".join(v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in row)
                for secret in (ACCOUNT["number"], ACCOUNT["holder"], WISH["cashReceiptNumber"]):
                    assert secret not in text, (table, row)
    with open(shop.psp.ledger, encoding="utf-8") as file:
        ledger = file.read()
    assert WISH["cashReceiptNumber"] not in ledger and ACCOUNT["number"] not in ledger
    assert WAITING not in ledger


TESTS = [
    ("later-paid-in-time", paid_in_time),
    ("later-off-by-default", off_by_default),
    ("later-off-behind-a-line", off_behind_a_line),
    ("later-the-deadline-passes", the_deadline_passes),
    ("later-the-callback-is-lost", the_callback_is_lost),
    ("later-paid-another-amount", paid_another_amount),
    ("later-paid-late-places-free", paid_late_and_the_places_are_free),
    ("later-paid-late-places-gone", paid_late_and_the_places_are_gone),
    ("later-the-answer-is-lost", the_answer_is_lost),
    ("later-a-wrong-bank", a_wrong_bank),
    ("later-a-forged-callback", a_forged_callback),
    ("later-given-up", given_up),
    ("later-a-wrong-refund-account-is-mended", a_wrong_refund_account_is_mended),
    ("later-at-the-box-office", at_the_box_office),
    ("later-the-box-offices-deadline-passes", the_box_offices_deadline_passes),
    ("later-collected-twice-at-once", collected_twice_at_once),
    ("later-collected-and-ended-at-once", collected_and_ended_at_once),
    ("later-held-over-a-crash", held_over_a_crash),
    ("later-nothing-personal-is-left", nothing_personal_is_left),
]
