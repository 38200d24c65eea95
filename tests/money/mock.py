"""Our requests held against what the providers publish. Stripe's by the real stripe-mock: every address, parameter and header
must be one that it knows (it keeps no state, so the way of a payment is not followed there: each request has to be taken).
NICEPAY's against the OpenAPI file of its own package."""
import hashlib
import http.client
import http.server
import json
import os
import re
import socket
import subprocess
import tarfile
import tempfile
import threading
import time

import yaml

from server import Server, wait_until
from shop import DONE, REFUNDED, USHER, Psp, fetch
from nicepay import NiceBuyer
from stripe import StripeBuyer, stripe_signature

PACKAGE = "@nicepay/start-api-mcp@0.0.10"
PACKAGE_FILE = "package/dist/openapi/openapi.yaml"
PACKAGE_SHA256 = "e79980022e7aaac7e368ca54311332b9f047c882e35afa11dba761108d9b8a80"


class Recorder(http.server.ThreadingHTTPServer):
    """Passes each request on to the provider, or what stands for it, and remembers what was asked and answered."""

    def __init__(self, behind):
        super().__init__(("127.0.0.1", 0), Recorder.Handler)
        self.behind, self.seen = behind, []
        self.listen = f"127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    class Handler(http.server.BaseHTTPRequestHandler):
        def pass_on(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            behind = http.client.HTTPConnection(self.server.behind, timeout=20)
            headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
            behind.request(self.command, self.path, body, headers)
            answer = behind.getresponse()
            text = answer.read()
            self.server.seen.append((self.command, self.path, body.decode(), dict(self.headers.items()), answer.status, text.decode()))
            self.send_response(answer.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
            behind.close()

        do_GET = do_POST = pass_on

        def log_message(self, *args):
            pass


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Site:
    """A server of ours that asks a provider through a recorder."""

    def __init__(self, behind, *options):
        self.recorder = Recorder(behind)
        self.server = Server(USHER, *[o.replace("RECORDER", f"http://{self.recorder.listen}") for o in options])
        self.listen = self.server.address

    def close(self):
        self.server.kill()
        self.recorder.shutdown()
        self.recorder.server_close()


def key_files(**texts):
    folder = tempfile.mkdtemp(prefix="usher-keys-")
    for name, text in texts.items():
        with open(os.path.join(folder, name), "w", encoding="ascii") as file:
            file.write(text + "\n")
    return folder


def replay_whole_way(port):
    """The adapter's requests of a whole way, paid, given back in parts, disputed, reviewed and ended, as it sent them to the stand-in: each
    is sent on to stripe-mock as it was."""
    psp = Psp(tempfile.mkdtemp(prefix="usher-stripe-"))
    site = Site(psp.listen, "--psp", "RECORDER", "--psp-public-url", f"http://{psp.listen}")
    try:
        site.psp = psp
        buyer = StripeBuyer(site, taking=[0, 1])
        assert buyer.pay()["state"] == DONE
        buyer.refund(seats=[0])
        buyer.until(DONE)
        fetch(psp.listen, "POST", f"/stripe/desk/{buyer.payment}", "do=dispute")
        event = json.dumps({"id": "evt_x", "type": "charge.dispute.created", "data": {"object": {
            "object": "dispute", "id": "du_x", "payment_intent": psp.lines("open", buyer.payment)[0]["payment"]}}})
        assert fetch(site.listen, "POST", "/webhooks/stripe", event, stripe_signature("whsec_usher", int(time.time()), event))[0] == 200
        slow = StripeBuyer(site, taking=[2])
        slow.begin()
        slow.choose("later")
        slow.finish()
        slow.ask("AbandonPayment", {"paymentId": slow.payment})
        given_up = StripeBuyer(site, taking=[3])
        given_up.begin()
        given_up.ask("AbandonPayment", {"paymentId": given_up.payment})
        sent = {}
        for method, path, body, headers, *_ in site.recorder.seen:
            path = path.removeprefix("/stripe")
            sent.setdefault((method, re.sub(r"(cs_test|pi)_\w+", "*", path)), (method, path, body, headers))
        wanted = {("POST", "/v1/checkout/sessions"), ("POST", "/v1/checkout/sessions/*/expire"),
                  ("GET", "/v1/checkout/sessions/*?expand%5B%5D=payment_intent.latest_charge"),
                  ("GET", "/v1/refunds?payment_intent=*&limit=100"), ("POST", "/v1/refunds"),
                  ("POST", "/v1/payment_intents/*/cancel"), ("GET", "/v1/payment_intents/*?expand%5B%5D=latest_charge"),
                  ("GET", "/v1/disputes?payment_intent=*&limit=100")}
        assert set(sent) == wanted, set(sent) ^ wanted
        for method, path, body, headers in sent.values():
            fields = {k.lower(): v for k, v in headers.items() if k.lower() in ("content-type", "idempotency-key", "stripe-version")}
            status, _, text = fetch(f"127.0.0.1:{port}", method, path, body or None, {**fields, "authorization": "Bearer sk_test_usher"})
            assert status == 200, (method, path, body, text)
        # And a parameter that is none is refused there: it does look.
        refused = fetch(f"127.0.0.1:{port}", "POST", "/v1/refunds", "payment_intent=pi_x&no_such_parameter=1", {
            "authorization": "Bearer sk_test_usher", "content-type": "application/x-www-form-urlencoded"})
        assert refused[0] == 400, refused
    finally:
        site.close()
        psp.die()


def requests_are_stripes(shop):
    tool = subprocess.run(["scripts/gotool", "stripemock"], check=True, capture_output=True, text=True).stdout.strip()
    port, keys = free_port(), key_files(key="sk_test_usher", hook="whsec_usher")
    mock = subprocess.Popen([tool, "-http-port", str(port), "-strict-version-check=false"], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    site = None
    try:
        def answers():
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1):
                    return True
            except OSError:
                return False
        wait_until(answers, "stripe-mock", 30)
        site = Site(f"127.0.0.1:{port}", "--stripe-key", f"{keys}/key", "--stripe-webhook", f"{keys}/hook", "--stripe-url", "RECORDER")
        buyer = StripeBuyer(site, taking=[0, 1])
        buyer.begin()
        buyer.finish(query="session_id=cs_other")
        buyer.ask("AbandonPayment", {"paymentId": buyer.payment})
        seen = site.recorder.seen
        asked = [(method, path.split("?")[0]) for method, path, *_ in seen]
        assert ("POST", "/v1/checkout/sessions") in asked, asked
        assert any(m == "POST" and p.endswith("/expire") for m, p in asked), asked
        for method, path, body, headers, status, text in seen:
            assert status == 200, (method, path, body, text)
            lower = {k.lower(): v for k, v in headers.items()}
            assert lower.get("stripe-version") == "2026-10-28.endive" and lower["authorization"] == "Bearer sk_test_usher", lower
            assert method == "GET" or lower["content-type"] == "application/x-www-form-urlencoded", lower
        assert "idempotency-key" in {k.lower() for k in seen[0][3]}, seen[0]
        replay_whole_way(port)
    finally:
        if site:
            site.close()
        mock.kill()
        mock.wait()


def nicepays_own_file():
    """The OpenAPI file of NICEPAY's package, fetched once, compared by its hash."""
    target = os.path.join(".tools", "nicepay-openapi-0.0.10.yaml")
    if not os.path.exists(target):
        folder = tempfile.mkdtemp(prefix="usher-npm-")
        packed = subprocess.run(["npm", "pack", "--silent", "--pack-destination", folder, PACKAGE], check=True, capture_output=True,
                                text=True).stdout.split()[-1]
        with tarfile.open(os.path.join(folder, packed)) as archive:
            text = archive.extractfile(PACKAGE_FILE).read()
        assert hashlib.sha256(text).hexdigest() == PACKAGE_SHA256, "another file than the one that was read"
        os.makedirs(".tools", exist_ok=True)
        with open(target, "wb") as file:
            file.write(text)
    with open(target, encoding="utf-8") as file:
        return yaml.safe_load(file)


def complaints(schema, body):
    """What of a body the schema does not have."""
    kinds = {"string": str, "integer": int, "number": (int, float), "boolean": bool}
    for name in schema.get("required", []):
        if name not in body:
            yield f"{name} is missing"
    for name, value in body.items():
        wanted = schema["properties"].get(name)
        if wanted is None:
            yield f"{name} is none of its fields"
        elif not isinstance(value, kinds[wanted["type"]]) or len(str(value)) > wanted.get("maxLength", 10 ** 6):
            yield f"{name} is {value!r}"


def requests_are_nicepays(shop):
    api = nicepays_own_file()
    psp = Psp(tempfile.mkdtemp(prefix="usher-nice-"))
    site = Site(psp.listen, "--psp", "RECORDER", "--psp-public-url", f"http://{psp.listen}")
    try:
        site.psp = psp
        buyer = NiceBuyer(site, taking=[0, 1])
        assert buyer.pay()["state"] == DONE
        buyer.refund(seats=[0])
        buyer.until(DONE)
        buyer.refund()
        buyer.until(REFUNDED)
        used = set()
        for method, path, text, *_ in site.recorder.seen:
            path = path.removeprefix("/nicepay")
            template = next((t for t in api["paths"] if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", t), path)), None)
            assert template and method.lower() in api["paths"][template], f"{method} {path} is not NICEPAY's"
            used.add((method, template))
            if method == "POST":
                ref = api["paths"][template]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
                wrong = list(complaints(api["components"]["schemas"][ref.split("/")[-1]], json.loads(text)))
                assert not wrong, (path, wrong)
        assert used == {("POST", "/v1/payments/{tid}"), ("GET", "/v1/payments/find/{orderId}"),
                        ("POST", "/v1/payments/{tid}/cancel")}, used
        cancel = api["components"]["schemas"]["CancelRequest"]
        assert list(complaints(cancel, {"reason": 1, "no_such_field": 2})) == ["reason is 1", "no_such_field is none of its fields"]
    finally:
        site.close()
        psp.die()


TESTS = [("stripe-requests-by-stripe-mock", requests_are_stripes), ("nicepay-requests-by-its-own-openapi", requests_are_nicepays)]
