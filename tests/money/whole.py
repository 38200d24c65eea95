"""Commands, a stampede that pays, and the books of both sides at the end."""
import os
import re
import shutil
import sqlite3
import subprocess
import time

from server import wait_until
from shop import PAYMENT, USHER, Buyer


def stampede(shop, *words, unpaid=False):
    """(paid, declined, refunded, unclear) of its report."""
    done = subprocess.run([USHER, "stampede", "--url", f"http://{shop.listen}", "--performance", "1", "--users", "200",
                           "--within", "300ms", "--timeout", "60s", *words], capture_output=True, text=True, timeout=120)
    assert "paid by card" in done.stdout, done.stdout[-1500:] + done.stderr[-500:]
    assert done.returncode == 0 or unpaid, done.stdout[-1500:] + done.stderr[-500:]
    said = re.search(r"payments: (\d+) paid, (\d+) declined, (\d+) refunded, (\d+) unclear", done.stdout)
    assert "from the click to the ticket" in done.stdout, done.stdout
    return tuple(map(int, said.groups()))


def stampede_pays(shop):
    """At the provider that is asked for; the report tells how payments ended, and how long a ticket took."""
    before = len(shop.psp.charges())
    paid, *others = stampede(shop, "--pay", "toss")
    assert paid > 0 and others == [0, 0, 0] and len(shop.psp.charges()) == before + paid
    shop.psp.script({"on": "confirm", "do": "decline", "chance": 0.5})
    began = time.monotonic()
    assert stampede(shop, "--pay", "card", unpaid=True)[1] > 0, "some cards are declined"
    assert time.monotonic() - began < 30, "a card that was declined is an answer: nobody waits for the time limit"
    shop.psp.script()
    before = len(shop.psp.charges())
    paid = stampede(shop, "--pay", "stripe")[0]
    assert paid > 0 and len(shop.psp.charges()) == before + paid


def commands(shop):
    buyer = Buyer(shop)
    order = buyer.pay()["orderId"]
    server = ["--url", f"http://{shop.listen}", "--data", shop.server.data]

    def say(*words, code=0):
        done = subprocess.run([USHER, *words, *server], capture_output=True, text=True, timeout=60)
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout + done.stderr
    assert "by toss (test money): " in say("order", "show", order)
    assert "done" in say("order", "show", order) and buyer.payment in say("order", "show", order)
    assert order in say("payment", "list", "--state", "done")
    assert f"{int(buyer.hold['total']):,} KRW" in say("order", "refund", order)
    assert "refunded" in say("order", "show", order)
    assert "no such" in say("order", "show", "01m8hta6b6dreqk2a6q6jewkas", code=1)


def books(shop):
    """At rest: not a won apart, in either book."""
    def is_right():
        code, said = shop.audit()
        settled = re.search(r"payments, 0 not settled", said)
        return (code, said) if settled else None
    try:
        code, said = wait_until(is_right, "everything to be settled", 60)
    except AssertionError as error:
        raise AssertionError(f"{error}: {shop.unsettled()}; audit: {shop.audit()}") from error
    assert code == 0, said
    assert re.search(r"toss KRW: captured [\d,]+ = sold", said) and "toss EUR" in said, said
    for row in shop.operator("GetBooks", {}, PAYMENT)["rows"]:
        parts = sum(int(row.get(name, 0)) for name in ("sold", "charges", "refunded", "pending"))
        assert int(row["captured"]) == parts, row


def cooked_books(shop):
    """What audit claims can fail: each lie is found."""
    shop.server.die()
    done = "(SELECT payment_id FROM payment WHERE state = 5 AND performance_id = 1 LIMIT 1)"
    lies = [
        (f"UPDATE payment SET sold = sold - 1 WHERE payment_id = {done}", "its books do not hold"),
        (f"UPDATE payment SET amount = amount + 5, captured = captured + 5, sold = sold + 5 WHERE payment_id = {done}",
         "the order costs"),
        (f"DELETE FROM payment WHERE payment_id = {done}", "has 0 payments"),
        (f"UPDATE payment SET state = 9, refunded = sold, sold = 0 WHERE payment_id = {done}", "tickets are good still"),
        ("UPDATE receipt SET total = total + 1 WHERE organiser_id = 1 AND number = 1", "says another amount"),
        ("DELETE FROM receipt WHERE organiser_id = 1 AND number = 2", "has not one"),
        ("UPDATE receipt_counter SET last_number = last_number + 1 WHERE organiser_id = 1", "counted"),
        ("UPDATE payment SET fee_sold = fee_sold + 1 WHERE payment_id ="
         " (SELECT payment_id FROM payment WHERE fee > 0 AND state IN (5, 9) LIMIT 1)", "its fee is not"),
        (None, "for what we know nothing of"),
    ]
    for sql, finding in lies:
        copy = os.path.join(shop.folder, "cooked")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(shop.server.data, copy)
        ledger = os.path.join(copy, "ledger")
        shutil.copy(shop.psp.ledger, ledger)
        if sql:
            with sqlite3.connect(os.path.join(copy, "usher.db")) as db:
                assert db.execute(sql).rowcount == 1, sql
            db.close()
        else:
            with open(ledger, "a", encoding="utf-8") as file:
                file.write('{"kind":"open","payment":"x","order":"01m8hta6b6dreqk2a6q6jewkas","amount":7}\n'
                           '{"kind":"charge","payment":"x","amount":7}\n')
        said = subprocess.run([USHER, "audit", "--data", copy, "--psp-ledger", ledger], capture_output=True, text=True,
                              timeout=120)
        assert said.returncode == 1 and finding in said.stdout, (sql, said.returncode, said.stdout[-600:], said.stderr)


TESTS = [
    ("commands", commands),
    ("stampede-pays", stampede_pays),
    ("books-to-the-won", books),
    ("cooked-books-are-found", cooked_books),
]
