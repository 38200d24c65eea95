"""Codes: discounts, hidden categories, budgets that nobody overdraws, and many that are generated."""
import concurrent.futures
import subprocess

from server import wait_until
from shop import AUTH, DONE, REFUNDED, USHER, Buyer, fault

TICKETS = "usher.v1.TicketService"


def codes(shop, night, *words):
    """What the organiser types."""
    done = subprocess.run([USHER, "event", "codes", str(night), *words, "--url", f"http://{shop.server.address}", "--key",
                           f"{shop.server.data}/operator.key"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done
    return done.stdout


def guest(shop):
    token = shop.server.ask("CreateGuest", {}, AUTH)["token"]
    return lambda method, message: shop.server.ask(method, message, TICKETS, token, timeout=60)


def reason(answer):
    return answer["details"][0]["debug"]["reason"]


def choose(buyer, **more):
    answer = buyer.ask("ChoosePriceTypes", {"performanceId": buyer.performance, "holdId": buyer.hold["holdId"], **more}, TICKETS)
    buyer.hold = answer if "holdId" in answer else buyer.hold
    return answer


def a_discount_is_paid(shop):
    night = shop.make_performance(60000)
    early = Buyer(shop, night)
    told = codes(shop, night, "--add", "FANCLUB-2026", "--percent", "10", "--amount", "50", "--places", "4", "--places-account", "2")
    assert "FANCLUB-2026" in told and "-10.0% -0.50 EUR" in told, told
    assert reason(choose(early, code="fanclub-2026")) == "CODE_UNKNOWN"   # it was held before there were any
    buyer = Buyer(shop, night)
    assert reason(choose(buyer, code="FANCLUB-2027")) == "CODE_UNKNOWN"
    hold = choose(buyer, code=" fanclub-2026")
    assert int(hold["total"]) == 2 * (1235 - 123 - 50) and hold["code"] == 1, hold
    assert int(choose(buyer)["total"]) == 2 * 1062                        # types alone: the code stays
    assert int(choose(buyer, code="")["total"]) == 2 * 1235
    assert int(choose(buyer, code="FANCLUB-2026")["total"]) == 2 * 1062
    third = Buyer(shop, night, seats=3)
    assert reason(choose(third, code="FANCLUB-2026")) == "CODE_USED"
    codes(shop, night, "--take-out", "1")
    shop.server.die()
    shop.again()
    assert buyer.pay()["state"] == DONE                                   # as it was promised
    buyer.paid_once()
    assert [int(t["amount"]) for t in buyer.order()["tickets"]] == [1062, 1062]
    told = codes(shop, night, "--add", "FANCLUB-2028", "--percent", "5")
    assert "     2  FANCLUB-2028" in told or " 2  FANCLUB-2028" in told, told
    assert shop.audit()[0] == 0, shop.audit()[1]


def hidden_places_need_a_code(shop):
    night = shop.make_performance(60000)
    names = [c["name"] for c in shop.operator("GetPerformance", {"performanceId": night})["hall"]["categories"]]
    codes(shop, night, "--add", "PRESALE", "--opens", ",".join(names), "--hide", ",".join(names))
    shown = shop.operator("GetPerformance", {"performanceId": night})
    assert len(shown["hiddenCategories"]) == len(names) and shown["takesCodes"], shown
    ask = guest(shop)
    wish = {"performanceId": night, "party": 2}
    assert reason(ask("HoldBest", wish)) in ("NO_ADJACENT_SEATS", "CODE_NEEDED")
    assert reason(ask("HoldSeats", {"performanceId": night, "seats": [0]})) == "CODE_NEEDED"
    assert "holdId" in ask("HoldBest", {**wish, "code": "presale"})
    codes(shop, night, "--hide", "none")
    assert "holdId" in guest(shop)("HoldSeats", {"performanceId": night, "seats": [40]})
    assert shop.audit()[0] == 0, shop.audit()[1]


def late_money_for_places_that_are_hidden(shop):
    """The hold is gone when the money comes, and its places have been hidden since: the money goes back."""
    night = shop.make_performance(60000)
    names = [c["name"] for c in shop.operator("GetPerformance", {"performanceId": night})["hall"]["categories"]]
    buyer = Buyer(shop, night)
    shop.psp.script(fault("confirm", "error_after"), fault("lookup", "error_before", 2), webhooks={"lose": 1})
    buyer.begin()
    buyer.choose()
    codes(shop, night, "--add", "PRESALE", "--opens", ",".join(names), "--hide", ",".join(names))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        coming = pool.submit(buyer.finish)
        wait_until(buyer.charges, "the charge")
        buyer.ask("ReleaseHold", {"performanceId": night, "holdId": buyer.hold["holdId"]}, TICKETS)
        coming.result()
    shop.psp.script()
    assert buyer.until(DONE, REFUNDED)["state"] == REFUNDED
    assert shop.audit()[0] == 0, shop.audit()[1]


def nobody_overdraws_a_code(shop):
    """Many ask at the same moment for the last places of a code, and for the same voucher."""
    night = shop.make_performance(60000)
    codes(shop, night, "--add", "LAST-FIVE", "--percent", "50", "--places", "5")
    codes(shop, night, "--generate", "3", "--percent", "100", "--places", "1")
    printed = codes(shop, night, "--print", "2").split()
    assert printed[0] == "code" and len(set(printed[1:])) == 3, printed
    asks = [guest(shop) for _ in range(24)]
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        got = list(pool.map(lambda pair: pair[1]("HoldSeats", {"performanceId": night, "seats": [pair[0]], "code": "LAST-FIVE"}),
                            enumerate(asks)))
        assert sum("holdId" in one for one in got) == 5, got
        assert all(int(one["total"]) == 618 for one in got if "holdId" in one), got
        assert {reason(one) for one in got if "holdId" not in one} == {"CODE_USED"}, got
        got = list(pool.map(lambda pair: pair[1]("HoldSeats", {"performanceId": night, "seats": [30 + pair[0]], "code": printed[2]}),
                            enumerate(asks)))
        assert sum("holdId" in one for one in got) == 1 and [int(one.get("total", 0)) for one in got if "holdId" in one] == [0], got
    assert reason(asks[0]("HoldSeats", {"performanceId": night, "seats": [60], "code": printed[1][:-1] + ("1" if printed[1][-1] == "0" else "0")})) in ("CODE_UNKNOWN",)
    report = shop.operator("ListPriceCodes", {"performanceId": night})
    assert [one["places"] for one in report["codes"]] == [5, 1], report
    shop.server.die()
    shop.again()
    report = shop.operator("ListPriceCodes", {"performanceId": night})
    assert [one["places"] for one in report["codes"]] == [5, 1], report
    assert reason(guest(shop)("HoldSeats", {"performanceId": night, "seats": [61], "code": "LAST-FIVE"})) == "CODE_USED"
    outsider = guest(shop)("ListPriceCodes", {"performanceId": night})
    assert outsider["code"] == "permission_denied", outsider
    assert shop.audit()[0] == 0, shop.audit()[1]


TESTS = [
    ("codes-a-discount-is-paid", a_discount_is_paid),
    ("codes-hidden-places", hidden_places_need_a_code),
    ("codes-late-money", late_money_for_places_that_are_hidden),
    ("codes-nobody-overdraws", nobody_overdraws_a_code),
]
