"""kill -9 of either side in mid-rush."""
import concurrent.futures
import http.client

from server import wait_until
from shop import ABANDONED, DECLINED, DONE, REFUNDED, WAITING, Buyer


def crowd(shop, kill):
    buyers = [Buyer(shop) for _ in range(12)]

    def go(buyer):
        try:
            buyer.begin()
            buyer.choose()
            buyer.finish()
        except (OSError, http.client.HTTPException, AssertionError, ValueError):
            pass  # whatever was under way when somebody died
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        calls = [pool.submit(go, buyer) for buyer in buyers]
        wait_until(lambda: any(hasattr(b, "payment") and b.charges() for b in buyers), "a charge")
        kill()
        for call in calls:
            call.result()
    return buyers


def settle(shop, buyers):
    for buyer in buyers:
        if not hasattr(buyer, "payment"):
            continue
        payment = buyer.until(DONE, WAITING, ABANDONED, DECLINED, REFUNDED)
        assert (payment["state"] in (DONE, REFUNDED)) == bool(buyer.charges()), (payment, buyer.charges())
        if payment["state"] == DONE:
            buyer.paid_once()


def kill_usher(shop):
    shop.psp.script(latency_ms=60)

    def kill():
        shop.server.die()
        shop.again()
    buyers = crowd(shop, kill)
    shop.psp.script()
    settle(shop, buyers)


def kill_psp(shop):
    shop.psp.script(latency_ms=60)

    def kill():
        shop.psp.die()
        shop.psp.start()
    buyers = crowd(shop, kill)
    settle(shop, buyers)


TESTS = [
    ("kill-9-of-usher", kill_usher),
    ("kill-9-of-psp", kill_psp),
]
