"""HTTP/2 as it must not be spoken (RFC 9113): frames that break rules, and floods."""
import struct

from talk import (ACK, CANCEL, COMPRESSION_ERROR, CONTINUATION, CUT, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM,
                  FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, GOAWAY, GRPC, GUEST, HEADERS, PADDED, PING, PREFACE, PRIORITISED,
                  PRIORITY, PROTOCOL_ERROR, PUSH_PROMISE, REFUSED_STREAM, RST_STREAM, SETTINGS, STREAM_CLOSED,
                  WINDOW_UPDATE, Http2, connect, envelope, frame, guest_over, literal, read_to_end, send, settings)

PSEUDO = b"\x83\x86\x44\x01/\x41\x01h"  # POST http://h/
OPEN = frame(HEADERS, END_HEADERS, 1, PSEUDO)  # without its end

# name: (frames, codes the connection may end with)
BREAKING = {
    "data-on-connection": (frame(DATA, 0, 0, b"x"), PROTOCOL_ERROR),
    "data-on-idle-stream": (frame(DATA, 0, 9, b"x"), PROTOCOL_ERROR),
    "data-padded-too-long": (OPEN + frame(DATA, PADDED, 1, b"\x09x"), PROTOCOL_ERROR),
    "headers-on-connection": (frame(HEADERS, END_HEADERS, 0, PSEUDO), PROTOCOL_ERROR),
    "headers-on-even-stream": (frame(HEADERS, END_HEADERS, 2, PSEUDO), PROTOCOL_ERROR),
    "headers-cut-short": (frame(HEADERS, END_HEADERS | PRIORITISED, 1, b"\0\0"), FRAME_SIZE_ERROR, PROTOCOL_ERROR),
    "priority-of-4": (frame(PRIORITY, 0, 1, bytes(4)), FRAME_SIZE_ERROR),
    "priority-on-connection": (frame(PRIORITY, 0, 0, bytes(5)), PROTOCOL_ERROR),
    "reset-of-idle-stream": (frame(RST_STREAM, 0, 1, bytes(4)), PROTOCOL_ERROR),
    "reset-of-3": (OPEN + frame(RST_STREAM, 0, 1, bytes(3)), FRAME_SIZE_ERROR),
    "reset-of-connection": (frame(RST_STREAM, 0, 0, bytes(4)), PROTOCOL_ERROR),
    "settings-of-5": (frame(SETTINGS, 0, 0, bytes(5)), FRAME_SIZE_ERROR),
    "settings-on-stream": (frame(SETTINGS, 0, 1, bytes(6)), PROTOCOL_ERROR),
    "settings-ack-with-payload": (frame(SETTINGS, ACK, 0, bytes(6)), FRAME_SIZE_ERROR),
    "settings-push-2": (settings((2, 2)), PROTOCOL_ERROR),
    "settings-window-too-large": (settings((4, 0x80000000)), FLOW_CONTROL_ERROR),
    "settings-frame-too-small": (settings((5, 16383)), PROTOCOL_ERROR),
    "settings-frame-too-large": (settings((5, 16777216)), PROTOCOL_ERROR),
    "push-promise": (OPEN + frame(PUSH_PROMISE, END_HEADERS, 1, b"\0\0\0\2" + PSEUDO), PROTOCOL_ERROR),
    "ping-of-7": (frame(PING, 0, 0, bytes(7)), FRAME_SIZE_ERROR),
    "ping-on-stream": (frame(PING, 0, 1, bytes(8)), PROTOCOL_ERROR),
    "goaway-of-7": (frame(GOAWAY, 0, 0, bytes(7)), FRAME_SIZE_ERROR),
    "goaway-on-stream": (frame(GOAWAY, 0, 1, bytes(8)), PROTOCOL_ERROR),
    "window-update-of-zero": (frame(WINDOW_UPDATE, 0, 0, bytes(4)), PROTOCOL_ERROR),
    "window-update-of-3": (frame(WINDOW_UPDATE, 0, 0, bytes(3)), FRAME_SIZE_ERROR),
    "window-update-of-idle-stream": (frame(WINDOW_UPDATE, 0, 1, b"\0\0\0\1"), PROTOCOL_ERROR),
    "window-overflow": (frame(WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff"), FLOW_CONTROL_ERROR),
    "continuation-alone": (frame(CONTINUATION, END_HEADERS, 1, PSEUDO), PROTOCOL_ERROR),
    "continuation-of-another": (frame(HEADERS, 0, 1, PSEUDO) + frame(CONTINUATION, END_HEADERS, 3, b""), PROTOCOL_ERROR),
    "ping-within-headers": (frame(HEADERS, 0, 1, PSEUDO) + frame(PING, 0, 0, bytes(8)), PROTOCOL_ERROR),
    "frame-too-large": (OPEN + frame(DATA, 0, 1, bytes(16385)), FRAME_SIZE_ERROR),
    "frame-of-16-mib": (OPEN + frame(DATA, 0, 1, b"", length=0xffffff), FRAME_SIZE_ERROR),
    "hpack-index-0": (frame(HEADERS, END_HEADERS, 1, b"\x80"), COMPRESSION_ERROR),
    "hpack-index-unknown": (frame(HEADERS, END_HEADERS, 1, b"\xff\xff\xff\xff\x0f"), COMPRESSION_ERROR),
    "hpack-cut-short": (frame(HEADERS, END_HEADERS, 1, b"\x83\x44\x7f"), COMPRESSION_ERROR),
    "hpack-huffman-padding": (frame(HEADERS, END_HEADERS, 1, PSEUDO + b"\0\x82\x00\x00\x01x"), COMPRESSION_ERROR),
    "hpack-table-too-large": (frame(HEADERS, END_HEADERS, 1, b"\x3f\xe1\xff\x03" + PSEUDO), COMPRESSION_ERROR),
}

# name: what stands in the head besides; the stream alone is reset
MALFORMED = {
    "te-gzip": literal(b"te", b"gzip"),
    "connection": literal(b"connection", b"close"),
    "transfer-encoding": literal(b"transfer-encoding", b"chunked"),
    "upgrade": literal(b"upgrade", b"h2c"),
    "upper-case": literal(b"Upper", b"a"),
    "crlf-in-value": literal(b"a", b"b\r\nc: d"),
    "nul-in-value": literal(b"a", b"b\0c"),
    "no-name": literal(b"", b"a"),
    "blank-in-name": literal(b"a b", b"c"),
    "second-path": literal(b":path", b"/other"),
    "unknown-pseudo": literal(b":other", b"a"),
    "late-pseudo": literal(b"a", b"b") + literal(b":protocol", b"c"),
    "length-plus": literal(b"content-length", b"+1"),
    "length-false": literal(b"content-length", b"5"),
}


def breaks(server, data, *codes):
    with Http2(server) as link:
        link.send(data)
        verdict = link.until_closed()
        assert verdict in codes, f"ended with {verdict}, not {codes}"


def resets_stream(server, field):
    with Http2(server) as link:
        link.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, PSEUDO + field))
        answer = link.answer(1)
        assert answer.reset == PROTOCOL_ERROR and not answer.heads, f"reset {answer.reset}, {answer.heads}"
        link.next_id = 3
        assert link.is_alive()


