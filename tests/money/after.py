"""After the end: what a provider does with money that was paid, without being asked by us. A webhook makes us look, what does not
fit the books stands as a contradiction, and what has one right answer is done."""
import concurrent.futures
import json
import os
import subprocess
import tempfile

from later import counts, opened, pay_in
from server import Server, wait_until
from shop import ABANDONED, DONE, PAYMENT, REFUNDED, USHER, Buyer, Psp, fault, fetch
from nicepay import NiceBuyer
from stripe import StripeBuyer

CANCELLED = "ORDER_STATE_CANCELLED"
DOOR = "usher.v1.DoorService"


def desk(shop, buyer, do, tongue="toss", **more):
    """Somebody at the provider, a bank or a card's company does it."""
    form = "&".join(f"{name}={value}" for name, value in {"do": do, **more}.items())
    status, _, body = fetch(shop.psp.listen, "POST", f"/{tongue}/desk/{buyer.payment}", form)
    assert status == 200, body


def money(shop, buyer):
    return shop.operator("GetMoneyStory", {"orderId": buyer.hold["holdId"]}, PAYMENT)


def contradicted(shop, buyer, reason):
    payment = wait_until(lambda: buyer.get() if buyer.get().get("contradiction", "") == reason else None,
                         f"{buyer.payment} to be contradicted by {reason or 'nothing'}")
    listed = shop.operator("ListPayments", {"contradicted": True}, PAYMENT).get("payments", [])
    assert (buyer.payment in [p["paymentId"] for p in listed]) == (reason != ""), listed
    return payment


def at_the_door(shop, payment, nonce, **more):
    """What a gate says to the first ticket of the order."""
    wish = {"code": payment["order"]["tickets"][0]["ticketCode"], "performanceId": payment["performanceId"],
            "nonce": payment["paymentId"] + nonce, **more}
    return shop.operator("CheckIn", wish, DOOR)["result"].replace("CHECK_IN_RESULT_", "")


def steps(shop, buyer):
    return [(e["step"], e.get("code", "")) for e in money(shop, buyer)["events"] if e["what"] == "contradiction"]


def gauge(shop, name):
    _, _, body = fetch(shop.listen, "GET", "/metrics")
    return sum(float(line.split()[-1]) for line in body.decode().splitlines() if line.startswith(f"{name} "))


def taken_back_whole(shop, kind, tongue):
    buyer = kind(shop)
    assert buyer.pay()["state"] == DONE
    logged = shop.server.log().count("payment.taken_back")
    desk(shop, buyer, "cancel", tongue)
    payment = buyer.until(REFUNDED)
    assert payment["reason"] == "TAKEN_BACK" and "contradiction" not in payment, payment
    assert payment["order"]["state"] == CANCELLED, payment
    story = money(shop, buyer)
    assert [(r["state"], r["amount"], r["reason"]) for r in story["refunds"]] == [
        ("REFUND_STATE_DONE", buyer.hold["total"], "TAKEN_BACK")], story["refunds"]
    assert steps(shop, buyer) == [("stands", "TAKEN_BACK")], story
    assert len(buyer.cancels()) == 1, "the provider is asked for nothing more"
    assert shop.server.log().count("payment.taken_back") > logged
    receipts = buyer.ask("ListReceipts", {"orderId": payment["orderId"]})["receipts"]
    assert len(receipts) == 2, receipts
    again = Buyer(shop, taking=buyer.seats)  # the places are free
    assert again.pay()["state"] == DONE


def cancelled_on_the_dashboard(shop):
    for kind, tongue in ((Buyer, "toss"), (StripeBuyer, "stripe"), (NiceBuyer, "nicepay")):
        taken_back_whole(shop, kind, tongue)


