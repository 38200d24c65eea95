"""The box office's till: sold over the counter, given back, given away, counted. Its sum is the books'."""
import concurrent.futures
import sqlite3
import subprocess

from server import wait_until
from fees import set_terms
from shop import AUTH, DONE, PAYMENT, REFUNDED, USHER, Buyer

TILL, TICKET, DOOR = "usher.v1.TillService", "usher.v1.TicketService", "usher.v1.DoorService"


def token(shop, role, organiser=1):
    return shop.server.ask("CreateApiToken", {"organiserId": organiser, "name": role, "role": f"ROLE_{role}"}, AUTH,
                           shop.server.operator_key)["token"]


class Desk:
    """Somebody at the box office, with what a token of that role may do."""
    keys = 0

    def __init__(self, shop, role="BOX_OFFICE", organiser=1):
        self.shop, self.token = shop, token(shop, role, organiser)

    def ask(self, method, message, service=TILL):
        return self.shop.server.ask(method, message, service, self.token, timeout=60)

    def open(self, **more):
        till = self.ask("OpenTill", {"openingAmount": "50000", **more})
        assert "tillId" in till, till
        return till

    def hold(self, count=2, performance=1):
        Desk.keys += 1
        seats = Buyer.next_seats(count)
        held = self.ask("HoldAtTill", {"seats": {"performanceId": performance, "seats": seats, "idempotencyKey": f"c{Desk.keys}"}})
        assert "customerId" in held, held
        return held

    def wish(self, held, **more):
        return {"performanceId": held["hold"]["performanceId"], "holdId": held["hold"]["holdId"],
                "customerId": held["customerId"], "means": "TILL_MEANS_CASH", "amount": held["hold"]["total"], **more}

    def sell(self, held, **more):
        return self.ask("SellAtTill", self.wish(held, **more))

    def close(self, counted=None):
        till = self.ask("GetTill", {})
        closed = self.ask("CloseTill", {"tillId": till["tillId"], "counted": till["expected"] if counted is None else counted})
        assert "closedAtMs" in closed, closed
        return closed


def reason(answer):
    return answer["details"][0]["debug"]["reason"] if "details" in answer else answer.get("code", answer)


def sells_and_gives_change(shop):
    desk = Desk(shop)
    held = desk.hold()
    total = int(held["hold"]["total"])
    assert reason(desk.sell(held)) == "TILL_CLOSED", "no till, no money"
    till = desk.open()
    assert reason(desk.ask("OpenTill", {})) == "TILL_OPEN"
    assert reason(desk.sell(held, amount=str(total - 1))) == "AMOUNT_CHANGED"
    assert reason(desk.sell(held, tendered=str(total - 1))) == "BAD_ARGUMENT"
    sold = desk.sell(held, tendered=str(total + 5000))
    assert int(sold["change"]) == 5000 and sold["order"]["paymentMethod"] == "PAYMENT_METHOD_COLLECTED", sold
    assert len(sold["order"]["tickets"]) == 2 and sold["entry"]["number"] == "1", sold
    assert desk.sell(held, tendered=str(total + 5000)) == sold, "asked again, told again"
    number = sold["order"]["orderNumber"]
    found = wait_until(lambda: desk.ask("FindOrders", {"text": number}, DOOR).get("orders"), "the order to be found")
    assert [one["order"]["orderId"] for one in found] == [sold["order"]["orderId"]], "found without a name"
    paper = desk.ask("GetTicketFile", {"orderId": sold["order"]["orderId"]}, DOOR)
    assert paper["mediaType"] == "application/pdf" and number in paper["name"], paper.get("name", paper)
    assert reason(Desk(shop, "DOOR").ask("GetTicketFile", {"orderId": sold["order"]["orderId"]}, DOOR)) == "permission_denied"
    card = desk.sell(desk.hold(), means="TILL_MEANS_CARD", note="A-0042")
    assert card["entry"]["note"] == "A-0042" and card.get("change", "0") == "0", card
    assert reason(desk.sell(desk.hold(), means="TILL_MEANS_CARD")) == "BAD_ARGUMENT", "a card has a number"
    now = desk.ask("GetTill", {"tillId": till["tillId"]})
    assert (now["cashTaken"], now["cardTaken"], now["sales"]) == (str(total), str(total), 2), now
    assert int(now["expected"]) == 50000 + total, now
    receipts = shop.operator("ListReceipts", {"orderId": sold["order"]["orderId"]}, PAYMENT)["receipts"]
    assert [int(one["total"]) for one in receipts] == [total], receipts