def prefaces(server):
    """A connection that begins as HTTP/2 and then is none."""
    for first in (PREFACE[:-8] + b"XX\r\n\r\n", PREFACE + b"GET / HTTP/1.1\r\n\r\n", PREFACE + bytes(range(255, 0, -1)),
                  PREFACE + frame(PING, 0, 0, bytes(8)), PREFACE + PREFACE):
        with connect(server) as link:
            send(link, first)
            found, closed = read_to_end(link)
            assert closed, f"left open after {first[:60]!r}: {found!r}"


def floods(server, one, count, codes=(ENHANCE_YOUR_CALM,)):
    """The server has enough before all has come, says so, and others are served meanwhile."""
    with Http2(server) as link, Http2(server) as other:
        sent = all(link.send(b"".join(one(i) for i in range(at, at + 100))) for at in range(0, count, 100))
        verdict = link.until_closed()
        # Where our own bytes were still on their way, the reset may have overtaken the GOAWAY.
        assert verdict in codes or (verdict == CUT and not sent), f"ended with {verdict}"
        assert other.is_alive()


def rapid_reset(server):
    def one(i):
        head = b"\x83\x86\x41\x01h" + literal(b":path", GUEST.encode()) + literal(b"te", b"trailers") + \
            literal(b"content-type", b"application/grpc")
        return frame(HEADERS, END_HEADERS, 2 * i + 1, head) + frame(RST_STREAM, 0, 2 * i + 1, struct.pack(">I", CANCEL))
    floods(server, one, 40_000)


