"""Fees, tax and receipts: told before one pays, promised at the hold, numbered without a gap."""
import base64
import concurrent.futures
import json

from refunds import run
from shop import DONE, PAYMENT, REFUNDED, Buyer, fault

TERMS = {"feeCurrency": "EUR", "ticketFee": "200", "orderFee": "50", "feeBack": "FEE_BACK_ALWAYS",
         "priceVatPermille": 100, "feeVatPermille": 190, "seller": "극단 하나", "registrationNumber": "123-45-67890",
         "address": "서울시 종로구 1", "refundRule": "kr-standard"}
PRICE = 1235


def vat(amount, permille):
    return amount - (amount * 2000 + 1000 + permille) // (2 * (1000 + permille))


def set_terms(shop, performance, **more):
    set_to = shop.operator("SetSellingTerms", {"terms": {**TERMS, "performanceId": performance, **more}}, PAYMENT)
    assert "sinceMs" in set_to, set_to
    return set_to


def receipts(buyer):
    return buyer.ask("ListReceipts", {"orderId": buyer.hold["holdId"]})["receipts"]


def with_fees(shop):
    if not hasattr(shop, "fees"):
        shop.fees = shop.make_performance(hold_ms=420000)
        set_terms(shop, shop.fees)
    return shop.fees