def a_part_is_a_persons(shop):
    """Which tickets it was for is not to be known: a person says so, and what has gone is not asked for once more."""
    buyer = Buyer(shop)
    buyer.pay()
    price = int(buyer.hold["total"]) // 2
    desk(shop, buyer, "cancel", amount=price)
    payment = contradicted(shop, buyer, "TAKEN_BACK")
    assert payment["state"] == DONE and int(payment["contradicted"]) == price, payment
    assert payment["order"]["state"] == "ORDER_STATE_CONFIRMED"
    wait_until(lambda: gauge(shop, "usher_payments_contradicted") >= 1, "the gauge")
    order = payment["orderId"]
    refund = shop.operator("RefundOrder", {"orderId": order, "seats": [buyer.seats[0]]}, PAYMENT)
    assert refund["state"] == "REFUND_STATE_DONE" and int(refund["amount"]) == price, refund
    contradicted(shop, buyer, "")
    assert len(buyer.cancels()) == 1, "it had gone already"
    shop.operator("RefundOrder", {"orderId": order}, PAYMENT)
    buyer.until(REFUNDED)
    assert [c["amount"] for c in buyer.cancels()] == [price, price]
    wait_until(lambda: gauge(shop, "usher_payments_contradicted") == 0, "the gauge to fall")


def next_buyer(shop, kind):
    """On a performance of its own, so that seats of the others stay where they were."""
    if not hasattr(shop, "by_hand"):
        shop.by_hand, shop.by_hand_seats = shop.make_performance(60000, "KRW", 15000), 0
    shop.by_hand_seats += 2
    return kind(shop, performance=shop.by_hand, taking=[shop.by_hand_seats - 2, shop.by_hand_seats - 1])


def part_gone(shop, kind, tongue, told, after):
    """A part is taken back by hand; a refund of more asks for the rest alone, and comes to its end. told: whether the provider told us
    before; after: the seats that go one after another."""
    buyer = next_buyer(shop, kind)
    buyer.pay()
    total = int(buyer.hold["total"])
    part = total // 3
    shop.psp.script(webhooks={} if told else {"lose": 1})
    desk(shop, buyer, "cancel", tongue, amount=part)
    if told:
        contradicted(shop, buyer, "TAKEN_BACK")
    order = buyer.get()["orderId"]
    for seat in after:
        shop.operator("RefundOrder", {"orderId": order, **({"seats": [buyer.seats[seat]]} if seat is not None else {})}, PAYMENT)
    payment = buyer.until(REFUNDED)
    shop.psp.script()
    assert "contradiction" not in payment, payment
    given = [c["amount"] for c in buyer.cancels()]
    assert given[0] == part and sum(given) == total and len(given) == 1 + len(after), given
    story = money(shop, buyer)
    assert {r["state"] for r in story["refunds"]} == {"REFUND_STATE_DONE"}, story["refunds"]
    assert sum(int(r["amount"]) for r in story["refunds"]) == total, "and the books say all of it"
    if not told:
        assert [int(e["amount"]) for e in story["events"] if e["what"] == "refund" and e.get("code") == "TAKEN_BACK"] == [part], story
    receipts = buyer.ask("ListReceipts", {"orderId": payment["orderId"]})["receipts"]
    assert len(receipts) == 1 + len(after), receipts


def a_part_counts_towards_a_refund(shop):
    for kind, tongue in ((Buyer, "toss"), (StripeBuyer, "stripe"), (NiceBuyer, "nicepay")):
        for told in (True, False):
            part_gone(shop, kind, tongue, told, [None])
            part_gone(shop, kind, tongue, told, [0, 1])


def a_part_and_two_refunds_at_once(shop):
    """Both see what has gone; it counts once."""
    for kind, tongue in ((Buyer, "toss"), (StripeBuyer, "stripe"), (NiceBuyer, "nicepay")):
        buyer = next_buyer(shop, kind)
        buyer.pay()
        total = int(buyer.hold["total"])
        shop.psp.script(webhooks={"lose": 1})
        desk(shop, buyer, "cancel", tongue, amount=total // 3)
        order = buyer.get()["orderId"]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda seat, o=order: shop.operator("RefundOrder", {"orderId": o, "seats": [seat]}, PAYMENT), buyer.seats))
        buyer.until(REFUNDED)
        shop.psp.script()
        assert sum(c["amount"] for c in buyer.cancels()) == total, buyer.cancels()


def a_refused_refund_made_by_hand(shop):
    shop.psp.script(fault("cancel", "decline"))
    buyer = Buyer(shop)
    buyer.pay()
    assert buyer.refund()["state"] == "REFUND_STATE_FAILED"
    shop.psp.script()
    desk(shop, buyer, "cancel")
    payment = buyer.until(REFUNDED)
    assert "contradiction" not in payment
    assert [r["state"] for r in money(shop, buyer)["refunds"]] == ["REFUND_STATE_DONE"]


