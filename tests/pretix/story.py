"""What a scanning app does with the device API of pretix, from its setting up to its end: one script, for any server.

A world says what there is to scan; it differs from server to server, the script does not:

    address         HOST:PORT
    setup           three tokens that set a device up: one to use, one that was revoked, one to use up
    organizer       its slug; foreign: another organiser's
    event           the slug of an event of two dates; subevent, other: the numbers of both
    list            the number of the check-in list of the first date
    tickets         secrets: good, second, blocked, canceled, revoked (an earlier code), other (of the second date)
    name            whom good is for; order: the number of its order
"""
import http.client
import json

ABOUT = {"hardware_brand": "Zebra", "hardware_model": "TC26", "os_name": "Android", "os_version": "13",
         "software_brand": "pretixSCAN", "software_version": "2.10.0"}


class Scanner:
    """A device that keeps every answer by the name of its step."""

    def __init__(self, world):
        self.world, self.token, self.answers = world, None, {}

    def ask(self, step, method, path, body=None, token="own"):
        link = http.client.HTTPConnection(self.world["address"], timeout=60)
        head = {"Content-Type": "application/json"}
        shown = self.token if token == "own" else token
        if shown:
            head["Authorization"] = f"Device {shown}"
        link.request(method, "/api/v1/" + path, None if body is None else json.dumps(body), head)
        answer = link.getresponse()
        text = answer.read()
        link.close()
        said = json.loads(text) if text else None
        if step:
            assert step not in self.answers, step
            self.answers[step] = {"status": answer.status, "type": (answer.getheader("Content-Type") or "").split(";")[0], "body": said}
        return said

    def redeem(self, step, secret, nonce, **more):
        body = {"lists": [self.world["list"]], "secret": secret, "source_type": "barcode", "nonce": nonce, **more}
        return self.ask(step, "POST", f"organizers/{self.world['organizer']}/checkinrpc/redeem/", body)


def set_up(s, setup):
    s.ask("initialize-nothing", "POST", "device/initialize", {}, token=None)
    s.ask("initialize-blank", "POST", "device/initialize", {**ABOUT, "token": "", "hardware_brand": None}, token=None)
    s.ask("initialize-unknown", "POST", "device/initialize", {**ABOUT, "token": "nobodysToken"}, token=None)
    s.ask("initialize-revoked", "POST", "device/initialize", {**ABOUT, "token": setup[1]}, token=None)
    s.token = s.ask("initialize", "POST", "device/initialize", {**ABOUT, "token": setup[0]}, token=None)["api_token"]
    s.ask("initialize-again", "POST", "device/initialize", {**ABOUT, "token": setup[0]}, token=None)
    s.ask("nobody", "GET", "device/info", token=None)
    s.ask("stranger", "GET", "device/info", token="nobodysToken")
    s.ask("info", "GET", "device/info")
    s.ask("version", "GET", "version")
    s.ask("update", "POST", "device/update", {**ABOUT, "software_version": "2.11.0"})
    s.ask("update-short", "POST", "device/update", {"hardware_brand": "Zebra"})


def look(s, world):
    o, e = f"organizers/{world['organizer']}/", f"organizers/{world['organizer']}/events/{world['event']}/"
    s.ask("foreign", "GET", f"organizers/{world['foreign']}/events/")
    s.ask("events", "GET", o + "events/")
    s.ask("event", "GET", e)
    s.ask("no-event", "GET", o + "events/nosuchevent/")
    s.ask("subevents", "GET", e + "subevents/")
    s.ask("subevent", "GET", e + f"subevents/{world['subevent']}/")
    s.ask("no-subevent", "GET", e + "subevents/999999/")
    s.ask("categories", "GET", e + "categories/")
    s.ask("items", "GET", e + "items/")
    s.ask("questions", "GET", e + "questions/")
    s.ask("lists", "GET", e + "checkinlists/")
    s.ask("lists-of-date", "GET", e + f"checkinlists/?subevent={world['subevent']}")
    s.ask("status", "GET", e + f"checkinlists/{world['list']}/status/")
    s.ask("no-list", "GET", e + "checkinlists/999999/status/")
    s.ask("blocked-secrets", "GET", e + f"blockedsecrets/?subevent={world['subevent']}")
    s.ask("revoked-secrets", "GET", e + f"revokedsecrets/?subevent={world['subevent']}")
    s.ask("orders", "GET", e + f"orders/?subevent={world['subevent']}")
    s.ask("search", "GET", o + f"checkinrpc/search/?list={world['list']}&search={world['order']}")
    s.ask("search-nobody", "GET", o + f"checkinrpc/search/?list={world['list']}&search=zzzzzz")
    s.ask("search-no-list", "GET", o + "checkinrpc/search/?list=999999&search=zzzzzz")
    s.ask("positions", "GET", e + f"checkinlists/{world['list']}/positions/?search={world['order']}")


