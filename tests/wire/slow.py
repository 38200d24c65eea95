"""Guests that take their time: each is sent away in its 10 seconds, in the middle of everything else."""
import threading
import time

from talk import (CANCEL, CONTINUATION, DATA, GRPC, GUEST, HEADERS, NO_ERROR, PING, PREFACE, Http2, connect, envelope,
                  frame, parse_answers, send, settings)

LIMIT_SECONDS = 10
LATE_SECONDS = 6  # the machine may be busy


class Slow(threading.Thread):
    """A check that runs beside the others."""

    def __init__(self, test, server):
        super().__init__(daemon=True)
        self.name, self.test, self.server, self.failure = test.__name__.replace("_", "-"), test, server, None
        self.start()

    def run(self):
        try:
            self.test(self.server)
        except Exception as error:  # raised again by result
            self.failure = error

    def result(self):
        self.join(3 * LIMIT_SECONDS)
        assert not self.is_alive(), "it never ended"
        if self.failure:
            raise self.failure


def drip(link, data, began):
    """A byte a second until the server closes; (what it said, seconds)."""
    link.settimeout(1)
    found = b""
    for value in data:
        try:
            piece = link.recv(65536)
            if not piece:
                break
            found += piece
        except TimeoutError:
            send(link, bytes([value]))
        except OSError:
            break
        assert time.monotonic() - began < LIMIT_SECONDS + LATE_SECONDS, "not closed"
    return found, time.monotonic() - began


def in_time(seconds):
    """Not before the limit: an honest slow guest has all of it; and not much after."""
    assert LIMIT_SECONDS - 1 < seconds < LIMIT_SECONDS + LATE_SECONDS, f"closed after {seconds:.1f} s"


def head_a_byte_a_second(server):
    with connect(server) as link:
        found, seconds = drip(link, b"GET /healthz HTTP/1.1\r\nHost: h\r\nA: bbbbbbbbbbbbb", time.monotonic())
    in_time(seconds)
    assert found.startswith(b"HTTP/1.1 408 "), found


def body_a_byte_a_second(server):
    with connect(server) as link:
        began = time.monotonic()
        send(link, f"POST {GUEST} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
             "Content-Length: 100\r\n\r\n{".encode())
        found, seconds = drip(link, b" " * 30, began)
    in_time(seconds)
    assert found.startswith(b"HTTP/1.1 408 "), found


def chunks_a_byte_a_second(server):
    with connect(server) as link:
        began = time.monotonic()
        send(link, f"POST {GUEST} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
             "Transfer-Encoding: chunked\r\n\r\n".encode())
        found, seconds = drip(link, b"1\r\n \r\n" * 6, began)
    in_time(seconds)
    assert found.startswith(b"HTTP/1.1 408 "), found


def refused_body_a_byte_a_second(server):
    """Answered at its head; that its body comes slowly gives it no more time."""
    with connect(server) as link:
        began = time.monotonic()
        send(link, b"POST /usher.v1.TicketService/HoldBest HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
             b"Content-Length: 100\r\n\r\n{")
        found, seconds = drip(link, b" " * 30, began)
    assert seconds < LIMIT_SECONDS + LATE_SECONDS, f"closed after {seconds:.1f} s"
    answers, rest = parse_answers(found)
    assert [a.status for a in answers] == [401] and not rest, found


def nothing_at_all(server):
    with connect(server) as link:
        began = time.monotonic()
        link.settimeout(LIMIT_SECONDS + LATE_SECONDS)
        assert link.recv(100) == b"", "a word to one who said none"
        in_time(time.monotonic() - began)


def preface_a_byte_a_second(server):
    with connect(server) as link:
        in_time(drip(link, PREFACE, time.monotonic())[1])


def http2_head_without_end(server):
    with Http2(server) as link:
        began = time.monotonic()
        link.send(frame(HEADERS, 0, 1, link.head(GUEST)) + frame(CONTINUATION, 0, 1, b""))
        link.until_closed(LIMIT_SECONDS + LATE_SECONDS)
        in_time(time.monotonic() - began)


def http2_body_without_end(server):
    """The call fails, the connection goes on."""
    with Http2(server) as link:
        began = time.monotonic()
        number = link.open(GUEST, *GRPC, body=envelope(b"", length=10), ends=False)
        link.wait(lambda: link.stream(number).over, "the end", LIMIT_SECONDS + LATE_SECONDS)
        in_time(time.monotonic() - began)
        assert link.streams[number].field("grpc-status") == "4", link.streams[number].heads
        assert link.is_alive()


