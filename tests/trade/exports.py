"""Exports for a spreadsheet: what Excel reads, what it must not run, and how much memory a hundred thousand tickets take."""
import base64
import csv
import http.client
import io
import json
import os
import re
import sqlite3
import struct
import subprocess
import tempfile
import uuid

import openpyxl

from house import House

USHER = os.path.abspath(os.environ.get("USHER", "build/usher"))
AUTH, TICKETS = "usher.v1.AuthService", "usher.v1.TicketService"
FORMULA = '=HYPERLINK("http://evil.example/","Kim")'
MANY = 100_000


def export(house, *words, data=None, code=0):
    """(what the command says, the file's bytes)"""
    out = os.path.join(tempfile.mkdtemp(prefix="usher-export-"), "file")
    done = subprocess.run([USHER, "order", "export", "--out", out, *words, "--url", f"http://{house.address}", "--data",
                           data or house.data], capture_output=True, text=True, timeout=120)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    if code:
        assert not os.listdir(os.path.dirname(out)), "nothing is left of a file that is not whole"
        return done.stderr, b""
    with open(out, "rb") as file:
        return done.stdout, file.read()


def table(content):
    assert content.startswith(b"\xef\xbb\xbf"), content[:10]
    assert b"\r\n" in content
    return list(csv.DictReader(io.StringIO(content[3:].decode("utf-8"), newline="")))


def book(content):
    """The sheet's rows as openpyxl reads them; no cell is a formula."""
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    for row in sheet.iter_rows():
        for cell in row:
            assert cell.data_type != "f", cell.value
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    return [dict(zip(rows[0], row)) for row in rows[1:]]


def token(house, role, organiser=1):
    return house.ask("CreateApiToken", {"organiserId": organiser, "name": "t", "role": role}, AUTH, house.operator_key)["token"]


def asked(house, who, **wish):
    """The file as the call streams it to whoever shows that token; a refusal's code."""
    message = json.dumps({"performanceId": 1, "kind": "EXPORT_KIND_TICKETS", "format": "EXPORT_FORMAT_CSV", **wish}).encode()
    connection = http.client.HTTPConnection(house.address, timeout=30)
    connection.request("POST", "/usher.v1.DoorService/ExportOrders", struct.pack(">BI", 0, len(message)) + message,
                       {"content-type": "application/connect+json", "authorization": "Bearer " + who})
    answer = connection.getresponse().read()
    content, done = b"", False
    while answer:
        flags, size = struct.unpack(">BI", answer[:5])
        said, answer = json.loads(answer[5:5 + size]), answer[5 + size:]
        if flags & 2 and said.get("error"):
            return said["error"]["code"]
        content += base64.b64decode(said.get("data", ""))
        done = done or said.get("done", False)
    assert done, "the stream tells its end"
    return content


