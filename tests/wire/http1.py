"""HTTP/1.1 as it must not be spoken: smuggling, limits, halves."""
import json
import zlib

from talk import ask, connect, parse_answers, read_to_end, send

GUEST = b"POST /usher.v1.AuthService/CreateGuest HTTP/1.1\r\nHost: h\r\n"
JSON = b"Content-Type: application/json\r\n"
HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"  # what a smuggler wants to see answered
GET = b"GET /healthz HTTP/1.1\r\nHost: h\r\n"
CHUNKED = GUEST + JSON + b"Transfer-Encoding: chunked\r\n\r\n"


def with_body(line):
    return GUEST + JSON + line + b"\r\n\r\n" + HIDDEN


# name: (bytes, statuses it may be refused with)
REFUSED = {
    "length-and-chunked": (with_body(b"Content-Length: 4\r\nTransfer-Encoding: chunked"), 400),
    "chunked-and-length": (with_body(b"Transfer-Encoding: chunked\r\nContent-Length: 4"), 400),
    "two-lengths": (with_body(b"Content-Length: 2\r\nContent-Length: 38"), 400),
    "two-equal-lengths": (with_body(b"Content-Length: 38\r\nContent-Length: 38"), 400),
    "length-list": (with_body(b"Content-Length: 38, 38"), 400),
    "length-plus-38": (with_body(b"Content-Length: +38"), 400),
    "length-minus-1": (with_body(b"Content-Length: -1"), 400),
    "length-hexadecimal": (with_body(b"Content-Length: 0x10"), 400),
    "length-with-blank": (with_body(b"Content-Length: 3 8"), 400),
    "length-overflow": (with_body(b"Content-Length: 18446744073709551618"), 400),
    "length-empty": (with_body(b"Content-Length:"), 400),
    "blank-before-colon": (with_body(b"Content-Length : 38"), 400),
    "unknown-coding": (with_body(b"Transfer-Encoding: xchunked"), 400),
    "chunked-not-last": (with_body(b"Transfer-Encoding: chunked, identity"), 400),
    "chunked-twice": (with_body(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), 400),
    "chunked-of-1.0": ((CHUNKED + b"0\r\n\r\n").replace(b"HTTP/1.1", b"HTTP/1.0"), 400),
    "chunked-behind-tab": (with_body(b"Transfer-Encoding:\x0bchunked"), 400),
    "no-host": (b"GET /healthz HTTP/1.1\r\n\r\n" + HIDDEN, 400),
    "two-hosts": (b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + HIDDEN, 400),
    "host-with-blank": (b"GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n" + HIDDEN, 400),
    "nul-in-value": (GET + b"A: b\0c\r\n\r\n" + HIDDEN, 400),
    "nul-in-name": (GET + b"A\0: c\r\n\r\n" + HIDDEN, 400),
    "nul-in-path": (b"GET /healthz\0 HTTP/1.1\r\nHost: h\r\n\r\n" + HIDDEN, 400),
    "control-in-value": (GET + b"A: b\x01\r\n\r\n" + HIDDEN, 400),
    "bare-lf": (b"GET /healthz HTTP/1.1\nHost: h\n\n" + HIDDEN, 400),
    "bare-lf-in-head": (GET + b"A: b\nContent-Length: 38\r\n\r\n" + HIDDEN, 400),
    "bare-cr": (GET + b"A: b\rContent-Length: 38\r\n\r\n" + HIDDEN, 400),
    "folded": (GET + b"A: b\r\n c\r\n\r\n" + HIDDEN, 400),
    "no-colon": (GET + b"A\r\n\r\n" + HIDDEN, 400),
    "no-name": (GET + b": a\r\n\r\n" + HIDDEN, 400),
    "two-blanks": (b"GET  /healthz HTTP/1.1\r\nHost: h\r\n\r\n" + HIDDEN, 400),
    "fragment": (b"GET /healthz#a HTTP/1.1\r\nHost: h\r\n\r\n" + HIDDEN, 400),
    "http-0.9": (b"GET /healthz\r\n\r\n" + HIDDEN, 400),
    "http-2.0": (b"GET /healthz HTTP/2.0\r\nHost: h\r\n\r\n" + HIDDEN, 505),
    "http-1.2": (b"GET /healthz HTTP/1.2\r\nHost: h\r\n\r\n" + HIDDEN, 505),
    "lower-case-method": (b"get /healthz HTTP/1.1\r\nHost: h\r\n\r\n" + HIDDEN, 400),
    "unknown-method": (b"BREW /healthz HTTP/1.1\r\nHost: h\r\n\r\n" + HIDDEN, 501),
    "connect": (b"CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n" + HIDDEN, 400),
    "tls-hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), 400),
    "noise": (bytes(range(256)) * 4, 400),
    "long-line": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: h\r\n\r\n" + HIDDEN, 414),
    "endless-line": (b"GET /" + b"a" * 200_000, 414),
    "head-of-64-kib": (GET + b"A: " + b"a" * 65536 + b"\r\n\r\n" + HIDDEN, 431),
    "many-fields": (GET + b"A: b\r\n" * 65 + b"\r\n" + HIDDEN, 431),
    "expectation": (GUEST + JSON + b"Expect: miracles\r\nContent-Length: 2\r\n\r\n{}" + HIDDEN, 417),
    "chunk-size-not-hexadecimal": (CHUNKED + b"x\r\n" + HIDDEN, 400),
    "chunk-size-plus": (CHUNKED + b"+2\r\n{}\r\n0\r\n\r\n" + HIDDEN, 400),
    "chunk-size-overflow": (CHUNKED + b"fffffffffffffffff\r\n" + HIDDEN, 400),
    "chunk-without-crlf": (CHUNKED + b"2\r\n{}0\r\n\r\n" + HIDDEN, 400),
    "chunk-with-bare-lf": (CHUNKED + b"2\n{}\n0\n\n" + HIDDEN, 400),
    "chunk-endless-extension": (CHUNKED + b"2;" + b"a" * 100_000 + b"\r\n{}\r\n0\r\n\r\n" + HIDDEN, 400),
    "chunk-bad-trailer": (CHUNKED + b"2\r\n{}\r\n0\r\nA b: c\r\n\r\n" + HIDDEN, 400),
}


