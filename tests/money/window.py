"""The provider's own window on a page of ours: what it lets in, and the whole way with the stand-in's script."""
import html
import json
import os
import re
import tempfile
import types
import urllib.parse

from nicepay import NiceBuyer
from server import Server
from shop import DONE, USHER, Buyer, Psp, fetch


def live_window(shop):
    folder = tempfile.mkdtemp(prefix="usher-window-")
    psp = Psp(folder)
    key = os.path.join(folder, "key")
    with open(key, "w", encoding="ascii") as file:
        file.write("test_sk_usher\n")
    server = Server(USHER, "--toss-key", key, "--toss-client-key", "test_ck_usher", "--toss-url",
                    f"http://{psp.listen}/toss")
    try:
        own = types.SimpleNamespace(server=server, psp=psp, listen=server.address)
        buyer = Buyer(own, taking=[0, 1])
        buyer.begin()
        at = urllib.parse.urlparse(buyer.way)
        assert at.path == f"/pay/toss/{buyer.payment}", buyer.way
        status, headers, body = fetch(at.netloc, "GET", at.path)
        page, policy = body.decode(), headers["content-security-policy"]
        assert status == 200 and "no-store" in headers["cache-control"], headers
        nonce = re.search(r"'nonce-([0-9a-f]{32})'", policy).group(1)
        assert page.count(f'nonce="{nonce}"') == 1 and f"http://{psp.listen} " in policy, policy
        assert "frame-ancestors 'none'" in policy and "unsafe-eval" not in policy
        assert "'unsafe-inline'" not in policy.split("style-src")[0], "no script but ours and the provider's"
        assert "kim@example.org" not in page and "김" not in page, "nothing of the buyer's"
        assert "테스트 결제" in page and "330,000" in page
        other = fetch(at.netloc, "GET", at.path)[1]["content-security-policy"]
        assert nonce not in other, "a nonce is good once"
        order = json.loads(re.search(r'<script type="application/json" id="order">(.*?)</script>', page).group(1))
        assert order["clientKey"] == "test_ck_usher" and order["amount"] == {"currency": "KRW", "value": 330000}
        source = html.unescape(re.search(r'<script src="([^"]*)"></script>', page).group(1))
        script = urllib.parse.urlparse(source)
        answered, fields, code = fetch(script.netloc, "GET", script.path)
        assert answered == 200 and "javascript" in fields["content-type"] and b"TossPayments" in code
        # What the script does: it goes to the provider's page with these values.
        buyer.way = f"http://{psp.listen}/toss/pay?" + urllib.parse.urlencode({
            "orderId": order["orderId"], "orderName": order["orderName"], "amount": order["amount"]["value"],
            "currency": order["amount"]["currency"], "successUrl": order["successUrl"], "failUrl": order["failUrl"]})
        buyer.choose()
        assert buyer.finish()["state"] == DONE
        status, headers, _ = fetch(at.netloc, "GET", at.path)
        assert status == 303 and headers["location"].startswith("/orders?"), "an attempt that is over has no window"
        assert fetch(at.netloc, "GET", "/pay/toss/01m8hta6b6dreqk2a6q6jewkas")[0] == 404
        assert fetch(shop.listen, "GET", f"/pay/toss/{buyer.payment}")[0] == 404, "the stand-in has its own page"
    finally:
        server.kill()
        psp.die()


def live_window_nicepay(shop):
    """The same of NICEPAY: its script, from its own domain or the stand-in, and the form that it posts back."""
    folder = tempfile.mkdtemp(prefix="usher-window-")
    psp = Psp(folder)
    key = os.path.join(folder, "key")
    with open(key, "w", encoding="ascii") as file:
        file.write("test_sk_usher\n")
    server = Server(USHER, "--nicepay-key", key, "--nicepay-client", "test_client_usher", "--nicepay-url",
                    f"http://{psp.listen}/nicepay")
    try:
        own = types.SimpleNamespace(server=server, psp=psp, listen=server.address)
        buyer = NiceBuyer(own, taking=[0, 1])
        buyer.begin()
        at = urllib.parse.urlparse(buyer.way)
        assert at.path == f"/pay/nicepay/{buyer.payment}", buyer.way
        status, headers, body = fetch(at.netloc, "GET", at.path)
        page, policy = body.decode(), headers["content-security-policy"]
        assert status == 200 and "no-store" in headers["cache-control"], headers
        assert "https://*.nicepay.co.kr" in policy and "tosspayments" not in policy + page, policy
        assert "kim@example.org" not in page and "330,000" in page
        assert re.findall(r'data-method="(\w+)"', page) == ["card", "kakaopay", "naverpayCard"], page
        order = json.loads(re.search(r'<script type="application/json" id="order">(.*?)</script>', page).group(1))
        assert order["clientId"] == "test_client_usher" and order["amount"] == 330000, order
        script = urllib.parse.urlparse(html.unescape(re.search(r'<script src="([^"]*)"></script>', page).group(1)))
        answered, fields, code = fetch(script.netloc, "GET", script.path)
        assert answered == 200 and "javascript" in fields["content-type"] and b"AUTHNICE" in code
        # What the script does: it goes to the provider's page with these values.
        wanted = ("clientId", "orderId", "amount", "goodsName", "returnUrl")
        buyer.way = f"http://{psp.listen}/nicepay/pay?" + urllib.parse.urlencode(
            {"method": "card", **{name: order[name] for name in wanted}})
        buyer.choose()
        assert buyer.finish()["state"] == DONE
        buyer.paid_once()
        assert fetch(at.netloc, "GET", f"/pay/toss/{buyer.payment}")[0] == 404, "another provider's window"
    finally:
        server.kill()
        psp.die()


TESTS = [("live-window", live_window), ("live-window-nicepay", live_window_nicepay)]
