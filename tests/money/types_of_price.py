"""Price types: who a place is for is said after it is held, and is what is paid, shown, let in and given back."""
import concurrent.futures
import subprocess
import time

from server import wait_until
from shop import DONE, REFUNDED, USHER, Buyer, fault

TICKETS = "usher.v1.TicketService"
DOOR = "usher.v1.DoorService"


def types(shop, night, *words):
    """What the organiser types."""
    return subprocess.run([USHER, "event", "types", str(night), *words, "--url", f"http://{shop.server.address}", "--key",
                           f"{shop.server.data}/operator.key"], capture_output=True, text=True, timeout=60)


def typed_night(shop, child="700", hold_ms=60000):
    night = shop.make_performance(hold_ms)
    done = types(shop, night, "0:어른/Adult", f"1:어린이/Child:{child}:proof,most=1", "2:동반자/Companion:0:companion")
    assert done.returncode == 0 and "어린이" in done.stdout and "proof" in done.stdout, done
    return night


def choose(buyer, *numbers):
    told = [{"seat": seat.get("seat", 0), "type": number} for seat, number in zip(buyer.hold["seats"], numbers)]
    answer = buyer.ask("ChoosePriceTypes", {"performanceId": buyer.performance, "holdId": buyer.hold["holdId"], "types": told},
                       TICKETS)
    buyer.hold = answer if "holdId" in answer else buyer.hold
    return answer


def reason(answer):
    return answer["details"][0]["debug"]["reason"]


def what_is_chosen_is_paid(shop):
    night = typed_night(shop)
    before = shop.make_performance(60000)
    plain = Buyer(shop, before)
    assert "priceTypes" not in plain.hold and reason(choose(plain, 1, 0)) == "PRICE_TYPE"
    buyer = Buyer(shop, night, seats=3)
    assert [one["english"] for one in buyer.hold["priceTypes"]] == ["Adult", "Child", "Companion"]
    assert int(buyer.hold["total"]) == 3 * 1235
    assert reason(choose(buyer, 1, 1, 0)) == "PRICE_TYPE"   # one child a hold
    assert reason(choose(buyer, 2, 0, 0)) == "PRICE_TYPE"   # companion of nobody
    assert choose(buyer, 32, 0, 0)["code"] == "invalid_argument"
    hold = choose(buyer, 0, 1, 0)
    assert int(hold["total"]) == 2 * 1235 + 700 and hold["seats"][1]["priceType"] == 1, hold
    shop.operator("SetPrices", {"performanceId": night, "prices": [{"category": 0, "amount": 9999}], "types": {"types": []}})
    assert int(choose(buyer, 0, 1, 0)["total"]) == 2 * 1235 + 700   # as it was promised
    shop.server.die()
    shop.again()
    assert buyer.pay()["state"] == DONE
    buyer.paid_once()
    order = buyer.order()
    assert [int(t["amount"]) for t in order["tickets"]] == [1235, 700, 1235], order
    child = order["tickets"][1]["priceType"]
    assert (child["number"], child["korean"], child["proof"]) == (1, "어린이", True) and "amounts" not in child, child
    report = shop.operator("GetSaleReport", {"performanceId": night})
    assert {row.get("number", 0): (row["sold"], int(row["soldTotal"])) for row in report["types"]} == {0: (2, 2470), 1: (1, 700)}, report
    assert "Child" in {row.get("english") for row in report["types"]}, report
    buyer.refund(seats=[buyer.seats[1]], expectedRefund="700")
    wait_until(lambda: sum(c["amount"] for c in buyer.cancels()) == 700, "the child's money back")
    report = shop.operator("GetSaleReport", {"performanceId": night})
    assert int(report["soldTotal"]) == 2470, report
    assert shop.audit()[0] == 0, shop.audit()[1]


def types_wait_for_their_time(shop):
    night = typed_night(shop)
    early = Buyer(shop, night)
    categories = len(shop.operator("GetPerformance", {"performanceId": night})["prices"])
    soon = int(time.time() * 1000) + 1500
    shop.operator("SetPrices", {"performanceId": night, "fromMs": soon, "types": {"types": [
        {"korean": "일반", "english": "Standard"},
        {"number": 1, "korean": "어린이", "english": "Child", "amounts": [800] * categories}]}})
    (waits,) = shop.operator("ListPricePlans", {"performanceId": night})["plans"]
    assert [one["english"] for one in waits["types"]] == ["Standard", "Child"] and "prices" not in waits, waits
    wait_until(lambda: shop.operator("GetPerformance", {"performanceId": night})["priceTypes"][0]["english"] == "Standard",
               "the new types")
    late = Buyer(shop, night)
    assert int(choose(early, 1, 0)["total"]) == 1235 + 700
    assert int(choose(late, 1, 1)["total"]) == 2 * 800
    assert early.pay()["state"] == DONE and late.pay()["state"] == DONE
    shop.operator("SetPrices", {"performanceId": night, "types": {"types": []}})
    assert "priceTypes" not in shop.operator("GetPerformance", {"performanceId": night})
    for wrong in ([{"korean": "가", "english": "A", "number": 1, "amounts": [1]}],
                  [{"korean": "", "english": "A"}], [{"korean": "가", "english": "A", "amounts": [1]}],
                  [{"korean": "가", "english": "A"}, {"number": 1, "korean": "나", "english": "B", "amounts": [-1]}]):
        answer = shop.operator("SetPrices", {"performanceId": night, "types": {"types": wrong}})
        assert answer.get("code") == "invalid_argument", (wrong, answer)
    assert types(shop, night, "1:어린이").returncode == 2
    assert "has no price types" in types(shop, night).stdout
    assert shop.audit()[0] == 0, shop.audit()[1]


def late_money_buys_the_same_types(shop):
    """The hold is gone when the money comes: the same places are held again, for the same people."""
    night = typed_night(shop)
    buyer = Buyer(shop, night)
    choose(buyer, 1, 0)
    shop.psp.script(fault("confirm", "error_after"), fault("lookup", "error_before", 2), webhooks={"lose": 1})
    buyer.begin()
    buyer.choose()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        coming = pool.submit(buyer.finish)
        wait_until(buyer.charges, "the charge")
        buyer.ask("ReleaseHold", {"performanceId": night, "holdId": buyer.hold["holdId"]}, TICKETS)
        coming.result()
    shop.psp.script()
    assert buyer.until(DONE, REFUNDED)["state"] == DONE
    order = buyer.order()
    assert [int(t["amount"]) for t in order["tickets"]] == [700, 1235], order
    assert shop.audit()[0] == 0, shop.audit()[1]


def another_type_after_the_payment_began(shop):
    """Nothing is charged by an amount that is not what the places cost by then."""
    night = typed_night(shop, hold_ms=1200000)
    buyer = Buyer(shop, night)
    buyer.begin()
    assert int(choose(buyer, 1, 0)["total"]) == 1935
    buyer.choose()
    buyer.finish()
    gone = buyer.until("PAYMENT_STATE_ABANDONED")
    assert gone["reason"] == "AMOUNT_CHANGED", gone
    assert buyer.charges() == []


TESTS = [
    ("types-what-is-chosen-is-paid", what_is_chosen_is_paid),
    ("types-wait-for-their-time", types_wait_for_their_time),
    ("types-late-money", late_money_buys_the_same_types),
    ("types-after-the-payment-began", another_type_after_the_payment_began),
]