def scan(s, world):
    tickets = world["tickets"]
    redeem = f"organizers/{world['organizer']}/checkinrpc/redeem/"
    s.ask("redeem-nothing", "POST", redeem, {})
    s.ask("redeem-no-list", "POST", redeem, {"lists": [999999], "secret": tickets["good"]})
    s.redeem("redeem-bad-type", tickets["good"], "n0", type="sideways")
    s.redeem("redeem", tickets["good"], "n1")
    s.redeem("redeem-same-nonce", tickets["good"], "n1")
    s.redeem("redeem-twice", tickets["good"], "n2")
    s.redeem("exit", tickets["good"], "n3", type="exit")
    s.redeem("redeem-after-exit", tickets["good"], "n4", type="entry")
    s.redeem("redeem-unknown", "thisisnoticket", "n5")
    s.redeem("redeem-canceled", tickets["canceled"], "n6")
    s.redeem("redeem-blocked", tickets["blocked"], "n7")
    s.redeem("redeem-revoked", tickets["revoked"], "n8")
    s.redeem("redeem-other-date", tickets["other"], "n9")
    s.redeem("redeem-offline", tickets["second"], "n10", force=True, datetime=world["earlier"])
    s.redeem("redeem-offline-twice", tickets["good"], "n11", force=True, datetime=world["earlier"])
    e = f"organizers/{world['organizer']}/events/{world['event']}/checkinlists/{world['list']}/"
    s.ask("redeem-old-way", "POST", e + f"positions/{tickets['good']}/redeem/", {"nonce": "n12"})
    s.ask("failed", "POST", e + "failed_checkins/", {"raw_barcode": "offlineunknown", "error_reason": "invalid", "nonce": "n13",
                                                     "datetime": world["earlier"], "type": "entry"})
    s.ask("failed-nothing", "POST", e + "failed_checkins/", {})
    s.ask("status-after", "GET", e + "status/")


def end(s, setup):
    first = s.token
    s.token = s.ask("roll", "POST", "device/roll")["api_token"]
    s.ask("rolled-away", "GET", "device/info", token=first)
    s.ask("rolled", "GET", "device/info")
    s.ask("revoke", "POST", "device/revoke")
    s.ask("revoked", "GET", "device/info")


def tell(world):
    """All steps; {step: {status, type, body}}."""
    s = Scanner(world)
    set_up(s, world["setup"])
    look(s, world)
    scan(s, world)
    end(s, world["setup"])
    return s.answers


# ---- what of an answer can be compared ----

# Values that mean the same everywhere; of all others the type is compared.
TOLD = {"status", "reason", "detail", "type", "token", "count", "next", "previous", "success", "order__status", "require_attention",
        "checkin_texts", "checkin_count", "inside_count", "position_count", "security_profile", "all_products", "limit_products",
        "include_pending", "allow_multiple_entries", "allow_entry_after_exit", "has_subevents", "live", "active", "canceled",
        "lists", "secret", "raw_barcode", "error_reason", "hardware_brand", "hardware_model", "software_brand", "software_version",
        "addon_match", "rules", "status_code", "tax_value", "auto_checked_in", "blocked", "addon_to", "answers", "testmode"}


def flat(value, path="", name=""):
    """{path: what is compared}; of a list its first item."""
    if isinstance(value, dict):
        found = {path or ".": "object"}
        for key, one in value.items():
            found.update(flat(one, f"{path}.{key}", key))
        return found
    if isinstance(value, list):
        found = {path or ".": "list"}
        if value and not isinstance(value[0], (dict, list)):
            return {path: value if name in TOLD else "list"}
        if value:
            found.update(flat(value[0], path + "[]", name))
        return found
    kind = "null" if value is None else {bool: "bool", int: "number", float: "number", str: "text"}[type(value)]
    secret = name in ("secret", "raw_barcode") and isinstance(value, str) and len(value) > 14
    return {path or ".": value if name in TOLD and not secret else kind}


def facts(answers):
    """{step: {path: what is compared}}"""
    return {step: {"status": answer["status"], "type": answer["type"], **flat(answer["body"], "body")} for step, answer in answers.items()}


# Where ours says something else, and why. A step "" stands for all.
DIFFERENT = (
    ("events", "body.count", "the demo's event is there too"),
    ("events", "body.results[].location", "the demo's hall has an address"),
    ("items", "body.count", "each grade of each date is an item"),
    ("status", "body.items", "grades are not counted apart at a door"),
    ("status-after", "body.items", "the same"),
    ("orders", "body.results[].secret", "a door opens no orders"),
    ("redeem-blocked", "body.reason_explanation", "why the organiser blocked it"),
    ("redeem-other-date", "body.reason_explanation", "that it is a ticket, of another date"),
    ("", "body.position.checkins", "since when it is inside, where it is, and no list of all scans"),
)


def differences(real, ours):
    """[text] of every field in which ours, as of facts, is not what real is, but for those of DIFFERENT."""
    found = []
    for step in sorted(set(real) | set(ours)):
        theirs, own = real.get(step, {}), ours.get(step, {})
        for path in sorted(set(theirs) | set(own)):
            known = any(name in ("", step) and path.startswith(start) for name, start, _ in DIFFERENT)
            if theirs.get(path) != own.get(path) and not known:
                found.append(f"{step} {path}: {theirs.get(path)!r} there, {own.get(path)!r} here")
    return found