def refused(server, data, status):
    """One answer, the close, and never a word about what was hidden behind."""
    answers, closed = ask(server, data)
    statuses = [answer.status for answer in answers]
    assert statuses == [status], f"{statuses}, not {status}"
    assert closed and answers[0].fields.get("connection") == "close", f"left open: {answers[0].fields}"
    assert answers[0].body != b"ok\n", "the hidden request was answered"


def pipelined(server):
    """A thousand in one piece, with bodies and without: answers in order."""
    one = b'POST /usher.v1.TicketService/GetPerformance HTTP/1.1\r\nHost: h\r\n' + JSON
    good, bad = b'{"performanceId":1}', b'{"performanceId":9}'
    data = b"".join(GET + b"\r\n" + one + b"Content-Length: %d\r\n\r\n" % len(body) + body
                    for body in (good, bad) * 250)
    answers, _ = ask(server, data, count=1000)
    found = [answer.status for answer in answers]
    assert found == [200, 200, 200, 404] * 250, f"{len(found)} answers: {found[:12]}"


def byte_by_byte(server):
    with connect(server) as link:
        for value in CHUNKED + b"2;a=b\r\n{}\r\n0\r\nTrail: er\r\n\r\n":
            send(link, bytes([value]))
        found = b""
        while not parse_answers(found)[0]:
            found += link.recv(4096)
        assert "token" in json.loads(parse_answers(found)[0][0].body)


def close_is_kept(server):
    answers, closed = ask(server, GET + b"Connection: close\r\n\r\n" + HIDDEN)
    assert (len(answers), closed) == (1, True), f"{len(answers)} answers, closed: {closed}"
    answers, closed = ask(server, b"GET /healthz HTTP/1.0\r\n\r\n")
    assert (answers[0].status, closed) == (200, True), "HTTP/1.0"


def head_has_no_body(server):
    answers, _ = ask(server, b"HEAD /healthz HTTP/1.1\r\nHost: h\r\n\r\n" + GET + b"\r\n", count=2, no_body=(0,))
    assert [a.body for a in answers] == [b"", b"ok\n"], [a.body for a in answers]


