"""Webhooks out, from an organiser's call to a receiver of another make."""
import json
import os
import subprocess
import tempfile
import threading

from house import House
from receiver import Receiver
from server import at_the_end, wait_until
from shop import Psp

USHER = os.path.abspath(os.environ.get("USHER", "build/usher"))
WEBHOOKS, TICKETS, AUTH, DOOR = ("usher.v1.WebhookService", "usher.v1.TicketService", "usher.v1.AuthService",
                                 "usher.v1.DoorService")
QUICK = ("--webhook-allow", "127.0.0.1", "--webhook-retry", "50ms", "--webhook-end", "1h")


def ask(house, method, token=None, **message):
    return house.ask(method, message, WEBHOOKS, token or house.operator_key, timeout=40)


def make(house, receiver, **more):
    hook = ask(house, "CreateWebhook", address=receiver.url, **more)
    assert hook.get("secret", "").startswith("whsec_"), hook
    receiver.secrets = [hook["secret"]]
    return hook["webhookId"]


def listed(house, webhook, **more):
    return next(one for one in ask(house, "ListWebhooks", **more)["webhooks"] if one["webhookId"] == webhook)


def await_count(receiver, count, seconds=30):
    wait_until(lambda: len(receiver.sequences()) >= count,
               f"{count} events, not {receiver.types()}", seconds)


def await_types(receiver, kind):
    wait_until(lambda: kind in receiver.types(), f"{kind}, beside {receiver.types()}")


def command(house, *words):
    return subprocess.run([USHER, "webhook", *words, "--url", f"http://{house.address}", "--data", house.data],
                          capture_output=True, text=True, timeout=60)


def all_that_happens_is_told_in_order(house):
    receiver = Receiver()
    webhook = make(house, receiver)
    house.order(house.guest())  # behind the demo's own opening, which may be told or not
    await_types(receiver, "order.made")
    began = receiver.sequences()[-1]
    receiver.taken.clear()
    buyer = house.guest()
    order = house.order(buyer, {"name": "김", "email": "kim@example.org"}, party=2)
    await_count(receiver, 1)
    codes = house.codes(buyer, order)
    passed = house.ask("PassTicketOn", {"orderId": order["orderId"], "seat": codes[0]["seat"], "name": "Lee",
                                        "email": "lee@example.org"}, DOOR, buyer)
    assert passed.get("generation") == 1, passed
    assert house.check_in(codes[1]["signedCode"], "n1")["result"] == "CHECK_IN_RESULT_OK"
    refused = house.ask("CancelOrder", {"orderId": order["orderId"]}, TICKETS, buyer)
    assert "code" in refused, "a door let one of them in"
    house.ask("CancelOrder", {"orderId": order["orderId"], "evenUsed": True}, TICKETS, house.operator_key)
    await_types(receiver, "order.cancelled")
    house.ask("PauseSale", {"performanceId": 1}, TICKETS, house.operator_key)
    await_types(receiver, "sale.paused")
    house.ask("OpenSale", {"performanceId": 1}, TICKETS, house.operator_key)
    await_types(receiver, "sale.opened")
    assert receiver.types() == ["order.made", "ticket.passed_on", "ticket.checked_in", "order.cancelled",
                                "sale.paused", "sale.opened"], receiver.types()
    assert receiver.sequences() == list(range(began + 1, began + 7))
    assert not receiver.wrong, receiver.wrong
    made = receiver.taken[0]
    assert made["data"]["order_id"] == order["orderId"] and made["data"]["places"] == 2, made
    assert str(made["data"]["total"]) == order["total"] and made["data"]["currency"] == "KRW", made
    assert made["data"]["order_number"] == order["orderNumber"], made
    assert made["timestamp"].endswith("Z"), made
    text = json.dumps(receiver.taken)
    assert "example.org" not in text and "김" not in text, "nothing personal is told"
    wait_until(lambda: listed(house, webhook)["toldUpTo"] == str(began + 6), "the position")
    assert "secret" not in listed(house, webhook)
    ask(house, "DeleteWebhook", webhookId=webhook)
    receiver.close()