def http2_many_bodies_without_end(server):
    """Each has its ten seconds, not ten after the one before."""
    with Http2(server) as link:
        began = time.monotonic()
        numbers = [link.open(GUEST, *GRPC, body=envelope(b"", length=10), ends=False) for _ in range(300)]
        for number in numbers:
            link.wait(lambda: link.stream(number).over, "the end", max(1, began + LIMIT_SECONDS + LATE_SECONDS - time.monotonic()))
            assert link.streams[number].field("grpc-status") == "4", link.streams[number].heads
        in_time(time.monotonic() - began)
        assert link.is_alive()


def http2_without_a_request(server):
    """A preface and SETTINGS are no request: the idle time is for those who have asked for something."""
    with Http2(server) as link:
        began = time.monotonic()
        assert link.until_closed(LIMIT_SECONDS + LATE_SECONDS) == NO_ERROR
        in_time(time.monotonic() - began)


def empty_line_only(server):
    with connect(server) as link:
        began = time.monotonic()
        send(link, b"\r\n")
        link.settimeout(LIMIT_SECONDS + LATE_SECONDS)
        assert link.recv(100) == b"", "a word to one who asked nothing"
        in_time(time.monotonic() - began)


def http2_refused_body_without_end(server):
    """The answer is there at once, and its end after the limit, without a reset that would say it failed."""
    with Http2(server) as link:
        began = time.monotonic()
        number = link.open("/usher.v1.TicketService/HoldBest", ("content-type", "application/json"), body=b"{", ends=False)
        link.wait(lambda: link.stream(number).body, "the answer")
        assert time.monotonic() - began < LIMIT_SECONDS - 1, "the answer waited too"
        link.wait(lambda: link.stream(number).reset is not None, "the reset", LIMIT_SECONDS + LATE_SECONDS)
        answer = link.streams[number]
        assert (answer.field(":status"), answer.ended, answer.reset) == ("401", True, NO_ERROR), answer.heads
        assert link.is_alive()


def http2_reader_without_window(server):
    """Takes nothing of an answer: its stream is closed, the connection serves others."""
    layout = server.ask("GetPerformance", {"performanceId": 1})["hall"]["layoutHash"]
    with Http2(server, first=PREFACE + settings((4, 0))) as link:
        began = time.monotonic()
        number = link.open("/usher.v1.TicketService/GetSeatMap", *GRPC, body=envelope(b"\x0a\x40" + layout.encode()))
        link.link.settimeout(0.5)
        pings = 0
        while link.stream(number).reset is None and time.monotonic() - began < LIMIT_SECONDS + LATE_SECONDS:
            if pings < time.monotonic() - began:  # the connection is not dead, only this stream
                link.send(frame(PING, 0, 0, b"lively!!"))
                pings += 1
            try:
                link.take()
            except TimeoutError:
                pass
        in_time(time.monotonic() - began)
        assert link.streams[number].reset == CANCEL and not link.streams[number].body, link.streams[number].reset
        link.send(settings((4, 65535)))
        assert link.is_alive()


def reader_that_reads_nothing(server):
    """Asks for megabytes and takes none: closed, and never more in memory than is stated."""
    layout = server.ask("GetPerformance", {"performanceId": 1})["hall"]["layoutHash"]
    body = f'{{"layoutHash":"{layout}"}}'
    one = (f"POST /usher.v1.TicketService/GetSeatMap HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
           f"Content-Length: {len(body)}\r\n\r\n{body}").encode()
    with connect(server, receive_bytes=4096) as link:
        began = time.monotonic()
        link.settimeout(LIMIT_SECONDS + LATE_SECONDS)
        try:
            while time.monotonic() - began < LIMIT_SECONDS + LATE_SECONDS:
                link.sendall(one * 50)  # blocks as soon as the server stops to read
        except ConnectionError:
            pass
        seconds = time.monotonic() - began
        assert seconds < LIMIT_SECONDS + LATE_SECONDS, f"open after {seconds:.1f} s"


def http2_data_a_byte_a_second(server):
    with Http2(server) as link:
        began = time.monotonic()
        number = link.open(GUEST, ("content-type", "application/json"), body=b"{", ends=False)
        link.link.settimeout(1)
        while not link.stream(number).over and time.monotonic() - began < LIMIT_SECONDS + LATE_SECONDS:
            try:
                link.take()
            except TimeoutError:
                link.send(frame(DATA, 0, number, b" "))
        answer = link.streams[number]
        assert answer.field(":status") == "504", answer.heads
        in_time(time.monotonic() - began)


TESTS = (head_a_byte_a_second, body_a_byte_a_second, chunks_a_byte_a_second, refused_body_a_byte_a_second, nothing_at_all,
         empty_line_only, http2_without_a_request, http2_many_bodies_without_end, preface_a_byte_a_second, http2_head_without_end, http2_body_without_end, http2_refused_body_without_end,
         http2_reader_without_window, reader_that_reads_nothing, http2_data_a_byte_a_second)


def begin(server):
    """All of them, under way."""
    return [Slow(test, server) for test in TESTS]
