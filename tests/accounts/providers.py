"""Signing in with the account of another service: npm's oidc-provider, which others wrote and certified, and a stand-in with the
quirks of Kakao, Apple and Naver."""
import http.client
import json
import os
import re
import subprocess
import sys
import urllib.parse

from cryptography.hazmat.primitives.asymmetric import rsa
from keycloak import SECRET as keycloak_secret
from keycloak import Keycloak
from server import Server, wait_until
from standin import APPLE, SECRETS, StandIn

HERE = os.path.dirname(os.path.abspath(__file__))
SITE = "https://usher.example"
COMPANY_SECRET = "a secret: with 100 % of what must be coded/+"


class Idp:
    """oidc-provider, and a browser that signs in there as whom it likes."""

    def __init__(self):
        folder = os.path.join(HERE, "idp")
        if not os.path.exists(os.path.join(folder, "node_modules", "oidc-provider")):
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder, check=True,
                           stdout=sys.stderr)
        self.process = subprocess.Popen(["node", os.path.join(folder, "idp.mjs")], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.issuer = self.process.stdout.readline().strip()
        assert self.issuer.startswith("http://127.0.0.1:"), self.issuer

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=20)

    def visit(self, url, person):
        """Follows the pages from the beginning of a sign-in to where they leave for our site; what came back."""
        jar, form = {}, None
        for _ in range(20):
            at = urllib.parse.urlsplit(url)
            if not url.startswith(self.issuer):
                return dict(urllib.parse.parse_qsl(at.query))
            connection = http.client.HTTPConnection(at.netloc, timeout=20)
            headers = {"cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
            if form is not None:
                headers["content-type"] = "application/x-www-form-urlencoded"
            connection.request("POST" if form is not None else "GET", at.path + ("?" + at.query if at.query else ""),
                               form, headers)
            answer = connection.getresponse()
            page = answer.read().decode()
            for said in answer.headers.get_all("set-cookie") or []:
                name, _, value = said.split(";")[0].partition("=")
                jar[name] = value
            connection.close()
            form = None
            if answer.status in (302, 303):
                url = urllib.parse.urljoin(url, answer.headers["location"])
                continue
            assert answer.status == 200, (answer.status, page)
            prompt = re.search(r'name="prompt" value="(\w+)"', page).group(1)
            url = urllib.parse.urljoin(url, re.search(r'action="([^"]+)"', page).group(1))
            form = urllib.parse.urlencode({"prompt": prompt, "login": person, "password": "x"})
        raise AssertionError("more pages than a sign-in has")


def secret_file(folder, name, text):
    path = os.path.join(folder, name)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        file.write(text + "\n")
    return path


def options(folder, idp, stand_in):
    """The services as an operator names them."""
    services = [
        f"company={idp.issuer},usher-tickets,{secret_file(folder, 'company', COMPANY_SECRET)}",
        f"kakao={stand_in.url}/kakao,kakao-rest-key,{secret_file(folder, 'kakao', SECRETS['kakao'])}",
        f"naver={stand_in.url}/naver,naver-client,{secret_file(folder, 'naver', SECRETS['naver'])}",
        f"apple={stand_in.url}/apple,{APPLE['client']},"
        + secret_file(folder, "apple", f"{APPLE['key']} {APPLE['team']}\n{stand_in.apple_pem()}"),
    ]
    return ["--public-url", SITE, *[word for service in services for word in ("--oidc", service)]]


def begin(world, provider, token=None, **more):
    return world.ask("BeginProvider", {"provider": provider, **more}, token)


def finish_wish(provider, begun, back, **more):
    return {"provider": provider, "state": back["state"], "code": back["code"], "issuer": back.get("iss", ""),
            "browserProof": begun["browserProof"], **more}


def go_there(world, begun):
    """What a stand-in sends back with: (where to, what)."""
    at = urllib.parse.urlsplit(begun["url"])
    connection = http.client.HTTPConnection(at.netloc, timeout=20)
    connection.request("GET", f"{at.path}?{at.query}")
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status == 302:
        back = urllib.parse.urlsplit(answer.headers["location"])
        return f"{back.scheme}://{back.netloc}{back.path}", dict(urllib.parse.parse_qsl(back.query))
    said = json.loads(body)
    return said["action"], said["form"]


def sign_in(world, provider, token=None, **more):
    begun = begin(world, provider)
    where, back = go_there(world, begun)
    assert where == f"{SITE}/sign-in/return/{provider}", where
    return world.ask("FinishProvider", finish_wish(provider, begun, back, **more), token)


def register(world, proven, email, token=None, **more):
    """The form behind a sign-in that is not known here, and the code of the mail."""
    before = world.mailed_code(email)
    begun = world.ask("CreateAccount", {"email": email, "name": "Kim", "terms": True, "proven": proven}, token)
    code = wait_until(lambda: (lambda now: now if now != before else None)(world.mailed_code(email)), "the mail")
    return world.ask("VerifyEmail", {"email": email, "code": code, "requestId": begun["requestId"], **more})


# ---- checks ----

def a_stranger_signs_in(world):
    assert world.ask("ListSignInProviders", {})["providers"] == ["company", "kakao", "naver", "apple"]
    begun = begin(world, "company")
    back = world.idp.visit(begun["url"], "hana")
    first = world.ask("FinishProvider", finish_wish("company", begun, back))
    assert "session" not in first and first["email"] == "hana@example.org", first
    assert first["name"] == "hana of the company", first
    session = register(world, first["proven"], first["email"])
    who = world.ask("GetAccount", {}, session["accessToken"])
    assert who["email"] == "hana@example.org" and "hasPassword" not in who, who
    assert [row["provider"] for row in who["providers"]] == ["company"], who
    begun = begin(world, "company")
    back = world.idp.visit(begun["url"], "hana")
    again = world.ask("FinishProvider", finish_wish("company", begun, back, device="a phone"))
    assert again["session"]["account"]["accountId"] == who["accountId"], again
    sessions = world.ask("ListSessions", {}, again["session"]["accessToken"])["sessions"]
    assert sessions[0]["provider"] == "company" and sessions[0]["device"] == "a phone", sessions
    # A code is good once, there and so here.
    world.refused("FinishProvider", finish_wish("company", begun, back), "PROVIDER_REFUSED")


def a_sign_in_belongs_to_its_browser(world):
    begun, other = begin(world, "company"), begin(world, "company")
    back = world.idp.visit(begun["url"], "attacker")
    wish = finish_wish("company", begun, back)
    for change in ({"browserProof": other["browserProof"]}, {"browserProof": ""}, {"state": ""}, {"code": ""},
                   {"state": wish["state"][:-2] + "xx"}, {"state": urllib.parse.parse_qs(
                       urllib.parse.urlsplit(other["url"]).query)["state"][0]},
                   {"issuer": "https://evil.example"}, {"provider": "kakao"}):
        world.refused("FinishProvider", {**wish, **change}, "PROVIDER_REFUSED")
    world.refused("FinishProvider", {**wish, "provider": "nobody"}, "NOT_FOUND")
    assert world.ask("FinishProvider", wish)["proven"]


def an_address_connects_nobody(world):
    """The service says minji@example.org, verified: that alone gives nothing of the account that has it."""
    victim = world.open_account("minji@example.org")
    first = sign_in(world, "kakao")
    assert "session" not in first and first["email"] == "minji@example.org" and first["name"] == "김민지", first
    begun = world.ask("CreateAccount", {"email": "minji@example.org", "name": "x", "terms": True, "proven": first["proven"]})
    code = wait_until(lambda: world.mailed_code("minji@example.org"), "the mail")
    world.refused("VerifyEmail", {"email": "minji@example.org", "code": "%08d" % ((int(code) + 1) % 10**8),
                                  "requestId": begun["requestId"]}, "CODE_REFUSED")
    assert "session" not in sign_in(world, "kakao")
    # The owner, who reads the mail, is connected by its code.
    session = world.ask("VerifyEmail", {"email": "minji@example.org", "code": code, "requestId": begun["requestId"]})
    assert session["account"]["accountId"] == victim["account"]["accountId"]
    again = sign_in(world, "kakao")
    assert again["session"]["account"]["accountId"] == victim["account"]["accountId"], again
    # Another subject with the same address is somebody else.
    world.stand_in.person["sub"] = "666"
    assert "session" not in sign_in(world, "kakao")
    world.stand_in.person["sub"] = "4242"


def a_guest_goes_on(world):
    world.stand_in.person = {"sub": "guest-1", "email": "", "name": ""}
    guest = world.ask("CreateGuest", {})
    first = sign_in(world, "kakao")
    assert "email" not in first, first
    session = register(world, first["proven"], "by.hand@example.org", guest["token"])
    assert session["account"]["accountId"] == guest["accountId"]
    world.refused("GetAccount", {}, "unauthenticated", guest["token"])


def an_account_connects_a_service(world):
    world.stand_in.person = {"sub": "linked-1", "email": "other@example.net", "name": "Lee"}
    session = world.open_account("link@example.org")
    token = session["accessToken"]
    world.refused("BeginProvider", {"provider": "naver", "link": True}, "SESSION_ENDED")
    world.refused("BeginProvider", {"provider": "naver", "link": True, "password": "not this one"}, "LOGIN_FAILED", token)
    begun = begin(world, "naver", token, link=True, password=world.password)
    _, back = go_there(world, begun)
    wish = finish_wish("naver", begun, back)
    other = world.open_account("not.link@example.org")
    world.refused("FinishProvider", wish, "PROVIDER_REFUSED", other["accessToken"])
    begun = begin(world, "naver", token, link=True, password=world.password)
    _, back = go_there(world, begun)
    assert world.ask("FinishProvider", finish_wish("naver", begun, back), token)["linked"]
    assert sign_in(world, "naver")["session"]["account"]["accountId"] == session["account"]["accountId"]
    # What is connected here is not connected there as well.
    begun = begin(world, "naver", other["accessToken"], link=True, password=world.password)
    _, back = go_there(world, begun)
    world.refused("FinishProvider", finish_wish("naver", begun, back), "PROVIDER_TAKEN", other["accessToken"])
    data = world.export(token)
    assert [row["subject"] for row in data["providers"]] == ["linked-1"], data
    world.ask("UnlinkProvider", {"provider": "naver", "password": world.password}, token)
    assert "session" not in sign_in(world, "naver")


def naver_is_no_openid_connect(world):
    world.stand_in.person = {"sub": "n" * 64, "email": "naver@example.org", "name": "박서준"}
    first = sign_in(world, "naver")
    assert first["email"] == "naver@example.org" and first["name"] == "박서준", first
    register(world, first["proven"], "naver@example.org")
    assert sign_in(world, "naver")["session"]["account"]["email"] == "naver@example.org"
    begun = begin(world, "naver")  # an error with the status 200
    world.refused("FinishProvider", finish_wish("naver", begun, {
        "state": urllib.parse.parse_qs(urllib.parse.urlsplit(begun["url"]).query)["state"][0], "code": "gone"}),
        "PROVIDER_REFUSED")


def apple_sends_a_form(world):
    world.stand_in.person = {"sub": "001.apple", "email": "x7@privaterelay.appleid.com", "name": ""}
    begun = begin(world, "apple")
    where, form = go_there(world, begun)
    assert where == f"{SITE}/oidc/form/apple", where
    connection = http.client.HTTPConnection(world.server.address, timeout=20)
    connection.request("POST", "/oidc/form/apple", urllib.parse.urlencode(form),
                       {"content-type": "application/x-www-form-urlencoded", "origin": "https://appleid.apple.com",
                        "sec-fetch-site": "cross-site"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 303, answer.status
    path, _, behind = answer.headers["location"].partition("#")
    assert path == "/sign-in/return/apple", path
    back = dict(urllib.parse.parse_qsl(behind))
    assert json.loads(back["user"])["name"]["lastName"] == "김", back
    first = world.ask("FinishProvider", finish_wish("apple", begun, back, name="김민지"))
    assert first["email"] == "x7@privaterelay.appleid.com" and first["name"] == "김민지", first
    for path in ("/oidc/form/nobody", "/oidc/form/"):
        connection = http.client.HTTPConnection(world.server.address, timeout=20)
        connection.request("POST", path, "code=1", {"content-type": "application/x-www-form-urlencoded"})
        assert connection.getresponse().status == 404
        connection.close()


def a_damaged_id_token_is_none(world):
    world.stand_in.person = {"sub": "damaged", "email": "damaged@example.org", "name": "D"}
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def with_claims(**changes):
        return lambda claims, header, signed: claims.update(changes)

    damages = {
        "another issuer": with_claims(iss="https://evil.example"), "another client": with_claims(aud="another"),
        "several, for another": lambda c, h, s: c.update(aud=[c["aud"], "x"], azp="x"), "an old nonce": with_claims(nonce="x"),
        "no nonce": lambda c, h, s: c.pop("nonce"), "ended": with_claims(exp=1), "no end": lambda c, h, s: c.pop("exp"),
        "of tomorrow": with_claims(iat=4000000000), "nobody": with_claims(sub=""),
        "another key": lambda c, h, s: s.update(key=stranger),
        "unsigned": lambda c, h, s: s.update(key=None, algorithm="none"),
        "a shared secret": lambda c, h, s: s.update(key=SECRETS["kakao"], algorithm="HS256"),
        "RS512": lambda c, h, s: s.update(algorithm="RS512"), "an access token": lambda c, h, s: h.update(typ="at+jwt"),
        "an unknown key": lambda c, h, s: h.update(kid="k0"),
    }
    for name, damage in damages.items():
        world.stand_in.damage = damage
        begun = begin(world, "kakao")
        _, back = go_there(world, begun)
        status, body, _ = world.call("FinishProvider", finish_wish("kakao", begun, back))
        assert status == 401 and body["details"][0]["debug"]["reason"] == "PROVIDER_REFUSED", (name, body)
    world.stand_in.damage = None
    assert sign_in(world, "kakao")["proven"]


def a_service_turns_its_keys(world):
    world.stand_in.turn_keys()

    def signed_in():
        begun = begin(world, "kakao")
        _, back = go_there(world, begun)
        return world.call("FinishProvider", finish_wish("kakao", begun, back))[0] == 200
    wait_until(signed_in, "the new key is read")  # at most one reading in 5 s


def a_second_factor_is_asked_for_too(world):
    world.stand_in.person = {"sub": "strong", "email": "strong@example.org", "name": "S"}
    session = world.open_account("strong@example.org")
    totp = world.set_factor(session["accessToken"])
    first = sign_in(world, "kakao")
    begun = world.ask("CreateAccount", {"email": "strong@example.org", "name": "S", "terms": True, "proven": first["proven"]})
    code = wait_until(lambda: world.mailed_code("strong@example.org"), "the mail")
    wish = {"email": "strong@example.org", "code": code, "requestId": begun["requestId"]}
    world.refused("VerifyEmail", wish, "SECOND_FACTOR_NEEDED")
    world.refused("VerifyEmail", {**wish, "secondFactor": "000000"}, "CODE_REFUSED")
    assert world.ask("VerifyEmail", {**wish, "secondFactor": totp()})["accessToken"]
    first = sign_in(world, "kakao")
    assert first["secondFactorNeeded"] and "session" not in first, first
    world.refused("FinishProvider", {"proven": first["proven"], "secondFactor": "000000"}, "CODE_REFUSED")
    assert world.ask("FinishProvider", {"proven": first["proven"], "secondFactor": totp()})["session"]["accessToken"]


def a_forgotten_password_goes_round_no_second_factor(world):
    totp = world.set_factor(world.open_account("forgetful@example.org")["accessToken"])
    reset = world.ask("RequestPasswordReset", {"email": "forgetful@example.org"})
    code = wait_until(lambda: world.mailed_code("forgetful@example.org"), "the mail")
    wish = {"email": "forgetful@example.org", "code": code, "requestId": reset["requestId"], "password": "another long password"}
    world.refused("ResetPassword", wish, "SECOND_FACTOR_NEEDED")
    world.refused("ResetPassword", {**wish, "secondFactor": "000000"}, "CODE_REFUSED")
    assert world.ask("ResetPassword", {**wish, "secondFactor": totp()})["accessToken"]


def without_a_password_the_sign_in_is_fresh(world):
    world.stand_in.person = {"sub": "bare", "email": "bare@example.org", "name": "B"}
    session = register(world, sign_in(world, "kakao")["proven"], "bare@example.org")
    world.refused("LogIn", {"email": "bare@example.org", "password": ""}, "LOGIN_FAILED")
    world.ask("DeleteAccount", {}, session["accessToken"])
    assert "session" not in sign_in(world, "kakao")


def a_service_that_is_gone_says_so(world):
    world.idp.close()
    status, body, _ = world.call("BeginProvider", {"provider": "company"})  # what it published is remembered
    assert status == 200, body
    state = urllib.parse.parse_qs(urllib.parse.urlsplit(body["url"]).query)["state"][0]
    world.refused("FinishProvider", finish_wish("company", body, {"state": state, "code": "x"}), "PROVIDER_UNAVAILABLE")


def keycloak_signs_in(world):
    """With USHER_SOAK alone: a Java server of half a gigabyte takes minutes to start."""
    with Keycloak() as keycloak:
        keycloak.fill(f"{SITE}/sign-in/return/company", "ES256")
        secret = secret_file(world.folder, "keycloak", keycloak_secret)
        server = Server(world.usher, "--public-url", SITE, "--oidc", f"company={keycloak.issuer},usher,{secret}",
                        demo=False, whole=False)
        old, world.server = world.server, server
        try:
            begun = begin(world, "company")
            first = world.ask("FinishProvider", finish_wish("company", begun, keycloak.visit(begun["url"])))
            assert first["email"] == "mina@example.org" and first["name"] == "Mina Han", first
            session = register(world, first["proven"], first["email"])
            begun = begin(world, "company")
            again = world.ask("FinishProvider", finish_wish("company", begun, keycloak.visit(begun["url"])))
            assert again["session"]["account"]["accountId"] == session["account"]["accountId"], again
        finally:
            world.server = old
            server.kill()


CHECKS = [a_stranger_signs_in, a_sign_in_belongs_to_its_browser, an_address_connects_nobody, a_guest_goes_on,
          an_account_connects_a_service, naver_is_no_openid_connect, apple_sends_a_form, a_damaged_id_token_is_none,
          a_service_turns_its_keys, a_second_factor_is_asked_for_too,
          a_forgotten_password_goes_round_no_second_factor, without_a_password_the_sign_in_is_fresh,
          a_service_that_is_gone_says_so, *([keycloak_signs_in] if os.environ.get("USHER_SOAK") else [])]