def made_you_reset(server):
    """CVE-2025-8671: frames that oblige the server to reset."""
    def one(i):
        return frame(HEADERS, END_HEADERS, 2 * i + 1, PSEUDO) + frame(WINDOW_UPDATE, 0, 2 * i + 1, bytes(4))
    floods(server, one, 40_000, (ENHANCE_YOUR_CALM, PROTOCOL_ERROR))


def settings_flood(server):
    floods(server, lambda i: settings((3, 100)), 10_000)


def ping_flood(server):
    floods(server, lambda i: frame(PING, 0, 0, struct.pack(">Q", i)), 10_000)


def priority_flood(server):
    floods(server, lambda i: frame(PRIORITY, 0, 2 * i + 1, b"\0\0\0\0\x10"), 10_000)


def empty_data_flood(server):
    floods(server, lambda i: (OPEN if i == 0 else b"") + frame(DATA, 0, 1, b""), 10_000)


def padding_flood(server):
    """As empty as no bytes at all."""
    floods(server, lambda i: (OPEN if i == 0 else b"") + frame(DATA, PADDED, 1, b"\x03\0\0\0"), 10_000)


def continue_is_said(server):
    """Over HTTP/2 too; and what else is expected is 417, as over HTTP/1.1."""
    with Http2(server) as link:
        number = link.open(GUEST, ("content-type", "application/json"), ("expect", "100-continue"), ends=False)
        link.wait(lambda: link.stream(number).heads, "100")
        assert link.streams[number].heads == [[(":status", "100")]], link.streams[number].heads
        link.send(frame(DATA, END_STREAM, number, b"{}"))
        assert link.answer(number).field(":status") == "200", link.streams[number].heads
        assert link.call(GUEST, *GRPC, ("expect", "miracles"), body=envelope(b"")).field(":status") == "417"
        assert link.is_alive()


def window_update_flood(server):
    floods(server, lambda i: frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\1"), 200_000)


def continuation_flood(server):
    """CVE-2024-28182: a block without end."""
    def one(i):
        return frame(HEADERS, 0, 1, PSEUDO) if i == 0 else frame(CONTINUATION, 0, 1, literal(b"a", b"b" * 100))
    floods(server, one, 10_000)


def empty_continuation_flood(server):
    floods(server, lambda i: frame(CONTINUATION if i else HEADERS, 0, 1, b"" if i else PSEUDO), 10_000)


def header_bomb(server):
    """A field of 4,000 bytes, named once and then by its index: each byte that comes unfolds to 4,000."""
    big = b"\x40\x01a\x7f\xa1\x1e" + b"b" * 4000
    with Http2(server) as link:
        link.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, PSEUDO + big + b"\xbe" * 12_000))
        verdict = link.until_closed()
        assert verdict == ENHANCE_YOUR_CALM, verdict


def head_too_long(server):
    """Over 16 KiB, or 64 fields: an answer, and the connection goes on, with all that is open on it. "x" has 7 bits in
    HPACK: 100,000 of them are more than libnghttp2 takes of one string, "1" has 5."""
    with Http2(server) as link:
        watch = link.open("/usher.v1.TicketService/WatchSeats", *GRPC, body=envelope(b"\x08\x01"))
        for fields in ([("a", "b" * 17_000)], [(f"a{i}", "b") for i in range(65)], [("a", "x" * 100_000)],
                       [("cookie", "1" * 100_000)], [(f"a{i}", "x" * 1000) for i in range(100)], [("a", "x" * 230_000)]):
            block = link.head(GUEST, *fields)
            number, link.next_id = link.next_id, link.next_id + 2
            cuts = range(0, len(block), 16384)
            link.send(b"".join(frame(CONTINUATION if at else HEADERS, (0 if at else END_STREAM) |
                                     (END_HEADERS if at == cuts[-1] else 0), number, block[at:at + 16384]) for at in cuts))
            answer = link.answer(number)
            assert answer.field(":status") == "431" and answer.body.startswith(b"431: "), answer.heads
        assert not link.stream(watch).over, "the other stream is gone"
        assert link.is_alive()


def frames_on_closed_streams(server):
    """A stream that is over, or was passed over, is never answered again: nghttp2 forgets it, and skips what comes."""
    with Http2(server) as link:
        link.next_id = 5
        link.call(GUEST, *GRPC, body=envelope(b""))
        answer = len(link.streams[5].heads), link.streams[5].body
        for number in (5, 3):
            link.send(frame(DATA, END_STREAM, number, envelope(b"")) +
                      frame(HEADERS, END_HEADERS, number, link.head(GUEST, *GRPC)) +
                      frame(DATA, END_STREAM, number, envelope(b"")) + frame(RST_STREAM, 0, number, bytes(4)))
        assert link.is_alive()
        assert (len(link.streams[5].heads), link.streams[5].body) == answer, "answered again"
        assert not link.stream(3).heads, link.streams[3].heads


