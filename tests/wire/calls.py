"""gRPC and Connect as they must not be spoken: envelopes, headers, messages."""
import base64
import json
import selectors
import time

from talk import GRPC, Answer, Http2, connect, envelope, parse_answers, send

TICKET = "/usher.v1.TicketService/"
ONE = b"\x08\x01"  # performance_id 1
TYPE = ("content-type", "application/grpc")

# name: (fields, body, grpc-status, word of the message)
GRPC_REFUSED = {
    "compressed-flag": (GRPC, envelope(ONE, 1), 13, "compressed"),
    "unknown-flags": (GRPC, envelope(ONE, 0x40), 3, "flags"),
    "br": ((*GRPC, ("grpc-encoding", "br")), envelope(ONE), 12, "packed"),
    "two-messages": (GRPC, envelope(ONE) * 2, 12, "more than one"),
    "no-message": (GRPC, b"", 12, "no message"),
    "half-an-envelope": (GRPC, b"\0\0\0", 3, "cut short"),
    "half-a-message": (GRPC, envelope(ONE, length=9), 3, "cut short"),
    "message-of-4-gib": (GRPC, envelope(ONE, length=0xffffffff), 8, "at most"),
    "message-of-64-kib-and-1": (GRPC, envelope(bytes(65537)), 8, "at most"),
    "no-te": ((TYPE,), envelope(ONE), 13, "te: trailers"),
    "not-protobuf": (GRPC, envelope(b"\x08"), 3, "protobuf"),
    "endless-varint": (GRPC, envelope(b"\x08" + b"\xff" * 20), 3, "protobuf"),
    "length-beyond-the-message": (GRPC, envelope(b"\x12\xff\xff\xff\xff\x0f"), 3, "protobuf"),
    "groups": (GRPC, envelope(b"\x0b" * 1000), 3, "protobuf"),
    "field-0": (GRPC, envelope(b"\x00\x01"), 3, "protobuf"),
    **{f"timeout-{i}": ((*GRPC, ("grpc-timeout", text)), envelope(ONE), 3, "grpc-timeout")
       for i, text in enumerate(("", "1", "S", "-1S", "+1S", "1.5S", "1s", "123456789S", "1 S", "1SS", "0x1S"))},
    "timeout-of-zero": ((*GRPC, ("grpc-timeout", "0n")), envelope(ONE), 4, "deadline"),
}


def grpc_refused(server, fields, body, code, word):
    with Http2(server) as link:
        answer = link.call(TICKET + "GetPerformance", *fields, body=body)
        assert answer.field(":status") == "200", answer.heads
        assert answer.field("grpc-status") == str(code), f"{answer.heads}, not {code}"
        assert word in (answer.field("grpc-message") or ""), answer.heads
        assert link.is_alive()


def grpc_other_types(server):
    with Http2(server) as link:
        for kind in ("application/grpc-web", "application/grpc+json", "application/grpcx", "text/html", ""):
            answer = link.call(TICKET + "GetPerformance", ("content-type", kind), ("te", "trailers"), body=envelope(ONE))
            assert answer.field(":status") == "415", f"{kind}: {answer.heads}"
        answer = link.call(TICKET + "HoldBest", *GRPC, method="GET")
        assert answer.field(":status") == "405", answer.heads
        assert link.is_alive()


def grpc_invalid_utf8(server):
    """proto3 strings are UTF-8: hold_id of ReleaseHold is not."""
    with Http2(server) as link:
        token = server.ask("CreateGuest", {}, service="usher.v1.AuthService")["token"]
        answer = link.call(TICKET + "ReleaseHold", *GRPC, ("authorization", "Bearer " + token),
                           body=envelope(b"\x08\x01\x12\x02\xc3\x28"))
        assert answer.field("grpc-status") in ("3", "5"), answer.heads
        message = answer.field("grpc-message")
        assert message.isascii() and message.isprintable(), message


def grpc_authorizations(server):
    """Forged, long, odd: each unauthenticated, none looked at for long."""
    good = server.ask("CreateGuest", {}, service="usher.v1.AuthService")["token"]
    with Http2(server) as link:
        for text in ("", "Bearer", "Basic YTpi", "Bearer " + good[:-1], "Bearer " + good + "A",
                     "Bearer " + good.swapcase(), "Bearer " + "A" * 8000, "Bearer ..", "Bearer " + good + ", Bearer x",
                     good, "Bearer " + good.replace(".", "..", 1)):
            answer = link.call(TICKET + "HoldBest", *GRPC, ("authorization", text), body=envelope(ONE + b"\x10\x01"))
            assert answer.field("grpc-status") == "16", f"{text[:40]}: {answer.heads}"
        assert link.is_alive()