def gives_back_over_the_counter(shop):
    desk = Desk(shop)
    held = desk.hold()
    total = int(held["hold"]["total"])
    before = desk.ask("GetTill", {})
    place = {"performanceId": 1, "holdId": held["hold"]["holdId"]}
    chosen = desk.ask("ChooseAtTill", {"wish": place, "customerId": held["customerId"]})  # no types and no code: as it was
    assert chosen.get("hold", {}).get("total") == str(total) or reason(chosen) == "BAD_ARGUMENT", chosen
    sold = desk.sell(held)["order"]
    seat = sold["tickets"][0].get("seat", 0)
    half = desk.ask("RefundOrder", {"orderId": sold["orderId"], "seats": [seat]}, PAYMENT)
    assert half["state"] == "REFUND_STATE_DONE" and int(half["amount"]) == total // 2, half
    again = desk.ask("RefundOrder", {"orderId": sold["orderId"], "seats": [seat]}, PAYMENT)
    assert again == {**half, "again": True}, "nobody hands it out twice"
    rest = desk.ask("RefundOrder", {"orderId": sold["orderId"]}, PAYMENT)
    assert rest["state"] == "REFUND_STATE_DONE", rest
    card = desk.sell(desk.hold(), means="TILL_MEANS_CARD", note="7")["order"]
    assert desk.ask("RefundOrder", {"orderId": card["orderId"]}, PAYMENT)["state"] == "REFUND_STATE_DONE"
    now = desk.ask("GetTill", {})
    assert int(now["expected"]) == int(before["expected"]), (before, now)
    assert int(now["cashReturned"]) == total and int(now["cardReturned"]) == total, "a card gets back what it paid"
    closed = desk.close()
    assert closed.get("difference", "0") == "0" and closed["counted"] == closed["expected"], closed
    again = desk.ask("CloseTill", {"tillId": closed["tillId"], "counted": "0"})
    assert reason(again) == "TILL_CLOSED", again
    # Without a till no money goes out, and nothing is given back.
    late = desk.open()
    sold = desk.sell(desk.hold())["order"]
    desk.close()
    assert reason(desk.ask("RefundOrder", {"orderId": sold["orderId"]}, PAYMENT)) == "TILL_CLOSED"
    order = shop.operator("GetOrder", {"orderId": sold["orderId"]})
    assert order["state"] == "ORDER_STATE_CONFIRMED" and len(order["tickets"]) == 2, order
    entries = desk.ask("ListTillEntries", {"tillId": late["tillId"]})["entries"]
    assert [one["kind"] for one in entries] == ["TILL_ENTRY_KIND_SALE"], entries


def what_had_no_fee_gives_none_back(shop):
    """Terms with fees: over the counter only the price is paid, and only that goes back."""
    night = shop.make_performance(60000, "KRW", 10000)
    set_terms(shop, night, feeCurrency="KRW")
    desk = Desk(shop)
    desk.open()
    sold = desk.sell(desk.hold(2, night))
    order, price = sold["order"], int(sold["order"]["total"]) // 2
    assert int(sold["entry"]["amount"]) == 2 * price, sold
    for seats in ([order["tickets"][0].get("seat", 0)], []):
        back = desk.ask("RefundOrder", {"orderId": order["orderId"], "seats": seats}, PAYMENT)
        assert int(back["amount"]) == price, back
    desk.close()


