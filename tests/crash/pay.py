"""kill -9 of usher and of the provider in mid-stampede, all of it paid by card; then, at rest, the ledger, what is sold, orders,
payments, refunds and the provider's own books agree to the won."""
import concurrent.futures
import http.client
import json
import os
import random
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "money"))
from shop import PAYMENT, USHER, Shop  # first: it finds tests/server.py
from server import wait_until

REST_SECONDS = 180  # an unclear payment is looked at again after a minute at most


def crowd(shop, users, provider):
    return subprocess.Popen([USHER, "stampede", "--url", f"http://{shop.listen}", "--performance", "1", "--users", str(users),
                             "--within", "3s", "--timeout", "30s", "--pay", provider, "--seed", str(random.getrandbits(30))],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def kill(shop, number):
    """Now the one, now the other dies, and comes back."""
    if number % 2 == 0:
        shop.server.die()
        shop.again()
    else:
        shop.psp.die()
        shop.psp.start()


def kill_in_turn(shop, people):
    """From the first charge on, until the crowd is through."""
    kills, before = 0, len(shop.psp.charges())
    wait_until(lambda: len(shop.psp.charges()) > before or people.poll() is not None, "a charge", 60)
    while people.poll() is None:
        time.sleep(random.uniform(0.2, 0.9))  # the random moment
        kill(shop, kills)
        kills += 1
    return kills


def give_back(shop):
    """Every sixth order that is paid goes back, and both die once more meanwhile."""
    done = shop.operator("ListPayments", {"state": "PAYMENT_STATE_DONE", "pageSize": 100}, PAYMENT).get("payments", [])
    some = done[::6]
    assert some, "nobody has paid"
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask_back, shop, payment["orderId"]) for payment in some]
        for number in range(2):
            time.sleep(random.uniform(0.05, 0.3))  # the random moment
            kill(shop, number)
        for call in asked:
            call.result()
    return len(some)


def ask_back(shop, order):
    try:
        shop.operator("RefundOrder", {"orderId": order}, PAYMENT)
    except (OSError, ValueError, http.client.HTTPException):
        pass  # it has just died


def seconds_of_waiting(shop):
    """Where a buyer paid, but his way back and the webhook both died with a process, the attempt is asked about when its time to
    pay is over: until then the provider knows of money that our books do not."""
    waiting = shop.operator("ListPayments", {"state": "PAYMENT_STATE_WAITING", "pageSize": 100}, PAYMENT).get("payments", [])
    ends = [int(p["mustFinishByMs"]) / 1000 for p in waiting if shop.psp.lines("charge", p["paymentId"])]
    return max(0, max(ends, default=0) - time.time())


def at_rest(shop):
    said = ["nothing yet"]

    def is_so():
        code, said[0] = shop.audit()
        return code == 0 and re.search(r"payments, 0 not settled", said[0])
    try:
        wait_until(is_so, "the books of both to agree, at rest", REST_SECONDS + seconds_of_waiting(shop))
    except AssertionError as error:
        raise AssertionError(f"{error}: {said[0][-1200:]} {shop.unsettled()}") from error
    return said[0]


def rounds(count):
    shop = Shop()
    try:
        shop.psp.script(latency_ms=120)
        for i in range(count):
            people = crowd(shop, 250, ("toss", "stripe")[i % 2])
            kills = kill_in_turn(shop, people)
            text = people.communicate()[0]
            assert kills >= 1, "the crowd was through before anybody died"
            # Who was told that he has a ticket has one: the stampede looks again at each.
            assert not re.search(r"FALSE +(no seat|every acknowledged)", text), text[-2500:]
            back = give_back(shop)
            said = at_rest(shop)
            print(f"ok crash/pay-{i + 1}: {kills} kills, {back} orders asked back; " + "; ".join(re.findall(r"^\w+ \w+: captured.*", said, re.M)), flush=True)
        for row in shop.operator("GetBooks", {}, PAYMENT)["rows"]:
            print("# " + json.dumps(row))
    finally:
        shop.psp.die()
        shop.server.kill()


if __name__ == "__main__":
    try:
        rounds(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
    except AssertionError as failed:
        print(f"not ok crash/pay: {failed}")
        sys.exit(1)