def organiser_holds_nothing(server):
    """Places belong to an account; the organiser's key is none, not even for what is somebody's already."""
    guest = server.ask("CreateGuest", {}, service="usher.v1.AuthService")["token"]
    hold = server.ask("HoldBest", {"performanceId": 1, "party": 1}, token=guest)
    order = {"performanceId": 1, "holdId": hold["holdId"], "paymentMethod": "PAYMENT_METHOD_BOX_OFFICE"}
    assert server.ask("PlaceOrder", order, token=guest).get("orderId") == hold["holdId"]
    for method, message in (("HoldSeats", {"performanceId": 1, "seats": [1]}),
                            ("HoldBest", {"performanceId": 1, "party": 1}),
                            ("ReleaseHold", {"performanceId": 1, "holdId": hold["holdId"]}),
                            ("PlaceOrder", {**order, "idempotencyKey": "organiser's"})):
        answer = server.ask(method, message, token=server.operator_key)
        assert answer.get("code") == "permission_denied", f"{method}: {answer}"
    assert "orderId" in server.ask("GetOrder", {"orderId": hold["holdId"]}, token=server.operator_key)


# name: (method, JSON, what the message or the field says)
JSON_REFUSED = {
    "empty": ("GetPerformance", b"", ""),
    "blank": ("GetPerformance", b"  \n", ""),
    "half-an-object": ("GetPerformance", b'{"performanceId":', "JSON"),
    "half-a-string": ("GetPerformance", b'{"perf', "JSON"),
    "array": ("GetPerformance", b"[]", ""),
    "null-and-more": ("GetPerformance", b'{"performanceId":1}{}', "JSON"),
    "trailing-comma": ("GetPerformance", b'{"performanceId":1,}', "JSON"),
    "single-quotes": ("GetPerformance", b"{'performanceId':1}", "JSON"),
    "deep-arrays": ("GetPerformance", b"[" * 60_000, "deep"),
    "deep-objects": ("GetPerformance", b'{"a":' * 10_000, "deep"),
    "deep-within": ("GetPerformance", b'{"performanceId":' + b"[" * 33 + b"]" * 33 + b"}", "deep"),
    "duplicate-keys": ("GetPerformance", b'{"performanceId":1,"performanceId":2}', ""),
    "both-names": ("GetPerformance", b'{"performanceId":1,"performance_id":2}', ""),
    "number-too-large": ("GetPerformance", b'{"performanceId":4294967296}', "performance_id"),
    "number-huge": ("GetPerformance", b'{"performanceId":' + b"9" * 1000 + b"}", ""),
    "number-infinite": ("GetPerformance", b'{"performanceId":1e999}', ""),
    "number-negative": ("GetPerformance", b'{"performanceId":-1}', "performance_id"),
    "number-broken": ("GetPerformance", b'{"performanceId":1.5}', "performance_id"),
    "number-hexadecimal": ("GetPerformance", b'{"performanceId":0x1}', "JSON"),
    "number-in-words": ("GetPerformance", b'{"performanceId":"one"}', "performance_id"),
    "number-is-true": ("GetPerformance", b'{"performanceId":true}', "performance_id"),
    "number-is-object": ("GetPerformance", b'{"performanceId":{}}', "performance_id"),
    "number-not-a-number": ("GetPerformance", b'{"performanceId":NaN}', "JSON"),
    "string-is-number": ("ReleaseHold", b'{"performanceId":1,"holdId":7}', "hold_id"),
    "string-is-array": ("ReleaseHold", b'{"performanceId":1,"holdId":["a"]}', "hold_id"),
    "invalid-utf8": ("ReleaseHold", b'{"performanceId":1,"holdId":"\xc3\x28"}', ""),
    "overlong-utf8": ("ReleaseHold", b'{"performanceId":1,"holdId":"\xc0\x80"}', ""),
    "lone-surrogate": ("ReleaseHold", b'{"performanceId":1,"holdId":"\\ud800"}', ""),
    "escaped-nul": ("ReleaseHold", b'{"performanceId":1,"holdId":"a\\u0000b"}', ""),
    "control-in-string": ("ReleaseHold", b'{"performanceId":1,"holdId":"\x01"}', ""),
    "list-is-number": ("HoldSeats", b'{"performanceId":1,"seats":7}', "seats"),
    "list-with-null": ("HoldSeats", b'{"performanceId":1,"seats":[null]}', "seats"),
    "list-of-lists": ("HoldSeats", b'{"performanceId":1,"seats":[[1]]}', "seats"),
    "list-too-long": ("HoldSeats", b'{"performanceId":1,"seats":[' + b"1," * 30_000 + b"1]}", "seats"),
    "message-is-string": ("HoldSeats", b'{"performanceId":1,"areas":["a"]}', "areas"),
    "within-a-list": ("HoldSeats", b'{"performanceId":1,"areas":[{"section":1},{"quantity":"x"}]}', "areas[1].quantity"),
    "enum-unknown": ("PlaceOrder", b'{"performanceId":1,"paymentMethod":"PAYMENT_METHOD_SEASHELLS"}', "payment_method"),
    "page-token-of-nobody": ("ListOrders", b'{"pageToken":"7zzzzzzzzzzzzzzzzzzzzzzzzz"}', "page_token"),
    "bool-is-number": ("HoldBest", b'{"performanceId":1,"party":1,"apart":1}', "apart"),
}


