"""The provider's own window on a page of ours: what it lets in, and the whole way with the stand-in's script."""
import contextlib
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


@contextlib.contextmanager
def own_server(*flags):
    """A server that is told of a provider's key, and the stand-in that takes the provider's place; flags name it by {psp}."""
    folder = tempfile.mkdtemp(prefix="usher-window-")
    psp = Psp(folder)
    key = os.path.join(folder, "key")
    with open(key, "w", encoding="ascii") as file:
        file.write("test_sk_usher\n")
    server = Server(USHER, *(flag.format(key=key, psp=f"http://{psp.listen}") for flag in flags))
    try:
        yield types.SimpleNamespace(server=server, psp=psp, listen=server.address)
    finally:
        server.kill()
        psp.die()


def look_at(buyer, provider):
    """The page of the buyer's window: its address, its words, its policy, what our script is told, and the provider's script."""
    at = urllib.parse.urlparse(buyer.way)
    assert at.path == f"/pay/{provider}/{buyer.payment}", buyer.way
    status, headers, body = fetch(at.netloc, "GET", at.path)
    page, policy = body.decode(), headers["content-security-policy"]
    assert status == 200 and "no-store" in headers["cache-control"], headers
    assert "kim@example.org" not in page and "330,000" in page
    order = json.loads(re.search(r'<script type="application/json" id="order">(.*?)</script>', page).group(1))
    script = urllib.parse.urlparse(html.unescape(re.search(r'<script src="([^"]*)"></script>', page).group(1)))
    answered, fields, code = fetch(script.netloc, "GET", script.path)
    assert answered == 200 and "javascript" in fields["content-type"], fields
    return at, page, policy, order, code


def live_window(shop):
    with own_server("--toss-key", "{key}", "--toss-client-key", "test_ck_usher", "--toss-url", "{psp}/toss") as own:
        psp = own.psp
        buyer = Buyer(own, taking=[0, 1])
        buyer.begin()
        at, page, policy, order, code = look_at(buyer, "toss")
        nonce = re.search(r"'nonce-([0-9a-f]{32})'", policy).group(1)
        assert page.count(f'nonce="{nonce}"') == 1 and f"http://{psp.listen} " in policy, policy
        assert "frame-ancestors 'none'" in policy and "unsafe-eval" not in policy
        assert "'unsafe-inline'" not in policy.split("style-src")[0], "no script but ours and the provider's"
        assert "김" not in page, "nothing of the buyer's"
        assert "테스트 결제" in page
        other = fetch(at.netloc, "GET", at.path)[1]["content-security-policy"]
        assert nonce not in other, "a nonce is good once"
        assert order["clientKey"] == "test_ck_usher" and order["amount"] == {"currency": "KRW", "value": 330000}
        assert b"TossPayments" in code
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


def live_window_nicepay(shop):
    """The same of NICEPAY: its script, from its own domain or the stand-in, and the form that it posts back."""
    with own_server("--nicepay-key", "{key}", "--nicepay-client", "test_client_usher", "--nicepay-url", "{psp}/nicepay") as own:
        buyer = NiceBuyer(own, taking=[0, 1])
        buyer.begin()
        at, page, policy, order, code = look_at(buyer, "nicepay")
        assert "https://*.nicepay.co.kr" in policy and "tosspayments" not in policy + page, policy
        assert re.findall(r'data-method="(\w+)"', page) == ["card", "kakaopay", "naverpayCard"], page
        assert order["clientId"] == "test_client_usher" and order["amount"] == 330000, order
        assert b"AUTHNICE" in code
        # What the script does: it goes to the provider's page with these values.
        wanted = ("clientId", "orderId", "amount", "goodsName", "returnUrl")
        buyer.way = f"http://{own.psp.listen}/nicepay/pay?" + urllib.parse.urlencode(
            {"method": "card", **{name: order[name] for name in wanted}})
        buyer.choose()
        assert buyer.finish()["state"] == DONE
        buyer.paid_once()
        assert fetch(at.netloc, "GET", f"/pay/toss/{buyer.payment}")[0] == 404, "another provider's window"


TESTS = [("live-window", live_window), ("live-window-nicepay", live_window_nicepay)]