def money_is_told(house, psp_house):
    """At a provider: made, paid and refunded."""
    receiver = Receiver()
    make(psp_house, receiver)
    buyer = psp_house.ask("CreateGuest", {}, AUTH)["token"]
    hold = psp_house.ask("HoldBest", {"performanceId": 1, "party": 1}, TICKETS, buyer)
    payment = psp_house.ask("BeginPayment", {
        "performanceId": 1, "holdId": hold["holdId"], "idempotencyKey": "k", "returnUrl": "/orders", "terms": True,
        "contact": {"name": "김", "email": "kim@example.org"}}, "usher.v1.PaymentService", buyer)
    import urllib.parse
    from shop import fetch
    at = urllib.parse.urlparse(payment["redirectUrl"])
    status, headers, _ = fetch(at.netloc, "POST", f"{at.path}?{at.query}", "choice=pay")
    assert status == 303
    query = urllib.parse.urlparse(headers["location"]).query
    done = psp_house.ask("FinishPayment", {"paymentId": payment["paymentId"], "returnQuery": query},
                         "usher.v1.PaymentService", buyer, timeout=60)
    assert done["state"] == "PAYMENT_STATE_DONE", done
    await_count(receiver, 2)
    psp_house.ask("RefundOrder", {"orderId": done["orderId"], "idempotencyKey": "r"}, "usher.v1.PaymentService", buyer)
    await_count(receiver, 4)
    assert receiver.types()[:2] == ["order.made", "order.paid"], receiver.types()
    assert sorted(receiver.types()[2:]) == ["order.cancelled", "order.refunded"], receiver.types()
    back = next(one for one in receiver.taken if one["type"] == "order.refunded")
    assert back["data"]["refunded"] + back["data"]["kept"] == receiver.taken[1]["data"]["total"], back
    assert not receiver.wrong, receiver.wrong
    receiver.close()


def what_is_not_taken_comes_again(house):
    receiver = Receiver()
    webhook = make(house, receiver, types=["order.made"])
    receiver.status = 500
    order = house.order(house.guest())
    wait_until(lambda: len(receiver.tries) >= 3, "tries")
    one = listed(house, webhook)
    assert one["tries"] >= 1 and one["lastError"] == "HTTP 500" and one.get("failingSinceMs"), one
    other = house.order(house.guest())
    receiver.status = 204
    await_count(receiver, 2)
    assert [one["data"]["order_id"] for one in receiver.taken] == [order["orderId"], other["orderId"]]
    ids = [headers["webhook-id"] for headers in receiver.tries]
    assert len(set(ids)) == 2, "the same message has the same id"
    assert receiver.sequences() == sorted(receiver.sequences())
    assert not receiver.wrong, receiver.wrong
    wait_until(lambda: not listed(house, webhook).get("tries"), "that it is well again")
    ask(house, "DeleteWebhook", webhookId=webhook)
    receiver.close()


def secrets_rotate(house):
    receiver = Receiver()
    webhook = make(house, receiver)
    old = receiver.secrets[0]
    new = ask(house, "RotateWebhookSecret", webhookId=webhook)["secret"]
    assert new != old
    receiver.secrets = [old, new]  # each verifies every message
    said = ask(house, "TestWebhook", webhookId=webhook)
    assert said.get("taken") and said["status"] == 200, said
    assert not receiver.wrong, receiver.wrong
    assert receiver.taken[0]["type"] == "webhook.test", receiver.taken
    ask(house, "RotateWebhookSecret", webhookId=webhook, overlapS=1)
    receiver.secrets = [new]
    wait_until(lambda: not listed(house, webhook).get("oldSecretEndsAtMs"), "the end of the old secret")
    ask(house, "TestWebhook", webhookId=webhook)
    assert len(receiver.wrong) == 1 and "No matching signature" in receiver.wrong[0][0], receiver.wrong
    ask(house, "DeleteWebhook", webhookId=webhook)
    receiver.close()


def a_replay_begins_where_it_is_told(house):
    receiver = Receiver()
    webhook = make(house, receiver)
    first = int(listed(house, webhook)["lastSequence"]) + 1
    for _ in range(3):
        house.order(house.guest())
    await_count(receiver, 3)
    ids = [one["id"] for one in receiver.taken]
    done = command(house, "replay", webhook, "--from", str(first + 1))
    assert done.returncode == 0, done.stderr
    await_count(receiver, 5)
    assert [one["id"] for one in receiver.taken] == ids + ids[1:]
    refused = ask(house, "ReplayWebhook", webhookId=webhook, fromSequence=10 ** 6)
    assert refused["code"] == "failed_precondition", refused
    events = ask(house, "ListWebhookEvents", pageSize=2)
    assert [int(one["sequence"]) for one in events["events"]] == [first + 2, first + 1], events
    assert json.loads(events["events"][0]["body"]) == {
        name: value for name, value in receiver.taken[-1].items() if name != "id"}
    ask(house, "DeleteWebhook", webhookId=webhook)
    receiver.close()


