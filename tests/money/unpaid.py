"""Orders at the box office that nobody has paid: taken, and owed, or refused; as the organiser says, a performance."""
import concurrent.futures
import json
import subprocess
import time

from shop import DONE, PAYMENT, USHER, Buyer
from till import Desk
from used import DOOR, TICKET, reason, usher

BOX_OFFICE, CAPTURED = "PAYMENT_METHOD_BOX_OFFICE", "PAYMENT_STATE_CAPTURED"


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


def is_collected_once(shop):
    """By call and by command: the order is paid, its money is in the books, and it goes back as any other."""
    number = night(shop)
    buyer = Buyer(shop, number)
    placed = order(buyer)
    owed = int(placed["toCollect"])
    wish = {"orderId": placed["orderId"], "amount": str(owed)}
    assert buyer.ask("CollectPayment", wish)["code"] in ("permission_denied", "not_found"), "it is not a buyer's to do"
    assert reason(shop.operator("CollectPayment", {**wish, "amount": str(owed - 1)}, PAYMENT)) == "WRONG_AMOUNT"
    with concurrent.futures.ThreadPoolExecutor(4) as pool:  # four at the same counter
        answers = list(pool.map(lambda _: shop.operator("CollectPayment", wish, PAYMENT), range(4)))
    assert all(one["state"] in (DONE, CAPTURED) for one in answers), answers  # the others see it under way
    assert sum(1 for one in answers if not one.get("again")) == 1, answers
    now = buyer.ask("GetOrder", {"orderId": placed["orderId"]}, TICKET)
    assert now["paymentMethod"] == "PAYMENT_METHOD_COLLECTED" and "toCollect" not in now, now
    assert not audit(shop, number)["toCollect"] and audit(shop, number)["clean"], audit(shop, number)
    assert shop.audit()[0] == 0, "beside any till, by who has none open"
    assert "toCollect" not in shop.operator("GetSaleReport", {"performanceId": number})
    assert reason(buyer.ask("CancelOrder", {"orderId": placed["orderId"]}, TICKET)) == "PAID_BY_CARD"
    assert "was paid before" in usher(shop, "order", "collect", placed["orderNumber"], "--performance", str(number))
    assert reason(shop.operator("RefundOrder", {"orderId": placed["orderId"]}, PAYMENT)) != "NOTHING_PAID"
    assert shop.audit()[0] == 0, shop.audit()[1]


def goes_into_the_till(shop):
    """Whose sum is the books'; and who collects needs the role."""
    number = night(shop)
    placed = order(Buyer(shop, number))
    desk = Desk(shop)
    desk.open()
    wish = {"orderId": placed["orderId"], "amount": placed["toCollect"], "means": "TILL_MEANS_CASH", "tendered": placed["toCollect"]}
    assert desk.ask("CollectPayment", {**wish, "tendered": "1"}, PAYMENT)["code"] == "invalid_argument"
    begun = shop.operator("GetMoneyStory", {"orderId": placed["orderId"]}, PAYMENT)
    assert not begun.get("payments") and not begun.get("events"), begun  # what is refused begins nothing
    assert desk.ask("CollectPayment", wish, PAYMENT)["state"] == DONE
    till = desk.ask("GetTill", {})
    assert int(till["expected"]) == 50000 + int(placed["toCollect"]), till
    desk.close()
    assert shop.audit()[0] == 0, shop.audit()[1]


def the_door_says_who_has_not_paid(shop):
    number = night(shop)
    buyer = Buyer(shop, number)
    placed = order(buyer)
    code = placed["tickets"][0]["ticketCode"]
    told = shop.operator("CheckIn", {"code": code, "performanceId": number, "nonce": "owes", "gate": "A"}, DOOR)
    assert told["result"].endswith("_OK") and told["owes"], told
    assert all(one["owes"] for one in shop.operator("GetDoorList", {"performanceId": number}, DOOR)["tickets"])
    usher(shop, "order", "collect", placed["orderNumber"], "--performance", str(number))
    assert not any(one.get("owes") for one in shop.operator("GetDoorList", {"performanceId": number}, DOOR)["tickets"])