def what_is_handed_back_is_mailed(shop):
    """Not as if a bank or a card had to do with it."""
    desk = Desk(shop)
    desk.open()
    for language, said, never in (("en", "The box office has given it back", "bank"), ("ko", "매표소에서", "카드사")):
        address = f"{language}.counter@example.org"
        mailed = desk.sell(desk.hold(1), contact={"name": "Kim", "email": address, "language": language})["order"]
        desk.ask("RefundOrder", {"orderId": mailed["orderId"]}, PAYMENT)

        def told():
            mails = shop.operator("ListMails", {"to": address}, DOOR).get("mails", [])
            return {mail["template"]: shop.operator("GetMail", {"mailId": mail["mailId"]}, DOOR).get("text", "") for mail in mails}
        texts = wait_until(lambda: told() if {"handed", "cancelled"} <= set(told()) else None, "both mails")
        assert said in texts["handed"] and never not in texts["handed"], texts
        assert "card" not in texts["cancelled"] and "카드" not in texts["cancelled"], texts
    desk.close()


def what_no_till_can(shop):
    """A comp with an amount, more cash than there is, another means with cash tendered, more out than is in the drawer."""
    manager = Desk(shop, "MANAGER")
    manager.open(openingAmount="0")
    held = manager.hold()
    total = int(held["hold"]["total"])
    comp = {"means": "TILL_MEANS_COMP", "note": "press"}
    for wish in ({**comp, "amount": str(total)}, {**comp, "amount": "0", "tendered": "5"}, {"tendered": "1000000000001"},
                 {"tendered": str(2 ** 63 - 1)}, {"means": "TILL_MEANS_CARD", "note": "1", "tendered": str(total)},
                 {"amount": "0"}, {"amount": "0", "tendered": "1"}, {"amount": "0", "means": "TILL_MEANS_CARD", "note": "1"}):
        assert reason(manager.sell(held, **wish)) == "BAD_ARGUMENT", wish
    order = manager.sell(held)["order"]
    manager.close()
    manager.open(openingAmount=str(total // 2 + 1))
    short = manager.ask("RefundOrder", {"orderId": order["orderId"]}, PAYMENT)
    assert reason(short) == "DRAWER_SHORT", short
    assert len(shop.operator("GetOrder", {"orderId": order["orderId"]})["tickets"]) == 2
    half = manager.ask("RefundOrder", {"orderId": order["orderId"], "seats": [order["tickets"][0].get("seat", 0)]}, PAYMENT)
    assert half["state"] == "REFUND_STATE_DONE", half
    assert reason(manager.ask("RefundOrder", {"orderId": order["orderId"]}, PAYMENT)) == "DRAWER_SHORT"
    manager.close()
    manager.open(openingAmount=str(total))
    assert manager.ask("RefundOrder", {"orderId": order["orderId"]}, PAYMENT)["state"] == "REFUND_STATE_DONE"
    assert manager.close()["expected"] == str(total - total // 2)


def cash_goes_back_once(shop):
    """Clicked four times at once it is handed out once, each is told that it is done, and none of a provider."""
    desk = Desk(shop)
    till = desk.open()
    for _ in range(3):
        order = desk.sell(desk.hold())["order"]
        cancelled = desk.ask("CancelOrder", {"orderId": order["orderId"]}, TICKET)
        assert reason(cancelled) == "PAID_BY_CARD" and "at the box office" in cancelled["message"], cancelled
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            calls = [pool.submit(desk.ask, "RefundOrder", {"orderId": order["orderId"]}, PAYMENT) for _ in range(4)]
            told = [call.result() for call in calls]
        assert all(answer.get("state") == "REFUND_STATE_DONE" for answer in told), told
        assert sum("again" not in answer for answer in told) == 1, told
    now = desk.ask("GetTill", {"tillId": till["tillId"]})
    assert now["expected"] == "50000" and now["refunds"] == 3, now
    desk.close()


def comps_are_told_apart(shop):
    desk, manager = Desk(shop), Desk(shop, "MANAGER")
    desk.open()
    report = shop.operator("GetSaleReport", {"performanceId": 1})
    comp = {"means": "TILL_MEANS_COMP", "amount": "0", "note": "press"}
    held = desk.hold()
    assert reason(desk.sell(held, **comp)) == "COMPS_OFF", "a manager's to give"
    assert reason(desk.ask("SetTillRules", {"rules": {"boxOfficeComps": True}})) == "permission_denied"
    assert reason(manager.sell(held, **{**comp, "note": ""})) == "BAD_ARGUMENT", "a comp has a reason"
    given = manager.sell(held, **comp)
    assert given["order"]["paymentMethod"] == "PAYMENT_METHOD_COMP" and given["order"].get("total", "0") == "0", given
    assert all(ticket.get("amount", "0") == "0" for ticket in given["order"]["tickets"]), given
    assert given["entry"]["kind"] == "TILL_ENTRY_KIND_COMP" and given["entry"]["note"] == "press", given
    assert manager.sell(held, **comp) == given, "asked again, told again"
    assert "rules" not in manager.ask("SetTillRules", {"rules": {"boxOfficeComps": True}})
    assert desk.ask("GetTillRules", {})["boxOfficeComps"] and desk.ask("GetTill", {})["mayGive"]
    second = desk.sell(desk.hold(1), **comp)
    assert second["order"]["paymentMethod"] == "PAYMENT_METHOD_COMP", second
    manager.ask("SetTillRules", {"rules": {}})
    now = shop.operator("GetSaleReport", {"performanceId": 1})
    assert now["comps"] == report.get("comps", 0) + 3 and now["soldTotal"] == report.get("soldTotal", "0"), (report, now)
    stranger = Buyer(shop).ask("CancelOrder", {"orderId": second["order"]["orderId"]}, TICKET)
    assert reason(stranger) == "NOT_FOUND", stranger
    back = desk.ask("CancelOrder", {"orderId": given["order"]["orderId"], "seats": [given["order"]["tickets"][0].get("seat", 0)]}, TICKET)
    assert len(back["tickets"]) == 1, back
    assert shop.operator("GetSaleReport", {"performanceId": 1})["comps"] == now["comps"] - 1
    till = desk.close()
    assert (till["comps"], till["compPlaces"], till["expected"]) == (2, 3, "50000"), till
    acts = shop.server.ask("ListActs", {}, AUTH, shop.server.operator_key)["acts"]
    assert {"till.open", "till.close", "comp.give", "till.rules"} <= {act["what"] for act in acts}, acts


def roles_and_strangers(shop):
    """Who may not is refused, by each call; another organiser's box office has no till here."""
    desk = Desk(shop)
    held = desk.hold()
    guest, door = Buyer(shop), Desk(shop, "DOOR")
    calls = [("OpenTill", {}), ("GetTill", {}), ("ListTills", {}), ("ListTillEntries", {"tillId": "x"}),
             ("CloseTill", {"tillId": "x"}), ("HoldAtTill", {}), ("ChooseAtTill", {}), ("ReleaseAtTill", {}),
             ("SellAtTill", desk.wish(held)), ("SetTillRules", {"rules": {}}), ("GetTillRules", {})]
    for method, message in calls:
        for who in (guest, door):
            assert reason(who.ask(method, message, TILL)) == "permission_denied", method
    made = shop.server.ask("CreateOrganiser", {"name": "Other", "ownerEmail": "other@example.org"}, AUTH, shop.server.operator_key)
    other = Desk(shop, "BOX_OFFICE", made["organiserId"])
    theirs = other.open()
    mine = desk.open()
    assert reason(other.ask("GetTill", {"tillId": mine["tillId"]})) == "NOT_FOUND"
    assert reason(desk.ask("CloseTill", {"tillId": theirs["tillId"], "counted": "0"})) == "NOT_FOUND"
    assert reason(other.sell(held)) == "permission_denied", "places of another organiser"
    assert reason(other.ask("ReleaseAtTill", {"wish": {"performanceId": 1, "holdId": held["hold"]["holdId"]},
                                              "customerId": held["customerId"]})) == "permission_denied"
    # Nobody but the server itself holds as at a till, or names a code by its number.
    assert reason(desk.ask("HoldAtTill", {"seats": {"performanceId": 1, "seats": [0], "code": "#1.0", "idempotencyKey": "x"}})) == "BAD_ARGUMENT"
    assert reason(desk.ask("HoldAtTill", {"best": {"performanceId": 1, "party": 1}})) == "BAD_ARGUMENT", "a key names the customer"
    released = desk.ask("ReleaseAtTill", {"wish": {"performanceId": 1, "holdId": held["hold"]["holdId"]}, "customerId": held["customerId"]})
    assert "version" in released, released
    assert reason(desk.sell(held)) == "HOLD_NOT_FOUND"
    euros = desk.hold(1, shop.soon)
    assert reason(desk.sell(euros)) == "TILL_CLOSED", "this till counts won"
    other.close(), desk.close()


def an_organiser_that_is_not(shop):
    """An operator who mistypes a number opens no till and sets no terms for nobody."""
    calls = [("OpenTill", {"organiserId": 77}, TILL), ("GetTill", {"organiserId": 77}, TILL), ("ListTills", {"organiserId": 77}, TILL),
             ("SetTillRules", {"rules": {"organiserId": 77, "boxOfficeComps": True}}, TILL), ("GetTillRules", {"organiserId": 77}, TILL),
             ("SetSellingTerms", {"terms": {"organiserId": 77, "seller": "X"}}, PAYMENT), ("GetSellingTerms", {"organiserId": 77}, PAYMENT),
             ("ListReceipts", {"organiserId": 77}, PAYMENT), ("ListHalls", {"organiserId": 77}, TICKET)]
    for method, message, service in calls:
        assert reason(shop.operator(method, message, service)) == "NOT_FOUND", method


def limits_are_the_customers(shop):
    """A box office sells to more people than one may buy for; each customer has the limit of the performance."""
    desk = Desk(shop)
    desk.open()
    made = shop.make_performance(60000, "KRW", 10000)  # the best of the first night are other buyers'
    most = shop.server.ask("GetPerformance", {"performanceId": made})["placesMax"]
    best = {"performanceId": made, "party": most, "apart": True}
    for i in range(2):
        held = desk.ask("HoldAtTill", {"best": {**best, "idempotencyKey": f"many{i}"}})
        assert len(held["hold"]["seats"]) == most, held
        assert desk.ask("HoldAtTill", {"best": {**best, "idempotencyKey": f"many{i}"}})["hold"]["holdId"] == held["hold"]["holdId"]
        again = {"performanceId": made, "seats": [0], "idempotencyKey": f"many{i}"}
        assert reason(desk.ask("HoldAtTill", {"seats": again})) == "KEY_REUSED"
        assert desk.sell(held)["order"]["orderId"] == held["hold"]["holdId"]
    desk.close()


def what_was_to_be_paid_later(shop):
    """CollectPayment goes into the open till of who takes it; and back out of it."""
    first = shop.operator("GetPerformance", {"performanceId": 1})
    made = shop.operator("CreatePerformance", {
        "eventId": first["eventId"], "hallId": first["hall"]["hallId"], "prices": first["prices"],
        "startsAtMs": first["startsAtMs"], "payLaterMs": 86400000})["performanceId"]
    shop.operator("UpdatePerformance", {"performanceId": made, "payLaterMs": 86400000})
    shop.operator("OpenSale", {"performanceId": made})
    desk = Desk(shop)
    desk.open()
    buyer = Buyer(shop, made, taking=[0, 1])
    payment = buyer.begin(provider="box-office")
    due = int(payment["amount"])
    for wrong in ({"tendered": str(due - 1)}, {"tendered": "-1"}, {"tendered": "1000000000001"}, {"tendered": str(2 ** 63 - 1)},
                  {"means": "TILL_MEANS_CARD", "note": "9", "tendered": str(due)}, {"means": "TILL_MEANS_CARD"},
                  {"means": "TILL_MEANS_COMP", "note": "press"}, {"note": "x" * 101}):
        answer = desk.ask("CollectPayment", {"paymentId": payment["paymentId"], "amount": payment["amount"], **wrong}, PAYMENT)
        assert reason(answer) == "BAD_ARGUMENT", (wrong, answer)
    for wrong in ("0", str(due - 1), str(due + 1)):
        answer = desk.ask("CollectPayment", {"paymentId": payment["paymentId"], "amount": wrong, "tendered": str(due)}, PAYMENT)
        assert reason(answer) == "WRONG_AMOUNT", (wrong, answer)
    assert buyer.get()["state"] == "PAYMENT_STATE_DEPOSIT" and desk.ask("GetTill", {}).get("sales", 0) == 0
    done = desk.ask("CollectPayment", {"paymentId": payment["paymentId"], "amount": payment["amount"],
                                       "means": "TILL_MEANS_CARD", "note": "9"}, PAYMENT)
    assert done["state"] == DONE, done
    assert "again" not in done, done
    assert desk.ask("CollectPayment", {"paymentId": payment["paymentId"], "amount": payment["amount"]}, PAYMENT)["again"]
    till = desk.ask("GetTill", {})
    assert till["cardTaken"] == payment["amount"], till
    assert desk.ask("RefundOrder", {"orderId": payment["orderId"]}, PAYMENT)["state"] == "REFUND_STATE_DONE"
    buyer.until(REFUNDED)
    paid = Buyer(shop, made, taking=[2, 3]).begin(provider="box-office")
    done = desk.ask("CollectPayment", {"paymentId": paid["paymentId"], "amount": paid["amount"], "tendered": str(due + 500)}, PAYMENT)
    assert done["state"] == DONE, done
    [entry] = [one for one in desk.ask("ListTillEntries", {"tillId": till["tillId"]})["entries"] if one["orderId"] == paid["orderId"]]
    assert (entry["amount"], entry["tendered"]) == (str(due), str(due + 500)), entry
    closed = desk.close()
    assert closed["cardReturned"] == payment["amount"] and closed["cashTaken"] == str(due), closed


def an_evening_that_is_called_off(shop):
    """The job ends: tickets are void, and what the box office took waits for a person, who hands it out of a till."""
    first = shop.operator("GetPerformance", {"performanceId": 1})
    made = shop.operator("CreatePerformance", {
        "eventId": first["eventId"], "hallId": first["hall"]["hallId"], "prices": first["prices"],
        "startsAtMs": first["startsAtMs"]})["performanceId"]
    shop.operator("OpenSale", {"performanceId": made})
    desk = Desk(shop)
    desk.open()
    held = desk.ask("HoldAtTill", {"best": {"performanceId": made, "party": 2, "idempotencyKey": "called-off"}})
    order = desk.sell(held)["order"]
    shop.operator("PauseSale", {"performanceId": made})
    job = shop.operator("BeginRefundJob", {"performanceId": made}, PAYMENT)["jobId"]

    def ended():
        now = shop.operator("GetRefundJob", {"jobId": job}, PAYMENT)
        return now if now["state"] == "REFUND_JOB_STATE_DONE" else None
    total = wait_until(ended, "the job to end")["totals"][0]
    assert (total["provider"], total["failedOrders"]) == ("box-office", "1"), total
    assert shop.operator("GetOrder", {"orderId": order["orderId"]})["state"] == "ORDER_STATE_CANCELLED"
    done = subprocess.run([USHER, "payment", "refund-all", str(made), "--yes", "--orders", "--url", f"http://{shop.listen}",
                           "--data", shop.server.data], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and done.stdout.count("to be handed out at the box office") == 2, (done.stdout, done.stderr)
    assert "card" not in done.stdout and "provider" not in done.stdout, done.stdout
    assert desk.ask("RefundOrder", {"orderId": order["orderId"]}, PAYMENT)["state"] == "REFUND_STATE_DONE"
    till = desk.close()
    assert till["cashReturned"] == held["hold"]["total"] and till["expected"] == "50000", till


def the_command(shop):
    server = ["--url", f"http://{shop.listen}", "--data", shop.server.data]

    def usher(*words, code=0):
        done = subprocess.run([USHER, "till", *words, *server], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == code, (words, done.stdout, done.stderr)
        return done.stdout + done.stderr
    night = str(shop.make_performance(60000, "KRW", 10000))  # the best of the first night are other buyers'
    assert "opened" in usher("open", "--opening", "10000")
    sold = usher("sell", night, "--best", "2", "--cash", "1000000")
    assert "change" in sold and "by cash" in sold, sold
    assert "by comp" in usher("sell", night, "--best", "1", "--comp", "the mayor")
    assert "one of them" in usher("sell", night, "--best", "1", code=2)
    for wish in (("--best", "1", "--types", "0"), ("--seats", "3", "--best", "2"), ("--seats", "3", "--category", "1")):
        assert "--seats" in usher("sell", night, *wish, "--cash", "0", code=2)
    shown = usher("show")
    assert "the mayor" in shown and "1 of 1 places" in shown, shown
    assert "open" in usher("list") and "managers and owners alone" in usher("rules")
    expected = shop.operator("GetTill", {}, TILL)["expected"]
    closed = usher("close", "--counted", str(int(expected) - 10), "--note", "ten are missing")
    assert "-10 KRW" in closed and "ten are missing" in closed, closed
    assert "not open" in usher("show", code=1) and "tillId" not in shop.operator("GetTill", {}, TILL)


def the_audit_proves_it(shop):
    """Clean; and each way to lie is found."""
    def settled():
        code, said = shop.audit()
        return said if code == 0 else None
    said = wait_until(settled, "a clean audit")
    assert "tills" in said, said
    shop.server.process.kill()
    shop.server.process.wait()
    path = f"{shop.server.data}/usher.db"

    def spoil(text, found):
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("BEGIN")
        kept = db.execute("SELECT * FROM till_entry").fetchall(), db.execute("SELECT * FROM till").fetchall()
        db.execute(text)
        db.execute("COMMIT")
        code, said = shop.audit()
        db.execute("BEGIN")
        for table, rows in zip(("till_entry", "till"), kept):
            db.execute(f"DELETE FROM {table}")
            db.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows)
        db.execute("COMMIT")
        db.close()
        assert code == 1 and found in said, (text, said[-1500:])
    one = "(till_id, number) IN (SELECT till_id, number FROM till_entry WHERE kind = {} LIMIT 1)"
    spoil(f"UPDATE till_entry SET amount = amount + 1 WHERE {one.format(1)}", "and the books have")
    spoil(f"UPDATE till_entry SET amount = amount - 1 WHERE {one.format(2)}", "and the books have")
    spoil(f"UPDATE till_entry SET about = zeroblob(16) WHERE {one.format(1)}", "and no till has it")
    spoil(f"UPDATE till_entry SET about = zeroblob(16) WHERE {one.format(2)}", "no till handed it out")
    spoil(f"UPDATE till_entry SET about = zeroblob(16) WHERE {one.format(3)}", "a comp that no till has given")
    spoil(f"UPDATE till_entry SET state = 3 WHERE {one.format(3)}", "given otherwise")
    spoil(f"DELETE FROM till_entry WHERE {one.format(1)}", "follows entry")
    spoil("UPDATE till SET expected = expected + 1 WHERE closed_at_ms > 0 AND entries > 0", "its entries say")
    spoil("UPDATE till SET entries = entries + 1", "and it counts")
    shop.again()


TESTS = [
    ("till-sells-and-gives-change", sells_and_gives_change),
    ("till-gives-back-over-the-counter", gives_back_over_the_counter),
    ("till-what-had-no-fee-gives-none-back", what_had_no_fee_gives_none_back),
    ("till-what-is-handed-back-is-mailed", what_is_handed_back_is_mailed),
    ("till-what-no-till-can", what_no_till_can),
    ("till-cash-goes-back-once", cash_goes_back_once),
    ("till-comps-are-told-apart", comps_are_told_apart),
    ("till-roles-and-strangers", roles_and_strangers),
    ("till-an-organiser-that-is-not", an_organiser_that_is_not),
    ("till-limits-are-the-customers", limits_are_the_customers),
    ("till-what-was-to-be-paid-later", what_was_to_be_paid_later),
    ("till-an-evening-that-is-called-off", an_evening_that_is_called_off),
    ("till-the-command", the_command),
    ("till-the-audit-proves-it", the_audit_proves_it),
]