def what_was_bought_is_in_the_file(house):
    buyer = house.guest()
    house.orders = [house.order(buyer, {"name": "김민지", "email": "kim@example.org", "phone": "+82 10-1234"}, party=2),
                    house.order(buyer, {"name": FORMULA, "email": "lee@example.org"}, party=1)]
    gone = house.order(buyer, {"name": "Gone", "email": "gone@example.org"}, party=1)
    house.ask("CancelOrder", {"orderId": gone["orderId"]}, TICKETS, buyer)
    codes = house.codes(buyer, house.orders[1])
    assert house.check_in(codes[0]["signedCode"], "n1")["result"] == "CHECK_IN_RESULT_OK"
    said, content = export(house, "--performance", "1", "--what", "tickets")
    assert said.startswith("3 rows in "), said
    rows = table(content)
    assert [row["Name"] for row in rows] == ["김민지", "김민지", "'" + FORMULA], rows
    assert rows[0]["Telephone"] == "'+82 10-1234", rows[0]
    assert [row["Inside"] for row in rows] == ["", "", "yes"]
    assert sum(int(row["Price"]) for row in rows[:2]) == int(house.orders[0]["total"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", rows[0]["Date"]), rows[0]
    orders = table(export(house, "--event", "1", "--what", "orders", "--csv")[1])
    assert [row["State"] for row in orders] == ["confirmed", "confirmed", "cancelled"], orders
    assert [row["Places"] for row in orders] == ["2", "1", "0"], orders


def excel_reads_the_same(house):
    rows = book(export(house, "--performance", "1", "--what", "tickets", "--xlsx")[1])
    assert [row["Name"] for row in rows] == ["김민지", "김민지", FORMULA], rows
    assert rows[0]["Price"] + rows[1]["Price"] == int(house.orders[0]["total"]), rows
    assert rows[0]["Date"].year > 2025, rows[0]
    heads = list(book(export(house, "--performance", "1", "--what", "orders", "--xlsx", "--language", "ko")[1])[0])
    assert heads[:3] == ["예매번호", "상태", "공연"], heads
    money = book(export(house, "--performance", "1", "--what", "settlement", "--xlsx")[1])
    paid = [row for row in money if row["State"] == "at the counter"]
    assert sum(row["To pay"] for row in paid) == sum(int(order["total"]) for order in house.orders), money


def who_may_not_see_it_does_not(house):
    content = asked(house, token(house, "ROLE_BOX_OFFICE"))
    assert len(table(content)) == 3
    for secret in ("김민지", "kim@example.org", "1234", "HYPERLINK"):
        assert secret.encode() not in content, secret
    assert "김민지".encode() in asked(house, token(house, "ROLE_MANAGER"))
    other = house.ask("CreateOrganiser", {"name": "Other", "ownerEmail": "o@example.org"}, AUTH, house.operator_key)
    assert asked(house, token(house, "ROLE_MANAGER", other["organiserId"])) == "not_found"
    assert "NOT_FOUND" in export(house, "--event", "99", code=1)[0]
    assert asked(house, token(house, "ROLE_DOOR")) == "permission_denied"
    assert asked(house, house.guest()) == "permission_denied"
    assert asked(house, house.operator_key, kind="EXPORT_KIND_UNSPECIFIED") == "invalid_argument"
    for words in ((), ("--performance", "1", "--event", "1"), ("--performance", "1", "--csv", "--xlsx")):
        export(house, *words, code=2)
    acts = house.ask("ListActs", {}, AUTH, house.operator_key)["acts"]
    said = [act["about"] for act in acts if act["what"] == "orders.export"]
    assert "tickets of performance 1, csv, without who bought" in said, said
    assert "tickets of performance 1, csv, with who bought" in said, said


def fill(data, performance, orders):
    """Writes orders of two places each, with contacts, past the server: for an export alone, no audit would pass it."""
    db = sqlite3.connect(os.path.join(data, "usher.db"))
    orders_columns = [row[1] for row in db.execute("PRAGMA table_info(orders)")]
    now = 1790000000000
    for i in range(orders):
        ids = [uuid.uuid4().bytes for _ in range(3)]
        values = {"order_id": ids[0], "account_id": ids[1], "hold_id": ids[2], "performance_id": performance, "state": 1,
                  "payment_method": 1, "placed_at_ms": now + i, "total": 200000, "cancelled_at_ms": 0,
                  "seats": (2 * i).to_bytes(4, "little") + (2 * i + 1).to_bytes(4, "little"),
                  "payment_id": None, "seq": 1, "version": 1}
        names = [name for name in orders_columns if name in values and values[name] is not None]
        db.execute(f"INSERT INTO orders ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
                   [values[name] for name in names])
        number = db.execute("SELECT last_insert_rowid()").fetchone()[0]
        db.executemany("INSERT INTO sold (performance_id, seat, order_no) VALUES (?, ?, ?)",
                       [(performance, 2 * i, number), (performance, 2 * i + 1, number)])
        db.execute("INSERT INTO contact (order_id, account_id, name, email, phone, language, created_at_ms, ordered)"
                   " VALUES (?, ?, ?, ?, '', 'ko', ?, 1)", (ids[0], ids[1], f"김 {i}", f"fan{i}@example.org", now))
    db.commit()
    db.close()


def peak_kib(house):
    with open(f"/proc/{house.process.pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1))


def a_hundred_thousand_tickets_take_little_memory(house):
    made = subprocess.run([USHER, "hall", "generate", "--capacity", str(MANY), "--json", "--url", f"http://{house.address}",
                           "--data", house.data], capture_output=True, text=True, timeout=60)
    assert made.returncode == 0, made.stderr
    hall = json.loads(made.stdout)["hallId"]
    event = subprocess.run([USHER, "event", "create", "--name", "Large", "--hall", str(hall), "--prices", "100000", "--currency", "KRW",
                            "--json", "--url", f"http://{house.address}", "--data", house.data],
                           capture_output=True, text=True, timeout=60)
    assert event.returncode == 0, event.stderr
    performance = json.loads(event.stdout)["performanceId"]
    house.crash()
    fill(house.data, performance, MANY // 2)
    house.again()
    before = peak_kib(house)
    for words in (("--csv",), ("--xlsx",)):
        said, content = export(house, "--performance", str(performance), "--what", "tickets", *words)
        assert said.startswith(f"{MANY} rows"), said
        assert len(content) > 1_000_000
    rows = table(export(house, "--performance", str(performance), "--what", "tickets")[1])
    assert len(rows) == MANY and len({(row["Section"], row["Row"], row["Seat"]) for row in rows}) > MANY // 10
    grown = peak_kib(house) - before
    print(f"   # {MANY} tickets as CSV twice and as XLSX: {grown} KiB more at the peak", flush=True)
    assert grown < 80 * 1024, f"{grown} KiB more than the {before} KiB before"


def run(report, wanted):
    house = House(USHER)
    try:
        for test in (what_was_bought_is_in_the_file, excel_reads_the_same, who_may_not_see_it_does_not,
                     a_hundred_thousand_tickets_take_little_memory):
            if not wanted or test.__name__ in wanted:
                report.check(test.__name__.replace("_", "-"), test, house)
        report.check("exports-without-trouble", lambda: house.trouble() == "" or 1 / 0)
    finally:
        house.kill()