def made_by_hand_while_we_ask(shop):
    """Our own cancel is refused, because somebody has given it back meanwhile and nobody told us."""
    buyer = Buyer(shop)
    buyer.pay()
    shop.psp.script(fault("cancel", "error_before", 1), webhooks={"lose": 1})
    buyer.refund()
    desk(shop, buyer, "cancel")
    buyer.until(REFUNDED)
    shop.psp.script()
    assert len(buyer.cancels()) == 1


def gone_before_we_knew(shop):
    """Charged without an answer, and cancelled there before anybody looked: it was never paid, and another attempt may begin."""
    buyer = Buyer(shop)
    buyer.begin()
    buyer.choose()
    shop.psp.script({**fault("confirm", "error_after"), "order": buyer.payment},
                    {**fault("lookup", "error_before", 1000), "order": buyer.payment}, webhooks={"lose": 1})
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(buyer.finish)
        wait_until(buyer.charges, "the charge")
        desk(shop, buyer, "cancel")
        shop.psp.script()
    payment = buyer.until("PAYMENT_STATE_ABANDONED")
    assert payment["reason"] == "TAKEN_BACK", payment
    assert buyer.pay()["state"] == DONE


def gone_before_the_buyer_came_back(shop):
    """Stripe's session says "paid" whatever was given back of it: its charge tells."""
    buyer = next_buyer(shop, StripeBuyer)
    buyer.begin()
    shop.psp.script(webhooks={"lose": 1})
    buyer.choose()
    desk(shop, buyer, "cancel", "stripe")
    payment = buyer.finish()
    shop.psp.script()
    assert (payment["state"], payment["reason"]) == (ABANDONED, "TAKEN_BACK"), payment
    assert buyer.pay()["state"] == DONE


def a_currency_that_is_not_taken(shop):
    """CLF is a unit of account: Stripe is not offered in it, and says no in a plain sentence; nor is NICEPAY in euros."""
    unit = shop.make_performance(60000, "CLF", 12345)
    names = [p["name"] for p in shop.operator("ListProviders", {"performanceId": unit}, PAYMENT)["providers"]]
    assert "toss" in names and "stripe" not in names and "nicepay" not in names, names
    buyer = Buyer(shop, performance=unit, taking=[0])
    said = buyer.ask("BeginPayment", {"performanceId": unit, "holdId": buyer.hold["holdId"], "idempotencyKey": "clf", "provider": "stripe",
                                      "returnUrl": "/orders", "terms": True, "contact": {"name": "김", "email": "kim@example.org"}})
    assert said.get("message") == "Stripe does not take payments in CLF, the currency of this performance", said
    dinars = shop.make_performance(60000, "KWD", 5124)
    buyer = Buyer(shop, performance=dinars, taking=[0])
    said = buyer.ask("BeginPayment", {"performanceId": dinars, "holdId": buyer.hold["holdId"], "idempotencyKey": "kwd", "provider": "stripe",
                                      "returnUrl": "/orders", "terms": True, "contact": {"name": "김", "email": "kim@example.org"}})
    assert said.get("message") == "Stripe does not take this amount in KWD", said


def a_dispute_is_won(shop):
    buyer = StripeBuyer(shop)
    buyer.pay()
    desk(shop, buyer, "dispute", "stripe")
    payment = contradicted(shop, buyer, "DISPUTED")
    assert payment["order"]["state"] == "ORDER_STATE_CONFIRMED", "until it is decided"
    assert at_the_door(shop, payment, "1") == "OK", "who is right may stand at the door"
    desk(shop, buyer, "win", "stripe")
    contradicted(shop, buyer, "")
    assert steps(shop, buyer) == [("stands", "DISPUTED"), ("over", "")]


def a_dispute_is_lost(shop):
    buyer = StripeBuyer(shop)
    buyer.pay()
    desk(shop, buyer, "dispute", "stripe")
    contradicted(shop, buyer, "DISPUTED")
    desk(shop, buyer, "lose", "stripe")
    payment = buyer.until(REFUNDED)
    assert payment["reason"] == "TAKEN_BACK" and payment["order"]["state"] == CANCELLED, payment


