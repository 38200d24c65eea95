"""Orders at the box office that nobody has paid: taken, and owed, or refused; as the organiser says, a performance."""
import json
import subprocess
import time

from shop import USHER, Buyer
from used import TICKET, reason, usher

BOX_OFFICE = "PAYMENT_METHOD_BOX_OFFICE"


def night(shop, **more):
    first = shop.operator("GetPerformance", {"performanceId": 1})
    made = shop.operator("CreatePerformance", {
        "eventId": first["eventId"], "hallId": first["hall"]["hallId"], "currency": "KRW", "prices": first["prices"],
        "startsAtMs": int(time.time() * 1000) + 20 * 86400000, **more})
    shop.operator("OpenSale", {"performanceId": made["performanceId"]})
    return made["performanceId"]


def order(buyer, key="unpaid"):
    return buyer.ask("PlaceOrder", {"performanceId": buyer.performance, "holdId": buyer.hold["holdId"], "paymentMethod": BOX_OFFICE,
                                    "idempotencyKey": key}, TICKET)


def audit(shop, performance):
    done = subprocess.run([USHER, "audit", "--data", shop.server.data, "--json", "--performance", str(performance)],
                          capture_output=True, text=True, timeout=60)
    return json.loads(done.stdout)


def are_refused_where_the_organiser_says_so(shop):
    number = night(shop, paymentRequired=True)
    assert shop.operator("GetPerformance", {"performanceId": number})["paymentRequired"]
    buyer = Buyer(shop, number)
    refused = order(buyer)
    assert reason(refused) == "PAYMENT_REQUIRED", refused
    assert reason(order(buyer)) == "PAYMENT_REQUIRED", "and its key is not used up"
    assert buyer.pay()["order"]["state"] == "ORDER_STATE_CONFIRMED", "the hold is as it was: it is paid by card"
    assert audit(shop, number)["clean"]
    shop.operator("UpdatePerformance", {"performanceId": number, "paymentRequired": False})
    other = Buyer(shop, number)
    placed = order(other)
    assert placed["paymentMethod"] == BOX_OFFICE and placed["toCollect"] == placed["total"], placed
    usher(shop, "event", "edit", str(shop.operator("GetPerformance", {"performanceId": number})["eventId"]), "--performance",
            str(number), "--unpaid-orders", "refused")
    assert reason(order(Buyer(shop, number))) == "PAYMENT_REQUIRED"
    assert order(other)["orderId"] == placed["orderId"], "who has ordered is answered as before"


def what_costs_nothing_is_ordered_without_paying(shop):
    free = [{**one, "amount": "0"} for one in shop.operator("GetPerformance", {"performanceId": 1})["prices"]]
    placed = order(Buyer(shop, night(shop, paymentRequired=True, prices=free)))
    assert placed["state"] == "ORDER_STATE_CONFIRMED" and "toCollect" not in placed, placed


def are_refused_by_default_where_there_is_a_provider(shop):
    """By the command, which asks for the providers; a program that says nothing has what it always had."""
    made = json.loads(usher(shop, "event", "create", "--name", "By default", "--hall", "1", "--prices", "1000", "--json"))
    assert made["paymentRequired"], made
    more = json.loads(usher(shop, "event", "create", "--event", str(made["eventId"]), "--hall", "1", "--prices", "1000",
                              "--unpaid-orders", "taken", "--json"))
    assert not more.get("paymentRequired"), more
    assert not shop.operator("GetPerformance", {"performanceId": night(shop)}).get("paymentRequired")


def what_is_owed_is_counted(shop):
    number = night(shop)
    placed = order(Buyer(shop, number))
    report = shop.operator("GetSaleReport", {"performanceId": number})
    assert report["toCollect"] == placed["total"] == report["soldTotal"], report
    owed = audit(shop, number)["toCollect"]
    assert owed == [{"performance": number, "currency": "KRW", "amount": int(placed["total"])}], owed


TESTS = [(f"unpaid-{test.__name__.replace('_', '-')}", test) for test in (
    are_refused_where_the_organiser_says_so, what_costs_nothing_is_ordered_without_paying,
    are_refused_by_default_where_there_is_a_provider, what_is_owed_is_counted)]
