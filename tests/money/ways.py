"""The ways that should be."""
import base64
import json
import urllib.parse

from shop import DONE, PAYMENT, REFUNDED, Buyer, fetch


def happy(shop):
    buyer = Buyer(shop)
    payment = buyer.pay()
    assert payment["state"] == DONE, payment
    buyer.paid_once()
    kinds = [event["what"] for event in buyer.ask("GetMoneyStory", {"orderId": payment["orderId"]})["events"]]
    assert kinds[0] == "attempt" and "call" in kinds and "state" in kinds, kinds


def page_says_test_money(shop):
    buyer = Buyer(shop)
    buyer.begin()
    at = urllib.parse.urlparse(buyer.way)
    _, _, body = fetch(at.netloc, "GET", f"{at.path}?{at.query}")
    assert "테스트 결제" in body.decode() and "Test money" in body.decode()
    assert shop.server.ask("ListProviders", {}, PAYMENT)["providers"][0]["testMoney"] is True
    assert buyer.get()["testMoney"] is True


def other_browser(shop):
    """Back from an in-app browser that has no cookie and no token of ours."""
    buyer = Buyer(shop)
    buyer.begin()
    buyer.choose()
    at = urllib.parse.urlparse(buyer.back)
    status, headers, _ = fetch(at.netloc, "GET", f"{at.path}?{at.query}")
    assert status == 303 and headers["location"] == f"/orders?payment={buyer.payment}", headers["location"]
    stranger = buyer.finish(own=False)
    assert stranger["state"] == DONE and "order" not in stranger, stranger
    buyer.paid_once()


def same_key_same_attempt(shop):
    buyer = Buyer(shop)
    first = buyer.begin(idempotencyKey="once")
    assert buyer.begin(idempotencyKey="once")["paymentId"] == first["paymentId"]
    other = buyer.ask("BeginPayment", {"performanceId": 1, "holdId": buyer.hold["holdId"], "idempotencyKey": "once",
                                       "returnUrl": "/elsewhere", "terms": True})
    assert other.get("code") == "already_exists", other


def only_paid_orders_by_card(shop):
    buyer = Buyer(shop)
    wish = {"performanceId": 1, "holdId": buyer.hold["holdId"], "paymentMethod": "PAYMENT_METHOD_CARD",
            "amount": buyer.hold["total"], "paymentId": "01m8hta6b6dreqk2a6q6jewkas"}
    assert buyer.ask("PlaceOrder", wish, "usher.v1.TicketService").get("code") == "permission_denied"
    paid = Buyer(shop)
    order = paid.pay()["orderId"]
    refused = paid.ask("CancelOrder", {"orderId": order}, "usher.v1.TicketService")
    assert refused["details"][0]["debug"]["reason"] == "PAID_BY_CARD", refused


def kakao_pay(shop):
    """Kakao Pay is a method of Toss's window: the payment is named after the wallet, and is of one amount."""
    buyer = Buyer(shop)
    buyer.begin()
    plain = buyer.way
    at = urllib.parse.urlparse(plain + "&easyPay=NOPAY")
    status, _, body = fetch(at.netloc, "GET", f"{at.path}?{at.query}")
    assert status == 400 and b"INVALID_EASY_PAY" in body, body
    buyer.way = plain + "&easyPay=KAKAOPAY"
    buyer.choose()
    assert buyer.finish()["state"] == DONE
    buyer.paid_once()
    key = "Basic " + base64.b64encode(b"test_sk_usher:").decode()
    _, _, body = fetch(shop.psp.listen, "GET", f"/toss/v1/payments/orders/{buyer.payment}", headers={"authorization": key})
    told = json.loads(body)
    assert told["method"] == "간편결제" and told["easyPay"]["provider"] == "카카오페이", told
    assert told["easyPay"]["amount"] == told["totalAmount"] == int(buyer.hold["total"]), told
    buyer.refund()
    buyer.until(REFUNDED)
    assert len(buyer.cancels()) == 1


def free_of_tax(shop):
    """Prices that contain no tax are told to the provider as such."""
    night = shop.make_performance(60_000)
    terms = {"performanceId": night, "feeCurrency": "EUR", "ticketFee": 100, "priceVatPermille": 0, "feeVatPermille": 100,
             "refundRule": "all"}
    assert "sinceMs" in shop.operator("SetSellingTerms", {"terms": terms}, PAYMENT)
    buyer = Buyer(shop, night)
    payment = buyer.begin()
    free = int(buyer.hold["total"])
    assert int(payment["taxFree"]) == free and int(payment["amount"]) == free + 200, payment
    assert "taxFreeAmount=24.70" in payment["redirectUrl"], payment
    buyer.choose()
    assert buyer.finish()["state"] == DONE
    opened, = shop.psp.lines("open", buyer.payment)
    assert opened["tax_free"] == free, opened
    buyer.refund()
    buyer.until(REFUNDED)


TESTS = [
    ("happy", happy),
    ("page-says-test-money", page_says_test_money),
    ("back-in-another-browser", other_browser),
    ("same-key-same-attempt", same_key_same_attempt),
    ("only-paid-orders-by-card", only_paid_orders_by_card),
    ("kakao-pay", kakao_pay),
    ("free-of-tax", free_of_tax),
]