def a_deposit_comes_again(shop):
    buyer, _ = opened(shop)
    assert pay_in(shop, buyer)[0] == 200
    buyer.until(DONE)
    desk(shop, buyer, "undo")
    payment = contradicted(shop, buyer, "DEPOSIT_UNDONE")
    assert payment["order"]["state"] == "ORDER_STATE_CONFIRMED", "until its deadline"
    assert at_the_door(shop, payment, "1") == "UNPAID"
    assert at_the_door(shop, payment, "2", direction="DIRECTION_OUT") == "NOT_INSIDE"
    page = shop.operator("GetDoorList", {"performanceId": payment["performanceId"]}, DOOR)
    refused = {t["orderId"]: t.get("refused") for t in page["tickets"]}
    assert refused[payment["orderId"]] == "CHECK_IN_RESULT_UNPAID", "a device knows it, too"
    assert pay_in(shop, buyer)[0] == 200
    contradicted(shop, buyer, "")
    assert at_the_door(shop, payment, "3") == "OK"
    assert buyer.get()["state"] == DONE


def a_deposit_does_not_come_again(shop):
    buyer, _ = opened(shop, 6000)
    assert pay_in(shop, buyer)[0] == 200
    buyer.until(DONE)
    desk(shop, buyer, "undo")
    payment = buyer.until(REFUNDED)
    assert payment["reason"] == "TAKEN_BACK" and payment["order"]["state"] == CANCELLED, payment
    assert pay_in(shop, buyer)[0] == 409, "its account is closed"
    wait_until(lambda: counts(shop, buyer).get("sold", 0) == 0, "free places")


def a_deposit_is_taken_back_and_nobody_tells(shop):
    """The callback is lost: at the deadline we look by ourselves."""
    buyer, _ = opened(shop, 6000)
    assert pay_in(shop, buyer)[0] == 200
    buyer.until(DONE)
    shop.psp.script(webhooks={"lose": 1})
    desk(shop, buyer, "undo")
    buyer.until(REFUNDED)
    shop.psp.script()


def forged_news(shop):
    """Toss does not sign: whatever a stranger says, the provider is asked, and nothing changes."""
    buyer = Buyer(shop)
    buyer.pay()
    for status in ("CANCELED", "PARTIAL_CANCELED", "ABORTED", "EXPIRED", "WAITING_FOR_DEPOSIT"):
        hook = json.dumps({"eventType": "PAYMENT_STATUS_CHANGED", "data": {"orderId": buyer.payment, "status": status, "balanceAmount": 0}})
        assert fetch(shop.listen, "POST", "/webhooks/toss", hook)[0] == 200
    buyer.paid_once()
    assert steps(shop, buyer) == []


def a_slow_method(shop):
    """A session that is complete and not paid: its PaymentIntent tells what came of it."""
    paid, failed = StripeBuyer(shop), StripeBuyer(shop)
    for buyer in (paid, failed):
        buyer.begin()
        buyer.choose("later")
        told = buyer.finish()
        assert told.get("state") == "PAYMENT_STATE_UNCLEAR", told
    desk(shop, paid, "settle", "stripe")
    desk(shop, failed, "fail", "stripe")
    paid.paid_once()
    failed.until("PAYMENT_STATE_DECLINED")
    assert failed.charges() == []


def checked(*words):
    """What `usher check` says of payments, by what it is about."""
    done = subprocess.run([USHER, "check", "--json", "--listen", "127.0.0.1:0", *words], capture_output=True, text=True, timeout=60)
    return {row["what"]: (row["level"], row["seen"]) for row in json.loads(done.stdout)["checks"]}


def buyer_is_done(server, buyer):
    return server.ask("GetPayment", {"paymentId": buyer.payment}, PAYMENT, buyer.token)["state"] == DONE


def keys_are_looked_at(shop):
    """Accounts without keys, with keys of two kinds, or with nobody who could come back: said before a sale."""
    folder = tempfile.mkdtemp(prefix="usher-keys-")

    def key(name, text):
        with open(os.path.join(folder, name), "w", encoding="ascii") as file:
            file.write(text)
        return os.path.join(folder, name)
    data = ("--data", folder)
    assert checked(*data, "--toss-key", "/no/such/file", "--toss-client-key", "test_ck_x")["payment keys"][0] == "bad"
    for secret, client, said in (("live_sk_x", "test_ck_x", "one key is for test money"), ("test_gsk_x", "test_gck_x", "the widget's"),
                                 ("test_sk_x", "test_sk_x", "goes to every buyer")):
        seen = checked(*data, "--toss-key", key("toss", secret), "--toss-client-key", client, "--toss-url", f"http://{shop.psp.listen}")
        assert seen["payment keys"][0] == "bad" and said in seen["payment keys"][1], seen
    seen = checked(*data, "--toss-key", key("toss", "test_sk_x"), "--toss-client-key", "test_ck_x", "--toss-url", f"http://{shop.psp.listen}")
    assert seen["payment keys"] == ("fine", "toss: test money") and seen["public address"] == ("bad", "none is named"), seen
    seen = checked(*data, "--stripe-key", key("stripe", "sk_test_x"), "--stripe-webhook", key("hook", "secret"),
                   "--public-url", "https://tickets.example.org")
    assert "whsec_" in seen["payment keys"][1] and "public address" not in seen, seen


