"""Posters: uploaded, made ours, shown, kept for ever by who saw one, and gone with the event."""
import http.client
import os
import re
import struct
import subprocess
import tempfile
import zlib

from house import House

USHER = os.path.abspath(os.environ.get("USHER", "build/usher"))
AUTH, TICKETS = "usher.v1.AuthService", "usher.v1.TicketService"


def png(width, height, text=b"", shade=0):
    """A picture, written by the book (PNG, 3rd edition), with a text in its metadata."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    rows = b"".join(b"\0" + bytes([shade, y * 255 // height, 90]) * width for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"tEXt", b"Comment\0" + text) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def command(house, *words):
    return subprocess.run([USHER, "event", *words, "--url", f"http://{house.address}", "--data", house.data],
                          capture_output=True, text=True, timeout=60)


def fetch(house, path, method="GET"):
    connection = http.client.HTTPConnection(house.address, timeout=20)
    connection.request(method, path)
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


def upload(house, content, event=1):
    path = os.path.join(tempfile.mkdtemp(prefix="usher-poster-"), "poster")
    with open(path, "wb") as file:
        file.write(content)
    return command(house, "edit", str(event), "--poster-file", path)


def poster_of(house, event=1):
    events = house.ask("ListEvents", {}, TICKETS, house.operator_key)["events"]
    return next(one for one in events if one["eventId"] == event).get("poster", "")


def size_of(jpeg):
    """Width and height, as the frame's header has them."""
    at = 2
    while True:
        marker, length = struct.unpack(">HH", jpeg[at:at + 4])
        if marker in (0xffc0, 0xffc2):
            height, width = struct.unpack(">HH", jpeg[at + 5:at + 9])
            return width, height
        at += 2 + length


def a_poster_is_made_ours_and_kept_for_ever(house):
    done = upload(house, png(900, 1200, b"taken at 37.5, 127.0"))
    assert done.returncode == 0, done.stderr
    poster = poster_of(house)
    assert re.fullmatch(r"/posters/[0-9a-f]{32}-600\.jpg", poster), poster
    for width, is_wide in ((300, 300), (600, 600), (1200, 900)):
        status, headers, body = fetch(house, poster.replace("-600", f"-{width}"))
        assert status == 200 and headers["content-type"] == "image/jpeg", (status, headers)
        assert "immutable" in headers["cache-control"] and headers["x-content-type-options"] == "nosniff"
        assert size_of(body) == (is_wide, is_wide * 4 // 3), size_of(body)
        assert b"taken at" not in body and b"Exif" not in body
        assert fetch(house, poster.replace("-600", f"-{width}"))[2] == body
    _, _, page = fetch(house, "/e/1")
    assert f'property="og:image" content="https://tickets.example.org{poster}"'.encode() in page, page[:1500]


def what_is_no_picture_is_refused(house):
    before = poster_of(house)
    for content in (b"", b"<svg/>", b"GIF89a" + b"\0" * 100, png(900, 1200)[:2000], png(20, 20), png(8001, 60)):
        done = upload(house, content)
        assert done.returncode == 1 and "BAD_ARGUMENT" in done.stderr, (content[:20], done.stderr)
    large = upload(house, b"\xff\xd8\xff" + b"\0" * (5 << 20))
    assert large.returncode == 1 and "5 MiB" in large.stderr, large.stderr
    assert poster_of(house) == before
    name = before.rsplit("/", 1)[1]
    for path in ("/posters/", "/posters/x", before.replace("-600", "-601"), before.replace("-600", "-600600"), before.replace("-600", "-0600"), before.upper(),
                 "/posters/../" + name, "/posters/" + "0" * 32 + "-600.jpg"):
        assert fetch(house, path)[0] == 404, path
    assert fetch(house, before, "POST")[0] in (404, 405)
    for path in ("/posters/a", "/posters/" + "g" * 32 + "-600.jpg", "javascript:alert(1)", "//evil.example/a.png"):
        refused = house.ask("UpdateEvent", {"eventId": 1, "poster": path}, TICKETS, house.operator_key)
        assert refused.get("code") == "invalid_argument", (path, refused)


def only_the_team_may(house):
    other = house.ask("CreateOrganiser", {"name": "Other", "ownerEmail": "o@example.org"}, AUTH, house.operator_key)
    for who in (house.guest(), house.ask("CreateApiToken", {"organiserId": other["organiserId"], "name": "t",
                                                            "role": "ROLE_MANAGER"}, AUTH, house.operator_key)["token"]):
        refused = house.ask("SetPoster", {"eventId": 1, "content": "aaaa"}, TICKETS, who)
        assert refused.get("code") in ("permission_denied", "not_found"), refused


def it_goes_with_the_next_one_and_with_the_event(house):
    first = poster_of(house)
    assert upload(house, png(600, 800, shade=200)).returncode == 0
    second = poster_of(house)
    assert second != first
    house.crash()
    house.again()
    assert fetch(house, first)[0] == 404 and fetch(house, second)[0] == 200
    made = house.ask("CreateEvent", {"name": "Gone"}, TICKETS, house.operator_key)
    assert upload(house, png(600, 800), made["eventId"]).returncode == 0
    third = poster_of(house, made["eventId"])
    assert fetch(house, third)[0] == 200
    copy = house.ask("CreateEvent", {"name": "Copy"}, TICKETS, house.operator_key)
    house.ask("UpdateEvent", {"eventId": copy["eventId"], "poster": third}, TICKETS, house.operator_key)
    assert command(house, "delete", str(made["eventId"])).returncode == 0
    house.crash()
    house.again()
    assert fetch(house, third)[0] == 200, "a copy of the event shows it still"
    alone = house.ask("CreateEvent", {"name": "Alone"}, TICKETS, house.operator_key)["eventId"]
    assert upload(house, png(610, 800), alone).returncode == 0
    last = poster_of(house, alone)
    assert command(house, "delete", str(alone)).returncode == 0
    house.crash()
    house.again()
    assert fetch(house, last)[0] == 404


def run(report, wanted):
    house = House(USHER, "--public-url", "https://tickets.example.org")
    try:
        for test in (a_poster_is_made_ours_and_kept_for_ever, what_is_no_picture_is_refused, only_the_team_may,
                     it_goes_with_the_next_one_and_with_the_event):
            if not wanted or test.__name__ in wanted:
                report.check(test.__name__.replace("_", "-"), test, house)
        report.check("posters-without-trouble", lambda: house.trouble() == "" or 1 / 0)
    finally:
        house.kill()