class Http1:
    """A connection of HTTP/1.1 that stays open over many calls."""

    def __init__(self, server):
        self.link, self.rest = connect(server), b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.link.close()

    def post(self, path, body, *lines, kind="application/json") -> Answer:
        head = "".join(line + "\r\n" for line in (f"POST {path} HTTP/1.1", "Host: h", f"Content-Type: {kind}",
                                                  f"Content-Length: {len(body)}", *lines, ""))
        return self.exchange(head.encode() + body)

    def exchange(self, data) -> Answer:
        send(self.link, data)
        while not parse_answers(self.rest)[0]:
            piece = self.link.recv(65536)
            assert piece, f"closed; {self.rest[:200]!r}"
            self.rest += piece
        answers, self.rest = parse_answers(self.rest)
        assert len(answers) == 1, f"{len(answers)} answers to one question"
        return answers[0]


def json_refused(server, token, method, body, word):
    with Http1(server) as link:
        answer = link.post(TICKET + method, body, f"Authorization: Bearer {token}")
        error = json.loads(answer.body)
        assert (answer.status, error["code"]) == (400, "invalid_argument"), f"{answer.status} {error}"
        detail = error["details"][0]
        assert detail["type"] == "usher.v1.ErrorDetail" and detail["debug"]["reason"] == "BAD_ARGUMENT", error
        assert word in error["message"] + detail["debug"].get("field", ""), f"{error} does not say {word}"
        base64.b64decode(detail["value"] + "==")
        good = link.post("/usher.v1.AuthService/CreateGuest", b"{}")
        assert good.status == 200, f"afterwards: {good.status}"


def json_allowed(server):
    """What proto3's JSON allows, however odd it looks."""
    with Http1(server) as link:
        for body in (b'{"performance_id":1}', b'{"performanceId":"1"}', b'{"performanceId":1.0}', b'{"performanceId":1e0}',
                     b' {\t"performanceId"\r\n:1 } ', b'{"performance\\u0049d":1}'):
            answer = link.post(TICKET + "GetPerformance", body)
            assert answer.status == 200, f"{body}: {answer.status} {answer.body}"


def connect_headers(server):
    with Http1(server) as link:
        for line, status in (("Connect-Protocol-Version: 2", 400), ("Connect-Timeout-Ms: soon", 400),
                             ("Connect-Timeout-Ms: -1", 400), ("Connect-Timeout-Ms: 12345678901", 400),
                             ("Connect-Timeout-Ms: 1.5", 400), ("Connect-Timeout-Ms: 0", 504),
                             ("Content-Encoding: gzip", 400), ("Content-Encoding: br", 501)):
            answer = link.post(TICKET + "ListEvents", b"{}", line)
            assert answer.status == status, f"{line}: {answer.status} {answer.body}"


