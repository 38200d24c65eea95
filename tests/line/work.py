"""Work that grows with suspicion: what an address is asked for, and that no solution serves twice or elsewhere."""
import hashlib

AUTH, LINE = "usher.v1.AuthService", "usher.v1.WaitroomService"
SCHOOL, OTHER, SIX = "198.51.100.7", "198.51.101.7", "2001:db8:7:1::9"
FREE = 4  # guests an hour for nothing, in this test


def call(server, method, message, token=None, source=None, service=AUTH):
    return server.ask_from(source, method, message, token, service)


def solve(challenge):
    """As any ALTCHA client would."""
    assert challenge["algorithm"] == "PBKDF2/SHA-256", challenge
    nonce, salt = bytes.fromhex(challenge["nonce"]), bytes.fromhex(challenge["salt"])
    prefix = bytes.fromhex(challenge["keyPrefix"])
    solution = next(i for i in range(1000) if hashlib.pbkdf2_hmac(
        "sha256", nonce + i.to_bytes(4, "big"), salt, challenge["cost"], challenge["keyLength"]).startswith(prefix))
    return {"challenge": challenge, "solution": solution}


def guests_cost_more(server):
    guest = lambda wish, source=SCHOOL: call(server, "CreateGuest", wish, None, source)  # noqa: E731
    ask = lambda source=SCHOOL: call(server, "GetGuestChallenge", {}, None, source)  # noqa: E731
    for _ in range(FREE):
        assert ask() == {}
        assert guest({})["token"]
    assert guest({}) == "WORK_REQUIRED"
    first = solve(ask())
    assert first["challenge"]["cost"] == 10, first
    wrong = {**first, "solution": first["solution"] + 1}
    for wish in (wrong, {**first, "challenge": {**first["challenge"], "cost": 1}}):
        assert guest(wish) == "WORK_REQUIRED", wish
    assert guest(first)["token"]
    assert guest(first) == "WORK_REQUIRED", "a solution served twice"
    # Twice as many, twice the cost, up to a maximum; but nothing for anybody else, for this machine, or for whoever runs it.
    costs = []
    for _ in range(30 * FREE):
        wish = solve(ask())
        costs.append(wish["challenge"]["cost"])
        assert guest(wish)["token"]
    assert costs == sorted(costs) and {10, 20, 40, 80}.issubset(costs) and costs[-1] <= 320, costs
    elsewhere = solve(ask())
    assert ask(OTHER) == {} and guest({}, OTHER)["token"]
    assert ask(None) == {} and guest({}, None)["token"]
    assert guest({}, "198.51.100.8") == "WORK_REQUIRED", "its network has made many"
    assert guest(elsewhere, "198.51.100.8") == "WORK_REQUIRED", "another address's solution served"
    assert call(server, "CreateGuest", {}, server.operator_key, SCHOOL)["token"]
    # An IPv6 address is its /64.
    for i in range(FREE):
        assert guest({}, f"2001:db8:7:1::{i}")["token"]
    assert guest({}, SIX) == "WORK_REQUIRED"


def joins_cost_more(server, sale):
    people = [call(server, "CreateGuest", {}, None, None)["token"] for _ in range(FREE + 2)]
    join = lambda wish, token: call(server, "Join", {"saleId": sale, **wish}, token, OTHER, LINE)  # noqa: E731
    ask = lambda token: call(server, "GetChallenge", {"saleId": sale}, token, OTHER, LINE)  # noqa: E731
    for token in people[:FREE]:
        assert ask(token) == {}
        assert join({}, token)["number"]
    one, other = people[FREE:]
    assert join({}, one) == "WORK_REQUIRED"
    assert join({}, people[0])["number"] == "1", "who is in line was asked again"
    wish = solve(ask(one))
    assert join(wish, other) == "WORK_REQUIRED", "another account's solution served"
    assert join(wish, one)["number"] == str(FREE + 1)
    assert call(server, "Join", {"saleId": sale}, other, None, LINE)["number"] == str(FREE + 2), "this machine was asked"


def grows(House, usher):
    house = House(usher, "--work-after", str(FREE), "--work-cost", "10", "--trusted-proxy", "127.0.0.1/32",
                  "--address-guests", "0", "--network-guests", "0")
    try:
        guests_cost_more(house)
        joins_cost_more(house, house.sale()[0])
        house.terminate()
    finally:
        house.kill()
