"""A mail shortly before a sale opens: who asked for it gets one, whatever dies meanwhile; who took it back gets none."""
import json
import os
import sqlite3
import time
from datetime import datetime
from zoneinfo import ZoneInfo

from server import Server, wait_until

LINES, TICKETS = "usher.v1.WaitroomService", "usher.v1.TicketService"
MANY = 250  # more than are written at once


def rows(server, text, *values):
    store = sqlite3.connect(f"file:{server.data}/usher.db?mode=ro", uri=True)
    try:
        return store.execute(text, values).fetchall()
    finally:
        store.close()


def opening_mails(server, template="opening"):
    return [(to, language, json.loads(params)) for to, language, params in
            rows(server, "SELECT recipient, language, params FROM mail WHERE template = ? ORDER BY mail_id", template)]


def event(world, name, publish=True):
    key = world.server.operator_key
    halls = world.ask("ListHalls", {}, key, service=TICKETS).get("halls") or [
        world.ask("GenerateHall", {"name": "A hall", "capacity": 500}, key, service=TICKETS)]
    prices = [{"category": i, "amount": 1000} for i in range(len(halls[0]["categories"]))]
    made = world.ask("CreateEvent", {"name": name, "performance": {
        "hallId": halls[0]["hallId"], "startsAtMs": int(time.time() * 1000) + 90000000, "prices": prices,
        "timeZone": "Asia/Seoul"}}, key, service=TICKETS)
    if publish:
        world.ask("PublishEvent", {"eventId": made["eventId"]}, key, service=TICKETS)
    return made["eventId"], made["performances"][0]["performanceId"]


def sale(world, performance, opens_at_ms):
    return world.ask("CreateSale", {"name": "Night", "performanceIds": [performance], "opensAtMs": opens_at_ms,
                                    "timeZone": "Asia/Seoul"}, world.server.operator_key, service=LINES)


def who_asked_is_told_once_before_the_opening(world):
    night, performance = event(world, "밤의 \"노래\"")
    member = world.open_account("remind@example.org")["accessToken"]
    asked = world.ask("RequestReminder", {"eventId": night, "language": "ko"}, member)
    assert asked["email"] == "remind@example.org" and asked["reminderId"] and "requestId" not in asked, asked
    again = world.ask("RequestReminder", {"eventId": night}, member)
    assert again["reminderId"] == asked["reminderId"], again
    assert [one["eventId"] for one in world.ask("ListReminders", {}, member)["reminders"]] == [night]
    # An address of nobody who signed in has to be proved.
    begun = world.ask("RequestReminder", {"eventId": night, "email": "Fan@Example.org"})
    assert begun["requestId"] and "reminderId" not in begun, begun
    code = wait_until(lambda: world.mailed_code("fan@example.org"), "the code")
    wrong = f"{(int(code) + 1) % 10**8:08}"
    world.refused("ConfirmReminder", {"requestId": begun["requestId"], "code": wrong}, "CODE_REFUSED")
    confirmed = world.ask("ConfirmReminder", {"requestId": begun["requestId"], "code": code})
    assert confirmed["reminderId"] and confirmed["eventId"] == night, confirmed
    gone = world.open_account("gone@example.org")["accessToken"]
    world.ask("RequestReminder", {"eventId": night}, gone)
    world.ask("CancelReminder", {"eventId": night}, gone)
    world.refused("CancelReminder", {"eventId": night}, "BAD_ARGUMENT")
    assert not opening_mails(world.server), "nothing opens yet"
    later = int(time.time() * 1000) + 20 * 60000  # within the half hour of --remind
    sale(world, performance, later)
    told = wait_until(lambda: len(opening_mails(world.server)) >= 2 and opening_mails(world.server), "the mails")
    assert [(to, language) for to, language, _ in told] == [("remind@example.org", "ko"), ("fan@example.org", "en")] or \
        [(to, language) for to, language, _ in told] == [("fan@example.org", "en"), ("remind@example.org", "ko")], told
    there = datetime.fromtimestamp(later / 1000, ZoneInfo("Asia/Seoul"))
    for _, language, params in told:
        assert params["link"] == f"https://usher.example/e/{night}", params
        assert params["event"] == "밤의 \"노래\"" and params["zone"] == "Asia/Seoul", params
        clock = f"{there.hour % 12 or 12}:{there.minute:02}" if language == "ko" else f"{there.hour:02}:{there.minute:02}"
        assert clock in params["opens"], params
    assert "reminders" not in world.ask("ListReminders", {}, member)
    shown = world.command("mail", "show", str(rows(world.server, "SELECT max(mail_id) FROM mail")[0][0]))
    assert f"/e/{night}" in shown, shown