def connect_gets(server):
    with Http1(server) as link:
        for query, status in (("", 400), ("encoding=json", 400), ("message=%7B%7D", 400), ("encoding=xml&message=%7B%7D", 415),
                              ("encoding=json&message=%7B%7", 400), ("encoding=json&message=%zz", 400),
                              ("encoding=json&message=%7B%7D&connect=v9", 400), ("encoding=proto&base64=1&message=***", 400),
                              ("encoding=json&message=%7B%7D&compression=br", 501),
                              ("encoding=json&message=" + "%5B" * 2000, 400), ("&&&==&encoding=json&message=%7B%7D", 200)):
            answer = link.exchange(f"GET {TICKET}ListEvents?{query} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
            assert answer.status == status, f"{query[:60]}: {answer.status} {answer.body[:200]}"


def connect_stream_envelopes(server):
    """Errors of a stream come under 200, in its last envelope."""
    one = b'{"performanceId":1}'
    for body, code in ((b"", "unimplemented"), (b"\0\0", "invalid_argument"), (envelope(one, length=99), "invalid_argument"),
                       (envelope(one, 1), "internal"), (envelope(one, 2), "invalid_argument"),
                       (envelope(one) * 2, "unimplemented"), (envelope(one, length=0x7fffffff), "resource_exhausted"),
                       (envelope(b"{"), "invalid_argument")):
        with connect(server) as link:
            send(link, (f"POST {TICKET}WatchSeats HTTP/1.1\r\nHost: h\r\nContent-Type: application/connect+json\r\n"
                        f"Content-Length: {len(body)}\r\n\r\n").encode() + body)
            found = b""
            while b'"code":"' not in found:
                piece = link.recv(65536)
                assert piece, f"{body[:30]!r}: {found!r}"
                found += piece
            assert found.startswith(b"HTTP/1.1 200 ") and f'"code":"{code}"'.encode() in found, f"{body[:30]!r}: {found!r}"


def plan_that_is_no_base64(server):
    with Http1(server) as link:
        for plan in ('"***"', '"a"', "7", "[]", '"eyJ" "x"'):
            answer = link.post(TICKET + "ImportHall", f'{{"name":"x","plan":{plan}}}'.encode(),
                               f"Authorization: Bearer {server.operator_key}")
            assert answer.status == 400, f"{plan}: {answer.status}"


class Watcher:
    """What one reader of WatchSeats over HTTP/1.1 has been told; a gap between versions is an AssertionError."""

    def __init__(self, server):
        self.link = connect(server)
        self.found, self.said, self.version, self.states = b"", None, None, None
        body = envelope(b'{"performanceId":1}')
        send(self.link, (f"POST {TICKET}WatchSeats HTTP/1.1\r\nHost: h\r\nContent-Type: application/connect+json\r\n"
                         f"Connect-Protocol-Version: 1\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body)

    def take(self):
        self.found += self.link.recv(262144)
        if self.said is None and b"\r\n\r\n" in self.found:
            self.said, self.found = self.found.split(b"\r\n\r\n", 1)
            assert self.said.startswith(b"HTTP/1.1 200 "), self.said
        while self.said is not None and b"\r\n" in self.found:
            size, rest = self.found.split(b"\r\n", 1)
            if len(rest) < int(size, 16) + 2:
                return
            self.found = rest[int(size, 16) + 2:]
            self.hear(json.loads(rest[5:int(size, 16)]))

    def hear(self, update):
        version = int(update.get("version", 0))
        if "snapshot" in update:
            self.states = bytearray(base64.b64decode(update["snapshot"]["states"]))
        else:
            begin = int(update["delta"].get("fromVersion", 0))
            assert begin == self.version, f"a delta from {begin} for one who has {self.version}"
            for change in update["delta"].get("changes", []):
                place, shift = divmod(change >> 2, 4)
                self.states[place] = self.states[place] & ~(3 << 2 * shift) | (change & 3) << 2 * shift
        assert self.version is None or version >= self.version, f"{version} after {self.version}"
        self.version = version


def many_watchers_without_a_gap(server):
    """More than are told in one turn, and more of them come all the time: each hears every version in order."""
    watchers, selector, last = [], selectors.DefaultSelector(), 0
    try:
        for _ in range(24):
            for _ in range(40):
                watchers.append(Watcher(server))
                selector.register(watchers[-1].link, selectors.EVENT_READ, watchers[-1])
            # Somebody else each time: who gives holds back must wait before the next.
            token = server.ask("CreateGuest", {}, service="usher.v1.AuthService")["token"]
            hold = server.ask("HoldBest", {"performanceId": 1, "party": 2}, token=token)
            for key, _ in selector.select(0):
                key.data.take()
            last = int(server.ask("ReleaseHold", {"performanceId": 1, "holdId": hold["holdId"]}, token=token)["version"])
        until = time.monotonic() + 20
        while any(watcher.version is None or watcher.version < last for watcher in watchers):
            assert time.monotonic() < until, f"not all have heard of {last}"
            for key, _ in selector.select(1):
                key.data.take()
        newest = max(watcher.version for watcher in watchers)
        assert len({bytes(w.states) for w in watchers if w.version == newest}) == 1, "two see two halls"
    finally:
        for watcher in watchers:
            watcher.link.close()


TESTS = (grpc_other_types, grpc_invalid_utf8, grpc_authorizations, organiser_holds_nothing, json_allowed, connect_headers,
         connect_gets, connect_stream_envelopes, plan_that_is_no_base64, many_watchers_without_a_gap)


def checks(server):
    """(name, test, arguments) of every check."""
    token = server.ask("CreateGuest", {}, service="usher.v1.AuthService")["token"]
    for name, row in GRPC_REFUSED.items():
        yield f"grpc-{name}", grpc_refused, (server, *row)
    for name, row in JSON_REFUSED.items():
        yield f"json-{name}", json_refused, (server, token, *row)
    for test in TESTS:
        yield test.__name__.replace("_", "-"), test, (server,)
