"""Raw sockets: bytes to the server, and what it says. Nothing here keeps a client from talking nonsense."""
import socket
import struct
import time

import hpack

QUIET_SECONDS = 5  # an answer that takes longer is no answer

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
(DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION) = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITISED = 1, 1, 4, 8, 32
(NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR,
 REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM) = range(12)
CUT = "closed without GOAWAY"


def connect(server, receive_bytes=None):
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if receive_bytes:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    made.settimeout(QUIET_SECONDS)
    made.connect((server.host, server.port))
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def send(link, data):
    """All of it, or as much as is taken by a server that has heard enough."""
    try:
        link.sendall(data)
        return True
    except OSError:
        return False


def read_to_end(link, seconds=QUIET_SECONDS):
    """(all that comes, whether the server closed): until it closes or the time is over."""
    found, until = b"", time.monotonic() + seconds
    while True:
        left = until - time.monotonic()
        if left <= 0:
            return found, False
        link.settimeout(left)
        try:
            piece = link.recv(65536)
        except ConnectionError:
            return found, True
        except OSError:
            return found, False
        if not piece:
            return found, True
        found += piece


class Answer:
    """One answer of HTTP/1.1."""

    def __init__(self, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1])
        self.fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        self.body = body


def parse_answers(data, no_body=()):
    """The answers in what came, and what is left over; no_body has the numbers of those to HEAD."""
    answers = []
    while True:
        head, mark, rest = data.partition(b"\r\n\r\n")
        if not mark:
            return answers, data
        answer = Answer(head, b"")
        length = int(answer.fields.get("content-length", "0"))
        if len(answers) in no_body or answer.status in (100, 204, 304):
            length = 0
        if len(rest) < length:
            return answers, data
        answer.body, data = rest[:length], rest[length:]
        answers.append(answer)


def ask(server, data, count=1, no_body=()):
    """Sends on a connection of its own; (answers, whether the server closed). Waits for as many answers, and
    for the close where one of them announces it."""
    with connect(server) as link:
        send(link, data)
        found, closed = b"", False
        while not closed:
            answers, _ = parse_answers(found, no_body)
            if len(answers) >= count and answers[-1].fields.get("connection") != "close":
                break
            try:
                piece = link.recv(65536)
            except ConnectionError:
                piece = b""
            closed = not piece
            found += piece
        answers, rest = parse_answers(found, no_body)
        assert not rest, f"half an answer: {rest[:200]!r}"
        return answers, closed


def frame(kind, flags, stream, payload=b"", length=None):
    return struct.pack(">I", len(payload) if length is None else length)[1:] + \
        struct.pack(">BBI", kind, flags, stream) + payload


def settings(*pairs):
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", key, value) for key, value in pairs))


def literal(name, value):
    """A field as HPACK writes it at its plainest: not indexed, not compressed, both shorter than 127 bytes."""
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


class Stream:
    """What came on one stream."""

    def __init__(self):
        self.heads, self.body, self.ended, self.reset = [], b"", False, None

    @property
    def over(self):
        return self.ended or self.reset is not None

    def field(self, name):
        """The last value of a field, in head or trailers; None where there is none."""
        found = [value for head in self.heads for key, value in head if key == name]
        return found[-1] if found else None


class Http2:
    """A connection of HTTP/2 that sends what it is told to."""

    def __init__(self, server, first=PREFACE + settings((4, 0x7fffffff)) + frame(WINDOW_UPDATE, 0, 0, b"\x3f\xff\xff\xff"),
                 receive_bytes=None):
        self.link = connect(server, receive_bytes)
        self.authority = server.address
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.streams, self.pings, self.goaways = {}, [], []
        self.rest, self.block, self.closed, self.next_id = b"", b"", False, 1
        send(self.link, first)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.link.close()

    def send(self, data):
        return send(self.link, data)

    def stream(self, number):
        return self.streams.setdefault(number, Stream())

    def head(self, path, *fields, method="POST"):
        """A block of a request's head."""
        return self.encoder.encode([(":method", method), (":scheme", "http"), (":path", path),
                                    (":authority", self.authority), *fields])

    def open(self, path, *fields, body=b"", method="POST", ends=True):
        """Sends a whole request, unless ends is false; the stream's number."""
        number, self.next_id = self.next_id, self.next_id + 2
        block = self.head(path, *fields, method=method)
        data = frame(HEADERS, END_HEADERS | (END_STREAM if ends and not body else 0), number, block)
        for at in range(0, len(body), 16384):
            last = ends and at + 16384 >= len(body)
            data += frame(DATA, END_STREAM if last else 0, number, body[at:at + 16384])
        self.send(data)
        return number

    def take(self):
        """Receives once; False when nothing more will come."""
        try:
            piece = self.link.recv(65536)
        except ConnectionError:
            piece = b""
        if not piece:
            self.closed = True
            return False
        self.rest += piece
        while len(self.rest) >= 9:
            length = int.from_bytes(self.rest[:3], "big")
            if len(self.rest) < 9 + length:
                break
            kind, flags, number = struct.unpack(">BBI", self.rest[3:9])
            payload, self.rest = self.rest[9:9 + length], self.rest[9 + length:]
            self.note(kind, flags, number & 0x7fffffff, payload)
        return True

    def note(self, kind, flags, number, payload):
        if kind in (HEADERS, CONTINUATION):
            self.block += payload
            if flags & END_HEADERS:
                self.stream(number).heads.append([(str(n), str(v)) for n, v in self.decoder.decode(self.block)])
                self.block = b""
        elif kind == DATA:
            self.stream(number).body += payload
        elif kind == RST_STREAM:
            self.stream(number).reset = int.from_bytes(payload, "big")
        elif kind == PING and flags & ACK:
            self.pings.append(payload)
        elif kind == GOAWAY:
            self.goaways.append(int.from_bytes(payload[4:8], "big"))
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            self.stream(number).ended = True

    def wait(self, question, what, seconds=QUIET_SECONDS):
        """Receives until the question is true; fails where that cannot become so."""
        until = time.monotonic() + seconds
        while not question():
            left = until - time.monotonic()
            assert left > 0, f"{what}: not within {seconds} s"
            self.link.settimeout(left)
            try:
                more = self.take()
            except TimeoutError:
                continue
            assert more or question(), f"{what}: closed before, {self.verdict()}"

    def answer(self, number):
        """The stream's answer, when it is over."""
        self.wait(lambda: self.stream(number).over, f"the end of stream {number}")
        return self.streams[number]

    def call(self, path, *fields, **more):
        return self.answer(self.open(path, *fields, **more))

    def verdict(self):
        """How the server ended the connection: the code of its last GOAWAY, or CUT."""
        return self.goaways[-1] if self.goaways else CUT

    def until_closed(self, seconds=QUIET_SECONDS):
        self.wait(lambda: self.closed, "the close", seconds)
        return self.verdict()

    def is_alive(self):
        """Answers a PING and a call."""
        self.send(frame(PING, 0, 0, b"still th"))
        self.wait(lambda: b"still th" in self.pings, "the answer to a PING")
        self.next_id = max(self.next_id, max(self.streams, default=-1) + 2)
        return guest_over(self)


GRPC = (("content-type", "application/grpc"), ("te", "trailers"))
GUEST = "/usher.v1.AuthService/CreateGuest"


def envelope(message, flags=0, length=None):
    return struct.pack(">BI", flags, len(message) if length is None else length) + message


def guest_over(link):
    """A normal gRPC call."""
    answer = link.call(GUEST, *GRPC, body=envelope(b""))
    assert answer.field("grpc-status") == "0", f"{answer.heads} {answer.reset}"
    return True
