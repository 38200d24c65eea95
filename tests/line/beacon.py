"""A public beacon's round in a draw: named before anybody comes, given when nobody comes any more, and recomputed here from
nothing but what is public."""
import base64
import hashlib
import hmac
import time

import server as servers

QUICKNET = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
GENESIS_S, PERIOD_S = 1692803367, 3
OTHER = hashlib.sha256(b"a chain of somebody else's").digest()
# Round 1 of drand's first chain: its randomness is SHA-256 of its signature.
SIGNATURE = bytes.fromhex("8d61d9100567de44682506aea1a7a6fa6e5491cd27a0a0ed349ef6910ac5ac20ff7bc3e09d7c046566c9f7f3c6f3b101"
                          "04990e7cb424998203d8f7de586fb7fa5f60045417a432684f85093b06ca91c769f0e7ca19268375e659c2a2352b4655")
RANDOMNESS = "101297f1ca7dc44ef6088d94ad5fb7ba03455dc33d53ddb412bbc4564ed986ec"


def base64_of(data):
    return base64.b64encode(data).decode()


def a_round_is_named(house, refuses, sale, opens_at_ms):
    """Of drand's own chains the first at the opening, or up to a minute later; once, and before the draw."""
    first = (opens_at_ms + 999) // 1000 - GENESIS_S
    first = (first + PERIOD_S - 1) // PERIOD_S + 1
    for wrong in ({"round": first - 1}, {"round": first + 21}, {"chain": base64_of(b"short")}, {"chain": base64_of(OTHER)}):
        refuses("BAD_ARGUMENT", "NameBeacon", {"saleId": sale, **wrong}, house.operator_key)
    house.manage("NameBeacon", {"saleId": sale})
    draw = house.call("GetDraw", {"saleId": sale})
    assert base64.b64decode(draw["beaconChain"]).hex() == QUICKNET and draw["beaconRound"] == str(first), draw
    assert "beacon" not in draw and "beaconRandomness" not in draw, draw
    house.manage("NameBeacon", {"saleId": sale, "round": first})  # the same again
    refuses("LINE_NOT_OPEN", "NameBeacon", {"saleId": sale, "round": first + 1}, house.operator_key)
    return first


def people_enter(house, sale, count):
    people = {}
    for _ in range(count):
        made = house.ask("CreateGuest", {}, service="usher.v1.AuthService")
        assert house.call("Join", {"saleId": sale}, made["token"])["state"] == "PLACE_STATE_IN_DRAW"
        people[made["accountId"]] = made["token"]
    return people


def is_mixed_in(house, refuses, command, crockford):
    now = int(time.time() * 1000)
    opens = now + 4000
    sale, _ = house.sale(drawOpensAtMs=str(now + 1500), opensAtMs=str(opens))
    token = house.guest()
    refuses("permission_denied", "NameBeacon", {"saleId": sale}, token)
    number = a_round_is_named(house, refuses, sale, opens)
    servers.wait_until(lambda: house.status(sale)[2].get("state") == "LINE_STATE_DRAW", "the draw")
    people = people_enter(house, sale, 9)
    given = {"saleId": sale, "round": number, "signature": base64_of(SIGNATURE)}
    refuses("LINE_NOT_OPEN", "GiveBeacon", given, house.operator_key)  # who knew it could still make accounts
    refuses("permission_denied", "GiveBeacon", given, token)
    servers.wait_until(lambda: time.time() * 1000 > opens + 50, "the opening's time")
    assert house.status(sale)[2]["state"] == "LINE_STATE_DRAW", "it did not wait for its beacon"
    refuses("LINE_UNAVAILABLE", "Join", {"saleId": sale}, token)
    refuses("NOT_FOUND", "GiveBeacon", {**given, "round": number + 1}, house.operator_key)
    refuses("BAD_ARGUMENT", "GiveBeacon", {**given, "signature": base64_of(b"x")}, house.operator_key)
    said = command("sale", "mix", str(sale), "--round", str(number), "--signature", SIGNATURE.hex())
    assert said.returncode == 0, said.stderr
    servers.wait_until(lambda: house.status(sale)[2].get("state") == "LINE_STATE_OPEN", "the opening")
    house.manage("GiveBeacon", given)  # the same again
    refuses("BEACON_GIVEN", "GiveBeacon", {**given, "signature": base64_of(SIGNATURE[::-1])}, house.operator_key)
    draw = house.call("GetDraw", {"saleId": sale, "count": 100})
    secret, chain = base64.b64decode(draw["secret"]), base64.b64decode(draw["beaconChain"])
    assert base64.b64decode(draw["beaconRandomness"]).hex() == RANDOMNESS and str(number) in draw["beacon"], draw
    seed = hmac.digest(secret, chain + number.to_bytes(8, "big") + bytes.fromhex(RANDOMNESS), "sha256")
    keys = {hmac.digest(seed, crockford(account), "sha256"): account for account in people}
    assert [base64.b64decode(key) for key in draw["keys"]] == sorted(keys)
    for place, key in enumerate(sorted(keys), 1):
        account = keys[key]
        assert house.call("GetPlace", {"saleId": sale}, people[account])["number"] == str(place)
        said = command("draw", "verify", str(sale), "--account", account, "--randomness", RANDOMNESS)
        assert said.returncode == 0 and f"has number {place}" in said.stdout and RANDOMNESS in said.stdout, said
    assert command("draw", "verify", str(sale), "--randomness", "00" * 32).returncode == 1