def upgrade_is_ignored(server):
    answers, _ = ask(server, GET + b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                     b"HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
    assert answers[0].status == 200 and answers[0].body == b"ok\n", answers[0].status


def continue_is_said(server):
    data = GUEST + JSON + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    with connect(server) as link:
        send(link, data)
        assert link.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        send(link, b"{}")
        assert link.recv(100).startswith(b"HTTP/1.1 200 ")


def half_closed_is_answered(server):
    with connect(server) as link:
        send(link, GUEST + JSON + b"Content-Length: 2\r\n\r\n{}")
        link.shutdown(1)
        found, closed = read_to_end(link)
        assert closed and found.startswith(b"HTTP/1.1 200 "), found[:100]


def announced_too_large(server):
    """Refused at the head: ten gigabytes need not come."""
    answers, closed = ask(server, GUEST + JSON + b"Content-Length: 10737418240\r\n\r\n{")
    assert answers[0].status == 429 and closed, answers[0].status
    assert json.loads(answers[0].body)["code"] == "resource_exhausted"


def chunks_too_large(server):
    answers, closed = ask(server, CHUNKED + b"8000\r\n" + b" " * 32768 + b"\r\n" + b"10000\r\n" + b" " * 65536 + b"\r\n")
    assert answers[0].status == 429 and closed, answers[0].status


def cut_off_in_the_body(server):
    for cut in (1, 100, len(GUEST) + 5):
        with connect(server) as link:
            send(link, (GUEST + JSON + b"Content-Length: 100\r\n\r\n{")[:cut])
            link.shutdown(1)
            assert read_to_end(link)[1], f"left open after {cut} bytes and the end"


def one(server, method, path, *lines):
    """The answer to a request of its own connection."""
    head = "".join(line + "\r\n" for line in (f"{method} {path} HTTP/1.1", "Host: h", *lines, ""))
    return ask(server, head.encode(), no_body=(0,) if method == "HEAD" else ())[0][0]


def pages(server):
    """The page where its router may know the path, and nothing for it where a file or a service would be."""
    page = one(server, "GET", "/")
    for path in ("/p/1", "/orders", "/orders/abc?placed"):  # each has a head of its own (tests/web/heads.mjs)
        answer = one(server, "GET", path)
        assert (answer.status, answer.body.split(b"</head>")[1]) == (200, page.body.split(b"</head>")[1]), path
    for path in ("/assets/none", "/assets/index-0.js", "/favicon.ico", "/.git/config", "/usher.v1.TicketService/None"):
        answer = one(server, "GET", path)
        assert (answer.status, answer.body) == (404, b"nothing here\n"), f"{path}: {answer.status} {answer.body[:80]}"
        assert answer.fields["cache-control"] == "no-store", answer.fields
    fields = page.fields
    for name, word in (("cache-control", "no-cache"), ("vary", "Accept-Encoding"), ("x-content-type-options", "nosniff"),
                       ("content-security-policy", "frame-ancestors 'none'"), ("referrer-policy", "no-referrer")):
        assert word in fields[name], f"{name}: {fields[name]}"
    head = one(server, "HEAD", "/")
    assert {**head.fields, "date": ""} == {**fields, "date": ""}, head.fields
    assert one(server, "GET", "/", "Range: bytes=0-9").body == page.body
    assert one(server, "GET", "/", f"If-None-Match: {fields['etag']}").status == 304
    assert "content-encoding" not in one(server, "GET", "/", "Accept-Encoding: br, gzip;q=0").fields
    packed = one(server, "GET", "/", "Accept-Encoding: gzip")
    assert packed.fields["etag"] != fields["etag"] and zlib.decompress(packed.body, 31) == page.body


def other_origins_get_nothing(server):
    """No CORS: a preflight is 405, and what needs none is no call (415) or cannot be read."""
    call = "/usher.v1.TicketService/HoldBest"
    for answer in (one(server, "OPTIONS", call, "Origin: http://other", "Access-Control-Request-Method: POST"),
                   one(server, "POST", call, "Origin: http://other", "Content-Type: text/plain", "Content-Length: 0"),
                   one(server, "GET", "/usher.v1.TicketService/ListEvents?encoding=json&message=%7B%7D", "Origin: http://other")):
        assert not [name for name in answer.fields if name.startswith("access-control")], answer.fields
        assert answer.status in (405, 415, 200), answer.status


def deep_json(server):
    """What is read without a contract goes no deeper than a fiber's stack holds."""
    for deep in (b"[" * 2040, b'{"a":' * 2000, b"[" * 16000):
        data = (b"POST /csp-reports HTTP/1.1\r\nHost: h\r\n" + JSON + b"Content-Length: %d\r\n\r\n" % len(deep)) + deep
        answers, _ = ask(server, data)
        assert [answer.status for answer in answers] == [204], answers
        assert one(server, "GET", "/healthz").status == 200


TESTS = (pages, deep_json, other_origins_get_nothing, pipelined, byte_by_byte, close_is_kept, head_has_no_body, upgrade_is_ignored,
         continue_is_said, half_closed_is_answered, announced_too_large, chunks_too_large, cut_off_in_the_body)


def checks(server):
    """(name, test, arguments) of every check."""
    for name, (data, status) in REFUSED.items():
        yield name, refused, (server, data, status)
    for test in TESTS:
        yield test.__name__.replace("_", "-"), test, (server,)