def nothing_is_lost_over_kill_9(house):
    """Orders go on while the receiver refuses and the server is killed; all come, in order, without a gap."""
    receiver = Receiver()
    webhook = make(house, receiver, types=["order.made"])
    receiver.status = 503
    orders = [house.order(house.guest())["orderId"] for _ in range(5)]
    house.crash()
    house.again(*QUICK)
    orders += [house.order(house.guest())["orderId"] for _ in range(5)]
    receiver.status = 200
    await_count(receiver, 3)
    house.crash()
    house.again(*QUICK)
    wait_until(lambda: listed(house, webhook)["toldUpTo"] == listed(house, webhook)["lastSequence"], "the end of the feed")
    told = []
    for message in receiver.taken:
        if message["data"]["order_id"] not in told:
            told.append(message["data"]["order_id"])
    assert told == orders, (told, orders)
    assert not receiver.wrong, receiver.wrong
    ask(house, "DeleteWebhook", webhookId=webhook)
    receiver.close()


def a_hostile_receiver_costs_nobody_else_anything(house):
    """One answers without end, one redirects, one hangs: the fourth is told at once all the same."""
    loud, sly, slow, good = Receiver(), Receiver(), Receiver(), Receiver()
    loud.body = b"x" * (1 << 20)
    sly.status, sly.headers = 302, {"location": good.url.replace("/hook", "/followed")}
    slow.hang = threading.Event()
    hooks = [make(house, one) for one in (loud, sly, slow, good)]
    house.order(house.guest())
    await_count(good, 1, 5)
    wait_until(lambda: all("lastError" in listed(house, one) for one in hooks[:2]), "errors")
    assert "broke off" in listed(house, hooks[0])["lastError"], listed(house, hooks[0])
    assert "not followed" in listed(house, hooks[1])["lastError"], listed(house, hooks[1])
    assert not good.wrong, good.wrong
    busy = ask(house, "TestWebhook", webhookId=hooks[2])
    assert busy["code"] == "resource_exhausted", busy
    slow.hang.set()
    for one in hooks:
        ask(house, "DeleteWebhook", webhookId=one)
    for one in (loud, sly, slow, good):
        one.close()


def what_is_not_allowed_is_not_called(house):
    """Another address than the allowed one, by number and by name; and addresses that are none."""
    inside = Receiver(host="127.0.0.2")
    for url in (inside.url, f"http://localhost.localdomain:{inside.port}/", f"http://[::1]:{inside.port}/",
                "http://169.254.169.254/latest/", "http://0.0.0.0:1/", "http://[::ffff:10.0.0.1]/"):
        hook = ask(house, "CreateWebhook", address=url)
        said = ask(house, "TestWebhook", webhookId=hook["webhookId"])
        assert not said.get("taken") and not said.get("status"), (url, said)
        if "localhost" not in url:
            assert "private network" in said["error"], (url, said)
        ask(house, "DeleteWebhook", webhookId=hook["webhookId"])
    assert not inside.tries
    for url in ("", "ftp://a/", "https://", "https://user@a/", "https://a b/", "https://" + "a" * 1000, "gopher://a"):
        refused = ask(house, "CreateWebhook", address=url)
        assert refused.get("code") == "invalid_argument", (url, refused)
    assert ask(house, "CreateWebhook", address="https://a/", types=["order.eaten"])["code"] == "invalid_argument"
    inside.close()


def others_may_not(house):
    """Guests, other organisers and the box office are refused; a manager's token may."""
    guest = house.guest()
    assert ask(house, "ListWebhooks", token=guest)["code"] == "permission_denied"
    other = house.ask("CreateOrganiser", {"name": "Other", "ownerEmail": "o@example.org"}, AUTH, house.operator_key)
    mine = ask(house, "CreateWebhook", address="https://example.org/")["webhookId"]

    def token(role, organiser):
        return house.ask("CreateApiToken", {"organiserId": organiser, "name": "t", "role": role}, AUTH,
                         house.operator_key)["token"]
    theirs = token("ROLE_MANAGER", other["organiserId"])
    assert ask(house, "ListWebhooks", token=theirs) == {}
    for method in ("TestWebhook", "ReplayWebhook", "RotateWebhookSecret", "DeleteWebhook"):
        assert ask(house, method, token=theirs, webhookId=mine)["code"] == "not_found", method
    assert ask(house, "CreateWebhook", token=theirs, organiserId=1, address="https://a/")["code"] == "permission_denied"
    assert ask(house, "ListWebhooks", token=token("ROLE_BOX_OFFICE", 1))["code"] == "permission_denied"
    seen = ask(house, "ListWebhooks", token=token("ROLE_MANAGER", 1))["webhooks"]
    assert mine in [one["webhookId"] for one in seen], seen
    for _ in range(8):
        made = ask(house, "CreateWebhook", token=theirs, address="https://a/")
        assert "webhookId" in made, made
    assert ask(house, "CreateWebhook", token=theirs, address="https://a/")["code"] == "resource_exhausted"
    acts = house.ask("ListActs", {}, AUTH, house.operator_key)["acts"]
    assert any(act["what"] == "webhook.create" for act in acts), acts[:3]
    ask(house, "DeleteWebhook", webhookId=mine)


