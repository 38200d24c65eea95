"""Good requests with bytes turned over, and plain noise: from a seed, and always to an end."""
import random
import socket
import struct
import threading

import hpack

from talk import (DATA, END_HEADERS, END_STREAM, GRPC, GUEST, HEADERS, PING, PREFACE, RST_STREAM, WINDOW_UPDATE, connect,
                  envelope, frame, read_to_end, settings)

THREADS = 6
END_SECONDS = 8  # for a connection whose other half is closed


def post(path, body, kind="application/json", more=""):
    return (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n{more}"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def http2(*requests):
    """A whole connection of HTTP/2; a request is (path, fields, body)."""
    encoder, data = hpack.Encoder(), PREFACE + settings((3, 100), (4, 1 << 20))
    for i, (path, fields, body) in enumerate(requests):
        head = encoder.encode([(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "h"), *fields])
        data += frame(HEADERS, END_HEADERS, 2 * i + 1, head) + frame(DATA, END_STREAM, 2 * i + 1, body)
    return data + frame(PING, 0, 0, b"12345678") + frame(WINDOW_UPDATE, 0, 0, b"\0\0\1\0") + \
        frame(RST_STREAM, 0, 1, b"\0\0\0\x08")


def good_requests(token):
    """What is right, as bytes: one for each way in."""
    ticket, bearer = "/usher.v1.TicketService/", ("authorization", "Bearer " + token)
    hold = b'{"performanceId":1,"seats":[5,6],"areas":[],"idempotencyKey":"k"}'
    packed = b"\x08\x01\x12\x02\x07\x08\x22\x01p"  # HoldSeats: performance 1, seats 7 and 8, a key
    json_type = ("content-type", "application/json")
    return [
        post(GUEST, b"{}") * 3,
        post(ticket + "HoldSeats", hold, more=f"Authorization: Bearer {token}\r\n"),
        post(ticket + "HoldSeats", packed, "application/proto", f"Authorization: Bearer {token}\r\n"),
        post(ticket + "WatchSeats", envelope(b'{"performanceId":1}'), "application/connect+json"),
        post(ticket + "WatchSeats", envelope(b"\x08\x01"), "application/connect+proto"),
        post(ticket + "ImportHall", b'{"name":"x","plan":"eyJuYW1lIjoieCIsInpvbmVzIjpbXX0="}'),
        f"POST {GUEST} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        "1;a=b\r\n{\r\n1\r\n}\r\n0\r\nTrail: er\r\n\r\n".encode(),
        f"GET {ticket}ListEvents?connect=v1&encoding=json&message=%7B%7D HTTP/1.1\r\nHost: h\r\nIf-None-Match: \"a\"\r\n\r\n"
        "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n".encode(),
        http2((GUEST, GRPC, envelope(b"")), (ticket + "HoldSeats", (*GRPC, bearer), envelope(packed)),
              (ticket + "WatchSeats", GRPC, envelope(b"\x08\x01"))),
        http2((GUEST, (json_type,), b"{}"), (ticket + "HoldSeats", (json_type, bearer), hold),
              (ticket + "GetPerformance", (json_type,), b'{"performanceId":1}')),
    ]


def mutate(chance, data, others):
    """One to six wounds."""
    data = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(8)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1 and at < len(data):
            data[at] = chance.choice((0, 10, 13, 32, 58, 127, 128, 255, chance.randrange(256)))
        elif kind == 2:
            data[at:at] = chance.randbytes(chance.choice((1, 2, 9, 300)))
        elif kind == 3:
            del data[at:at + chance.choice((1, 1, 2, 9, 40))]
        elif kind == 4:
            data[at:at] = data[at:at + chance.randint(1, 200)] * chance.choice((1, 2, 50))
        elif kind == 5:
            del data[at:]
        elif kind == 6:
            other = chance.choice(others)
            data[at:] = other[chance.randrange(len(other)):]
        else:
            data[at:at + 4] = struct.pack(">I", chance.choice((0, 1, 0x7fffffff, 0xffffffff, chance.getrandbits(32))))
        if not data:
            return b"\n"
    return bytes(data[:200_000])


def noise(chance):
    """Bytes without sense, half of them behind something that makes the server listen."""
    begin = chance.choice((b"", b"", b"GET / HTTP/1.1\r\n", PREFACE, PREFACE + settings(), b"POST "))
    return begin + chance.randbytes(chance.choice((1, 9, 100, 5000, 30_000)))


def play(server, chance, data):
    """One connection: the bytes in pieces, then half closed, cut off or reset. True where the server ended
    what it had to end."""
    link = connect(server)
    try:
        at, pieces = 0, chance.choice((1, 1, 2, 5))
        for i in range(pieces):
            end = len(data) if i == pieces - 1 else chance.randint(at, len(data))
            link.sendall(data[at:end])
            at = end
        how = chance.randrange(10)
        if how == 0:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return True
        if how == 1:
            return True
        link.shutdown(socket.SHUT_WR)
        return read_to_end(link, END_SECONDS)[1]
    except OSError:
        return True  # closed while we were still talking
    finally:
        link.close()


def storm(server, seed, count, token):
    """count connections of damage. Raises with the seed of each that was left hanging."""
    good, hanging, numbers, lock = good_requests(token), [], iter(range(count)), threading.Lock()
    played = []

    def work():
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            chance = random.Random(f"{seed}/{number}")
            data = noise(chance) if chance.random() < 0.2 else mutate(chance, chance.choice(good), good)
            if not play(server, chance, data):
                hanging.append((number, data))
            played.append(number)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.process.poll() is None, f"seed {seed}: the server is gone: {server.log()[-2000:]}"
    assert len(played) == count, f"seed {seed}: only {len(played)} of {count} connections were played"
    assert not hanging, f"seed {seed}: {len(hanging)} connections hang, {[n for n, _ in hanging[:20]]}: {hanging[0][1][:300]!r}"


def good_ones_are_good(server, token):
    """What is damaged was whole before: each is answered, so that the wounds are what is tried."""
    for data in good_requests(token):
        link = connect(server)
        with link:
            link.sendall(data)
            found = link.recv(65536)
            link.shutdown(socket.SHUT_WR)
            more, closed = read_to_end(link, END_SECONDS)
        found += more
        assert closed, f"left open: {data[:80]!r}"
        if not data.startswith(PREFACE):
            assert found.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 401 ")), f"{data[:80]!r}: {found[:200]!r}"