def data_behind_the_end(server):
    """The call is still under way, its request has ended: STREAM_CLOSED (RFC 9113, 5.1)."""
    with Http2(server) as link:
        number = link.open("/usher.v1.TicketService/WatchSeats", *GRPC, body=envelope(b"\x08\x01"))
        link.wait(lambda: link.stream(number).body, "the first update")
        link.send(frame(DATA, 0, number, b"x"))
        link.wait(lambda: link.closed or link.streams[number].reset is not None, "a reset or the close")
        said = link.verdict() if link.closed else link.streams[number].reset
        assert said == STREAM_CLOSED, said


def stream_window_overflow(server):
    with Http2(server) as link:
        number = link.open(GUEST, *GRPC, ends=False)
        link.send(frame(WINDOW_UPDATE, 0, number, b"\x7f\xff\xff\xff"))
        assert link.answer(number).reset == FLOW_CONTROL_ERROR, link.streams[number].reset
        assert link.is_alive()


def more_than_the_window(server):
    """Sends on where it was given no more room; what the server grants while reading is counted."""
    with Http2(server) as link:
        number = link.open(GUEST, ("content-type", "application/json"), ends=False)
        data = b"".join(frame(DATA, 0, number, b" " * 16384) for _ in range(640))
        link.send(data)
        link.wait(lambda: link.closed or link.streams.get(number) and (
            link.streams[number].over or link.streams[number].heads), "an answer or the end")
        if not link.closed and link.streams[number].heads:
            assert link.streams[number].field(":status") == "429", link.streams[number].heads
        else:
            assert link.verdict() == FLOW_CONTROL_ERROR, link.verdict()


def too_many_streams(server):
    """A thousand may be open; more are refused, which does no harm to those."""
    with Http2(server) as link:
        numbers = [link.open(GUEST, *GRPC, ends=False) for _ in range(1010)]
        for number in numbers[1000:]:
            assert link.answer(number).reset == REFUSED_STREAM, link.streams[number].reset
        for number in numbers[:1000]:
            link.send(frame(DATA, END_STREAM, number, envelope(b"")))
        for number in numbers[:1000]:
            assert link.answer(number).field("grpc-status") == "0", link.streams[number].heads


def what_is_unknown_is_skipped(server):
    with Http2(server) as link:
        link.send(frame(0x5f, 0xff, 0, bytes(100)) + settings((0x5f5f, 7)) + frame(0x21, 0, 1, b""))
        assert link.is_alive()


def goodbye(server):
    """GOAWAY of ours: what is under way is answered, then the connection ends."""
    with Http2(server) as link:
        number = link.open(GUEST, *GRPC, ends=False)
        link.send(frame(GOAWAY, 0, 0, bytes(8)) + frame(DATA, END_STREAM, number, envelope(b"")))
        assert link.answer(number).field("grpc-status") == "0"
        link.until_closed()


def padding_and_priority(server):
    """Allowed, if odd."""
    with Http2(server) as link:
        block = link.head(GUEST, *GRPC)
        link.send(frame(HEADERS, PADDED | PRIORITISED | END_HEADERS, 1, b"\x05" + b"\0\0\0\0\x10" + block + bytes(5)) +
                  frame(DATA, PADDED | END_STREAM, 1, b"\xff" + envelope(b"") + bytes(255)))
        assert link.answer(1).field("grpc-status") == "0", link.streams[1].heads
        link.next_id = 3
        assert guest_over(link)


TESTS = (prefaces, rapid_reset, made_you_reset, settings_flood, ping_flood, priority_flood, empty_data_flood,
         padding_flood, continue_is_said, window_update_flood, continuation_flood, empty_continuation_flood, header_bomb, head_too_long,
         frames_on_closed_streams, data_behind_the_end, stream_window_overflow, more_than_the_window, too_many_streams,
         what_is_unknown_is_skipped, goodbye, padding_and_priority)


def checks(server):
    """(name, test, arguments) of every check."""
    for name, (data, *codes) in BREAKING.items():
        yield name, breaks, (server, data, *codes)
    for name, field in MALFORMED.items():
        yield f"malformed-{name}", resets_stream, (server, field)
    for test in TESTS:
        yield test.__name__.replace("_", "-"), test, (server,)