def the_command_does_all_of_it(house):
    receiver = Receiver()
    made = command(house, "create", receiver.url, "--types", "order.made,order.paid")
    assert made.returncode == 0 and made.stdout.startswith("whsec_"), made.stderr
    receiver.secrets = [made.stdout.strip()]
    shown = command(house, "list")
    line = next(line for line in shown.stdout.splitlines() if receiver.url in line)
    webhook = line.split()[0]
    assert "order.made,order.paid" in line, shown.stdout
    tested = command(house, "test", webhook)
    assert tested.returncode == 0 and tested.stdout.startswith("taken: HTTP 200"), (tested.stdout, tested.stderr)
    receiver.status = 404
    tested = command(house, "test", webhook)
    assert tested.returncode == 1 and "HTTP 404" in tested.stdout, tested.stdout
    rotated = command(house, "rotate", webhook, "--overlap", "2s")
    assert rotated.returncode == 0 and rotated.stdout.startswith("whsec_"), rotated.stderr
    assert command(house, "events").returncode == 0
    assert command(house, "delete", webhook).returncode == 0
    assert command(house, "delete", webhook).returncode == 1
    assert command(house, "test", "seven").returncode == 2
    assert not receiver.wrong, receiver.wrong
    receiver.close()


def what_takes_nothing_is_given_up_and_its_owner_mailed(_):
    house = House(USHER, "--webhook-allow", "127.0.0.1", "--webhook-retry", "50ms", "--webhook-end", "300ms")
    try:
        house.ask("SetMember", {"organiserId": 1, "email": "boss@example.org", "role": "ROLE_OWNER"}, AUTH,
                  house.operator_key)
        receiver = Receiver()
        webhook = make(house, receiver, types=["order.made"])
        receiver.status = 500
        house.order(house.guest())
        wait_until(lambda: listed(house, webhook)["state"] == "WEBHOOK_STATE_GIVEN_UP", "the end")
        mails = house.mails(to="boss@example.org")
        assert [mail["template"] for mail in mails] == ["webhook"], mails
        said = house.door("GetMail", {"mailId": mails[0]["mailId"]})
        assert f"webhook replay {webhook}" in said["text"], said
        tries = len(receiver.tries)
        receiver.status = 200
        house.order(house.guest())
        assert len(receiver.tries) == tries, "nothing is sent"
        assert "webhookId" in ask(house, "ReplayWebhook", webhookId=webhook)
        await_count(receiver, 2)
        assert receiver.types() == ["order.made"] * 2, receiver.types()
        gone = Receiver()
        other = make(house, gone, types=["order.made"])
        gone.status = 410
        house.order(house.guest())
        wait_until(lambda: listed(house, other)["state"] == "WEBHOOK_STATE_GIVEN_UP", "410")
        assert len(gone.tries) == 1, gone.tries
        receiver.close()
        gone.close()
    finally:
        house.kill()


def without_leave_no_http(_):
    house = House(USHER)
    try:
        assert ask(house, "CreateWebhook", address="http://example.org/")["code"] == "invalid_argument"
        hook = ask(house, "CreateWebhook", address="https://127.0.0.1:1/")
        said = ask(house, "TestWebhook", webhookId=hook["webhookId"])
        assert "private network" in said["error"], said
    finally:
        house.kill()


def run(report, wanted):
    house = House(USHER, *QUICK)
    folder = tempfile.mkdtemp(prefix="usher-trade-")
    psp = Psp(folder)
    psp_house = House(USHER, *QUICK, "--psp", f"http://{psp.listen}")
    try:
        for test in (all_that_happens_is_told_in_order, what_is_not_taken_comes_again, secrets_rotate,
                     a_replay_begins_where_it_is_told, nothing_is_lost_over_kill_9,
                     a_hostile_receiver_costs_nobody_else_anything, what_is_not_allowed_is_not_called, others_may_not,
                     the_command_does_all_of_it, what_takes_nothing_is_given_up_and_its_owner_mailed,
                     without_leave_no_http):
            if not wanted or test.__name__ in wanted:
                report.check(test.__name__.replace("_", "-"), test, house)
        if not wanted or "money_is_told" in wanted:
            report.check("money-is-told", money_is_told, house, psp_house)
        if not wanted:
            at_the_end(report, house, USHER)
    finally:
        psp.die()
        house.kill()
        psp_house.kill()