def what_is_not_told_to_the_public_has_no_reminder(world):
    draft, _ = event(world, "A draft", publish=False)
    token = world.open_account("draft@example.org")["accessToken"]
    world.refused("RequestReminder", {"eventId": draft}, "NOT_FOUND", token)
    world.refused("RequestReminder", {"eventId": draft, "email": "any@example.org"}, "NOT_FOUND")
    world.refused("RequestReminder", {"eventId": 12345}, "NOT_FOUND", token)
    world.refused("RequestReminder", {"eventId": draft, "email": "no address"}, "BAD_ARGUMENT")
    world.refused("RequestReminder", {"eventId": draft}, "BAD_ARGUMENT", world.ask("CreateGuest", {})["token"])


def one_mail_each_over_kill_9(world):
    night, performance = event(world, "Many")
    token = world.open_account("many@example.org")["accessToken"]
    world.ask("RequestReminder", {"eventId": night}, token)
    server = world.server
    server.die()
    store = sqlite3.connect(f"{server.data}/usher.db")  # as if they had asked one by one
    with store:
        for i in range(MANY):
            store.execute("INSERT INTO reminder VALUES (?, ?, ?, 'en', zeroblob(16), ?)",
                          (os.urandom(16), night, f"many{i}@example.org", int(time.time() * 1000)))
        store.execute("UPDATE reminder_count SET reminders = reminders + ? WHERE event_id = ?", (MANY, night))
    store.close()
    world.again()
    assert rows(world.server, "SELECT reminders FROM reminder_count WHERE event_id = ?", night) == [(MANY + 1,)]
    sale(world, performance, int(time.time() * 1000) + 60000)
    wait_until(lambda: any(to.startswith("many") for to, _, _ in opening_mails(world.server)), "the first mails")
    world.server.die()
    left = rows(world.server, "SELECT count(*) FROM reminder WHERE event_id = ?", night)[0][0]
    world.again()
    wait_until(lambda: not rows(world.server, "SELECT 1 FROM reminder WHERE event_id = ?", night), "all mails")
    told = sorted(to for to, _, params in opening_mails(world.server) if params["link"].endswith(f"/e/{night}"))
    assert told == sorted([f"many{i}@example.org" for i in range(MANY)] + ["many@example.org"]), (left, len(told))
    assert rows(world.server, "SELECT reminders FROM reminder_count WHERE event_id = ?", night) == [(0,)]
    page = world.get("/metrics")[1].decode()
    assert "usher_reminders_mailed_total " in page


def what_is_open_already_is_told_so(world):
    night, performance = event(world, "Open by hand")
    token = world.open_account("byhand@example.org")["accessToken"]
    world.ask("RequestReminder", {"eventId": night}, token)
    world.ask("OpenSale", {"performanceId": performance}, world.server.operator_key, service=TICKETS)
    wait_until(lambda: [to for to, _, _ in opening_mails(world.server, "opened")] == ["byhand@example.org"], "the mail")


def who_leaves_is_not_told(world):
    night, performance = event(world, "Left")
    session = world.open_account("left@example.org")
    world.ask("RequestReminder", {"eventId": night}, session["accessToken"])
    data = world.export(session["accessToken"])
    assert [one["eventId"] for one in data["reminders"]] == [night], data
    world.ask("DeleteAccount", {"password": world.password}, session["accessToken"])
    assert not rows(world.server, "SELECT 1 FROM reminder WHERE email = 'left@example.org'")


CHECKS = [who_asked_is_told_once_before_the_opening, what_is_not_told_to_the_public_has_no_reminder, one_mail_each_over_kill_9,
          what_is_open_already_is_told_so, who_leaves_is_not_told]