def a_provider_that_is_not_there_any_more(shop):
    """Its payments are never looked at: the log and a metric say so, until it is named again."""
    bank = Psp(tempfile.mkdtemp(prefix="usher-psp-"))
    own = Server(USHER, "--psp", f"http://{bank.listen}", "--pay-time", "2s")
    try:
        class Own:
            server, psp, listen = own, bank, own.address
        bank.script(fault("confirm", "cut_after"), fault("lookup", "error_before", 1000), webhooks={"lose": 1})
        buyer = Buyer(Own, taking=[0, 1])
        buyer.begin()
        buyer.choose()
        buyer.finish()
        own.die()
        again = Server(USHER, data=own.data)
        try:
            seen = checked("--data", own.data)
            assert seen["payment accounts"] == ("bad", "toss is not configured, and 1 attempts or refunds wait for it"), seen
            wait_until(lambda: "payment.unattended" in again.log() and '"toss"' in again.log(), "the log to name it")
            wait_until(lambda: "\nusher_payments_unattended 1\n" in fetch(again.address, "GET", "/metrics")[2].decode(), "the metric")
        finally:
            again.kill()
        bank.script()
        named = Server(USHER, "--psp", f"http://{bank.listen}", data=own.data)
        try:
            wait_until(lambda: "\nusher_payments_unattended 0\n" in fetch(named.address, "GET", "/metrics")[2].decode(), "nothing to wait")
            assert "payment.unattended" not in named.log()
            bank.script(webhooks={"lose": 1})
            for seat in (10, 20):
                Own.server, Own.listen = named, named.address
                assert Buyer(Own, taking=[seat]).pay()["state"] == DONE
            wait_until(lambda: buyer_is_done(named, buyer), "the first one's payment")
            seen = checked("--data", own.data, "--psp", f"http://{bank.listen}")
            assert "payment accounts" not in seen and seen["payment keys"][0] == "look", seen
            assert seen["webhooks"] == ("bad", "toss told of 0 of 3 payments of the last 7 days"), seen
        finally:
            named.kill()
    finally:
        own.kill()
        bank.die()


TESTS = [
    ("after-cancelled-on-the-dashboard", cancelled_on_the_dashboard),
    ("after-a-part-is-a-persons", a_part_is_a_persons),
    ("after-a-part-counts-towards-a-refund", a_part_counts_towards_a_refund),
    ("after-a-part-and-two-refunds-at-once", a_part_and_two_refunds_at_once),
    ("after-a-refused-refund-made-by-hand", a_refused_refund_made_by_hand),
    ("after-made-by-hand-while-we-ask", made_by_hand_while_we_ask),
    ("after-gone-before-we-knew", gone_before_we_knew),
    ("after-gone-before-the-buyer-came-back", gone_before_the_buyer_came_back),
    ("after-a-currency-that-is-not-taken", a_currency_that_is_not_taken),
    ("after-a-dispute-is-won", a_dispute_is_won),
    ("after-a-dispute-is-lost", a_dispute_is_lost),
    ("after-a-deposit-comes-again", a_deposit_comes_again),
    ("after-a-deposit-does-not-come-again", a_deposit_does_not_come_again),
    ("after-a-deposit-is-taken-back-and-nobody-tells", a_deposit_is_taken_back_and_nobody_tells),
    ("after-forged-news", forged_news),
    ("after-a-slow-method", a_slow_method),
    ("after-a-provider-that-is-not-there-any-more", a_provider_that_is_not_there_any_more),
    ("check-looks-at-keys", keys_are_looked_at),
]