def a_part_that_was_given_back_is_not_owed(shop):
    number = night(shop)
    buyer = Buyer(shop, number)
    placed = order(buyer)
    left = buyer.ask("CancelOrder", {"orderId": placed["orderId"], "seats": [buyer.seats[0]]}, TICKET)
    assert left["toCollect"] == left["tickets"][0]["amount"] and int(left["toCollect"]) < int(left["total"]), left
    said = usher(shop, "order", "collect", placed["orderNumber"], "--performance", str(number))
    assert "is paid" in said, said
    now = buyer.ask("GetOrder", {"orderId": placed["orderId"]}, TICKET)
    assert now["total"] == left["toCollect"], now
    assert audit(shop, number)["clean"], audit(shop, number)


def a_cancelled_one_is_not_collected(shop):
    number = night(shop)
    buyer = Buyer(shop, number)
    placed = order(buyer)
    usher(shop, "order", "cancel", placed["orderNumber"], "--reason", "a mail of an order tells none", code=2)
    usher(shop, "order", "cancel", placed["orderNumber"])
    wish = {"orderId": placed["orderId"], "amount": placed["total"]}
    assert reason(shop.operator("CollectPayment", wish, PAYMENT)) == "ORDER_CANCELLED"


def what_was_begun_before_is_ended_not_taken(shop):
    """A window at a provider that its buyer left to order for the box office: nobody has charged there."""
    buyer = Buyer(shop, night(shop))
    buyer.begin()
    placed = order(buyer)
    wish = {"orderId": placed["orderId"], "amount": "1"}
    assert reason(shop.operator("CollectPayment", wish, PAYMENT)) == "WRONG_AMOUNT"
    done = shop.operator("CollectPayment", {**wish, "amount": placed["toCollect"]}, PAYMENT)
    assert done["provider"] == "box-office" and done["state"] == DONE, done
    buyer.choose()  # in the window that was still open
    assert buyer.finish()["state"] == "PAYMENT_STATE_ABANDONED" and not buyer.charges()
    assert shop.audit()[0] == 0, shop.audit()[1]


def what_was_to_be_paid_later_is_collected_for_what_is_left(shop):
    """Places that were reserved at the box office, ordered unpaid, and given back in part."""
    desk = Desk(shop)
    desk.open()
    buyers = [Buyer(shop, night(shop, payLaterMs=86400000)) for _ in range(2)]
    for buyer in buyers:
        buyer.begin(provider="box-office")
        buyer.left = order(buyer)
        buyer.left = buyer.ask("CancelOrder", {"orderId": buyer.left["orderId"], "seats": [buyer.seats[0]]}, TICKET)
    wishes = [{"orderId": one.left["orderId"], "amount": one.left["toCollect"], "means": "TILL_MEANS_CASH"} for one in buyers]
    assert desk.ask("CollectPayment", wishes[0], PAYMENT)["state"] == DONE
    # For what it was of: there are no such places any more, and it goes back over the same counter.
    back = desk.ask("CollectPayment", {"paymentId": buyers[1].payment, "amount": buyers[1].begun["amount"]}, PAYMENT)
    assert back["state"] == "PAYMENT_STATE_REFUNDED", back
    assert int(desk.ask("GetTill", {})["expected"]) == 50000 + int(buyers[0].left["toCollect"]), desk.ask("GetTill", {})
    assert desk.ask("CollectPayment", wishes[1], PAYMENT)["state"] == DONE, "and what is owed is taken after that"
    desk.close()
    assert shop.audit()[0] == 0, shop.audit()[1]


TESTS = [(f"unpaid-{test.__name__.replace('_', '-')}", test) for test in (
    are_refused_where_the_organiser_says_so, what_costs_nothing_is_ordered_without_paying,
    are_refused_by_default_where_there_is_a_provider, what_is_owed_is_counted, is_collected_once,
    goes_into_the_till, the_door_says_who_has_not_paid,
    a_part_that_was_given_back_is_not_owed, a_cancelled_one_is_not_collected,
    what_was_begun_before_is_ended_not_taken, what_was_to_be_paid_later_is_collected_for_what_is_left)]