def promised(shop):
    """What is told before paying is what is charged, also where the organiser raises it meanwhile."""
    night = with_fees(shop)
    buyer = Buyer(shop, night, taking=[0, 1])
    wish = {"performanceId": night, "holdId": buyer.hold["holdId"], "prices": [str(PRICE)] * 2}
    quote = buyer.ask("QuotePurchase", wish)
    total = 2 * PRICE + 450
    assert (quote["fee"], quote["total"]) == ("450", str(total)), quote
    assert int(quote["vat"]) == vat(2 * PRICE, 100) + vat(450, 190), quote
    assert quote["terms"]["seller"] == "극단 하나" and quote["refundRule"] == "kr-standard", quote
    # five days before: a fifth of the price is kept, and nothing within a day of the order
    assert [int(r["refund"]) for r in quote["refunds"]][:2] == [total, total - 2 * (PRICE // 5)], quote["refunds"]
    set_terms(shop, night, ticketFee="300")
    try:
        assert buyer.ask("QuotePurchase", wish)["fee"] == "450", "promised when they were held"
        assert buyer.ask("QuotePurchase", {**wish, "holdId": ""})["fee"] == "650"
        refused = buyer.ask("BeginPayment", {
            "performanceId": night, "holdId": buyer.hold["holdId"], "idempotencyKey": "other", "terms": True,
            "expectedAmount": str(total - 1)})
        assert "AMOUNT_CHANGED" in json.dumps(refused), refused
        buyer.begin(expectedAmount=str(total))
    finally:
        set_terms(shop, night)
    buyer.choose()
    paid = buyer.finish()
    assert paid["state"] == DONE and paid["amount"] == str(total) and paid["fee"] == "450", paid
    assert [c["amount"] for c in buyer.charges()] == [total], buyer.charges()
    assert buyer.order()["total"] == str(2 * PRICE), "the seats know of prices alone"
    shop.promised = buyer


def given_back(shop):
    """The fee of a ticket goes with it, that of the order with its last; a credit note each."""
    buyer = shop.promised
    order = buyer.hold["holdId"]
    one = buyer.ask("PreviewRefund", {"orderId": order, "seats": [buyer.seats[0]]})
    assert int(one["refund"]) == PRICE + 200, one
    buyer.refund(seats=[buyer.seats[0]], expectedRefund=one["refund"])
    buyer.refund()
    buyer.until(REFUNDED)
    assert [c["amount"] for c in buyer.cancels()] == [PRICE + 200, PRICE + 250], buyer.cancels()
    papers = receipts(buyer)
    assert [p["kind"] for p in papers] == ["RECEIPT_KIND_RECEIPT"] + ["RECEIPT_KIND_CREDIT_NOTE"] * 2, papers
    assert [int(p["total"]) for p in papers] == [2 * PRICE + 450, PRICE + 200, PRICE + 250]
    assert [int(p["fee"]) for p in papers] == [450, 200, 250]
    assert int(papers[0]["vat"]) == sum(int(p["vat"]) for p in papers[1:]), papers
    assert all(p["receiptNumber"] == papers[0]["number"] for p in papers[1:]), papers
    for language in ("ko", "en"):
        file = buyer.ask("GetReceiptFile", {"orderId": order, "number": papers[1]["number"], "language": language})
        assert "content" in file, file
        assert base64.b64decode(file["content"])[:5] == b"%PDF-" and file["mediaType"] == "application/pdf", file


def kept_by_rule(shop):
    """A fee that never goes back is kept, and is in the books; the organiser gives it back all the same."""
    night = shop.make_performance(hold_ms=420000)
    set_terms(shop, night, feeBack="FEE_BACK_NEVER", refundRule="all")
    buyers = [Buyer(shop, night, taking=[i]) for i in range(2)]
    for buyer in buyers:
        assert buyer.pay()["state"] == DONE
    buyers[0].refund()
    buyers[0].until(REFUNDED)
    assert [c["amount"] for c in buyers[0].cancels()] == [PRICE]
    shop.operator("RefundOrder", {"orderId": buyers[1].hold["holdId"]}, PAYMENT)
    buyers[1].until(REFUNDED)
    assert [c["amount"] for c in buyers[1].cancels()] == [PRICE + 250]
    row = next(r for r in shop.operator("GetBooks", {"performanceId": night}, PAYMENT)["rows"])
    assert int(row["charges"]) == 250, row


def money_without_seats(shop):
    """What comes too late for its seats has a receipt, and a credit note for all of it, fee included."""
    night = with_fees(shop)
    loser = Buyer(shop, night, taking=[20])
    shop.psp.script(fault("confirm", "timeout_after"), fault("lookup", "down", 3))
    loser.begin()
    loser.choose()
    loser.finish()
    shop.psp.script()
    loser.until(DONE, REFUNDED)
    kinds = [p["kind"] for p in receipts(loser)]
    assert kinds.count("RECEIPT_KIND_RECEIPT") == 1, kinds


def numbers(shop):
    """Many buyers at once: numbers follow each other, and nobody sees another's."""
    night = with_fees(shop)
    buyers = [Buyer(shop, night, seats=1, taking=[40 + i]) for i in range(8)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert [p["state"] for p in pool.map(Buyer.pay, buyers)] == [DONE] * 8
    seen, after = [], "0"
    while True:
        page = shop.operator("ListReceipts", {"organiserId": 1, "afterNumber": after, "pageSize": 100}, PAYMENT)
        if not page.get("receipts"):
            break
        seen += [int(r["number"]) for r in page["receipts"]]
        after = page["receipts"][-1]["number"]
    assert seen == list(range(1, len(seen) + 1)), seen
    own = receipts(buyers[0])
    stranger = buyers[1].ask("ListReceipts", {"orderId": buyers[0].hold["holdId"]})
    assert stranger.get("code") == "not_found", stranger
    assert buyers[1].ask("ListReceipts", {"organiserId": 1}).get("code") == "permission_denied"
    wish = {"orderId": buyers[1].hold["holdId"], "number": own[0]["number"]}
    assert buyers[1].ask("GetReceiptFile", wish).get("code") == "not_found"


def refused(shop):
    """Terms that are none, and who may not set them."""
    night = with_fees(shop)
    for wrong in ({"ticketFee": "-1"}, {"feeCurrency": "won"}, {"priceVatPermille": 501}, {"refundRule": "mine"},
                  {"feePermille": 501}, {"seller": "x\ny"}):
        said = shop.operator("SetSellingTerms", {"terms": {**TERMS, "performanceId": night, **wrong}}, PAYMENT)
        assert said.get("code") == "invalid_argument", (wrong, said)
    buyer = Buyer(shop, night, taking=[60])
    assert buyer.ask("SetSellingTerms", {"terms": TERMS}).get("code") == "permission_denied"
    no_such = shop.operator("SetSellingTerms", {"terms": {**TERMS, "performanceId": 999}}, PAYMENT)
    assert no_such.get("code") == "not_found", no_such


def own_rule(shop):
    """An organiser's own rule: told before one pays, and kept by the order whatever is set later."""
    night = shop.make_performance(hold_ms=420000)  # in five days
    rule = "6d 0%, 4d 12.5% max 2, 1d 50%, 0d 100%, cut-off 18:00"
    set_terms(shop, night, refundRule=rule, ticketFee="0", orderFee="0")
    buyer, later = Buyer(shop, night, taking=[0, 1]), Buyer(shop, night, taking=[2])
    quote = buyer.ask("QuotePurchase", {"performanceId": night, "holdId": buyer.hold["holdId"], "prices": [str(PRICE)] * 2})
    kept = PRICE * 125 // 1000
    assert quote["refundRule"] == rule and int(quote["refunds"][0]["charge"]) == 2 * kept, quote
    assert buyer.pay()["state"] == DONE
    said = run(shop, "payment", "terms", "--performance", str(night), "--refund-rule", "none")
    assert "none" in said, said
    assert int(buyer.ask("PreviewRefund", {"orderId": buyer.hold["holdId"]})["charge"]) == 2 * kept, "as it was sold"
    buyer.refund(seats=[buyer.seats[0]])
    assert [c["amount"] for c in buyer.cancels()] == [PRICE - kept]
    wrong = run(shop, "payment", "terms", "--performance", str(night), "--refund-rule", "7d 10%, 3d 5%, 0d 90%", code=1)
    assert "a later step never keeps less" in wrong, wrong
    assert "0d 50%" in run(shop, "payment", "terms", "--performance", str(night), "--refund-rule", "0d 50%")
    later.begin()  # held when the first rule was in force
    later.choose()
    later.finish()
    assert int(later.ask("PreviewRefund", {"orderId": later.hold["holdId"]})["charge"]) == kept


def at_once(shop):
    """A hold just before new terms keeps the old ones, one just after has the new ones, each time."""
    night = shop.make_performance(hold_ms=420000)
    rules = [f"0d {20 + i}%" for i in range(12)]
    set_terms(shop, night, refundRule=rules[0])
    for i, rule in enumerate(rules[1:]):
        before = Buyer(shop, night, taking=[2 * i])
        set_terms(shop, night, refundRule=rule)
        after = Buyer(shop, night, taking=[2 * i + 1])
        told = [b.ask("QuotePurchase", {"performanceId": night, "holdId": b.hold["holdId"], "prices": [str(PRICE)]})
                ["refundRule"] for b in (before, after)]
        assert told == [rules[i], rule], (told, i)


def commands(shop):
    """usher payment terms shows and changes what is given alone; usher payment receipts lists."""
    night = with_fees(shop)
    said = run(shop, "payment", "terms", "--performance", str(night), "--telephone", "02-123-4567", "--fee", "2.00")
    assert "극단 하나" in said and "02-123-4567" in said and "2.00 EUR" in said and "190 in fees" in said, said
    assert "fee-currency" in run(shop, "payment", "terms", "--performance", "1", "--fee", "2.00.0", code=2)
    assert "no terms were set" in run(shop, "payment", "terms", "--performance", "1")
    buyer = Buyer(shop, night, seats=1, taking=[70])
    buyer.pay()
    buyer.refund()
    buyer.until(REFUNDED)
    listed = run(shop, "payment", "receipts")
    assert " receipt " in listed and "credit note" in listed, listed


TESTS = [
    ("fee-is-told-and-promised", promised),
    ("fee-goes-back-with-its-ticket", given_back),
    ("fee-is-kept-by-rule", kept_by_rule),
    ("receipt-of-money-that-was-unclear", money_without_seats),
    ("receipt-numbers-have-no-gap", numbers),
    ("refund-rule-of-ones-own", own_rule),
    ("terms-begin-between-two-holds", at_once),
    ("selling-terms-refused", refused),
    ("selling-terms-commands", commands),
]
