"""Organisers' own accounts at providers: whose account it is charged at, and where money goes back to."""
import os
import subprocess

from shop import PAYMENT, USHER, Buyer, Psp


class Own:
    """A second provider with other keys: organiser 1's account at Stripe."""

    def __init__(self, shop):
        self.folder = os.path.join(shop.folder, "own")
        os.mkdir(self.folder)
        self.psp = Psp(self.folder, "--psp-secret-key", "sk_own", "--psp-webhook-secret", "whsec_own")
        self.accounts = self.write("accounts", f"# organiser 1\n\n1 stripe {self.write('key', 'sk_own')} "
                                   f"{self.write('hook', 'whsec_own')} http://{self.psp.listen}/stripe\n")

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path


def own_account(shop):
    """What is bought from an organiser with an account of its own is charged there and nowhere else; what was bought
    before it had one goes back to where it was charged."""
    before = Buyer(shop)
    before.begin(provider="stripe")
    before.choose()
    before.finish()
    own = Own(shop)
    shop.server.die()
    plain = shop.options
    shop.options = lambda: [*plain(), "--provider-accounts", own.accounts]
    shop.again()
    try:
        for wish, names in (({}, {"toss", "stripe", "nicepay"}), ({"performanceId": 1}, {"stripe"})):
            told = shop.server.ask("ListProviders", wish, PAYMENT)["providers"]
            assert {one["name"] for one in told} == names, told
        buyer = Buyer(shop)
        refused = buyer.ask("BeginPayment", {"performanceId": 1, "holdId": buyer.hold["holdId"], "terms": True,
                                             "idempotencyKey": "not-offered", "provider": "toss"})
        assert refused.get("code") == "invalid_argument", refused
        buyer.begin()
        assert own.psp.listen in buyer.way, buyer.way
        buyer.choose()
        assert buyer.finish()["state"] == "PAYMENT_STATE_DONE"
        assert buyer.charges() == [] and len(own.psp.lines("charge", buyer.payment)) == 1
        buyer.refund()
        buyer.until("PAYMENT_STATE_REFUNDED")
        assert len(own.psp.lines("cancel", buyer.payment)) == 1
        before.refund()
        before.until("PAYMENT_STATE_REFUNDED")
        assert len(before.cancels()) == 1 and own.psp.lines("cancel", before.payment) == []
    finally:
        shop.server.die()
        shop.options = plain
        own.psp.die()
        # What was charged at an account that is gone is in our books, and not in the ledger that the audit reads.
        with open(own.psp.ledger, encoding="utf-8") as theirs, open(shop.psp.ledger, "a", encoding="utf-8") as all_of_it:
            all_of_it.write(theirs.read())
        shop.psp.die()
        shop.psp.start()
        shop.again()


def bad_accounts(shop):
    """A file that is none is refused before anything is served, with its line."""
    key = os.path.join(shop.folder, "some.key")
    with open(key, "w", encoding="ascii") as file:
        file.write("sk_x")
    path = os.path.join(shop.folder, "bad")
    for text, said in (("1 stripe", "line 1"), (f"0 toss {key} c", "line 1"), (f"1 paypal {key} c", "toss, stripe or"),
                       (f"2 toss {key} c\n2 toss {key} d", "line 2"), ("1 toss /no/such/file c", "/no/such/file")):
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        done = subprocess.run([USHER, "serve", "--data", os.path.join(shop.folder, "none"), "--listen", "127.0.0.1:0",
                               "--provider-accounts", path], capture_output=True, text=True, timeout=60)
        assert done.returncode != 0 and said in done.stderr, (text, done)


TESTS = [
    ("organisers-own-account", own_account),
    ("organisers-accounts-refused", bad_accounts),
]
