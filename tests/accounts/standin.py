"""Services that do things their own way, as far as signing in goes: Kakao, Apple and Naver, in one process of the test. What they
check of us they check: PKCE, the secret where they want it, the address of the way back. What they say can be damaged."""
import base64
import hashlib
import http.server
import json
import threading
import time
import urllib.parse

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

SECRETS = {"kakao": "kakao's secret", "naver": "naver's secret"}
APPLE = {"team": "TEAM123456", "key": "KEY1234567", "client": "org.example.usher"}


def number(value):
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class StandIn:
    """damage: a function that changes claims and header of the next ID tokens; None: they are as they should be."""

    def __init__(self):
        self.apple_key = ec.generate_private_key(ec.SECP256R1())
        self.codes = {}
        self.damage = None
        self.person = {"sub": "4242", "email": "minji@example.org", "name": "김민지"}
        self.keys = 0
        self.turn_keys()
        stand_in = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                stand_in.answer(self, {})

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
                stand_in.answer(self, dict(urllib.parse.parse_qsl(body)))

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def turn_keys(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.keys += 1

    def apple_pem(self):
        return self.apple_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                            serialization.NoEncryption()).decode()

    # ---- what is answered ----

    def answer(self, request, form):
        url = urllib.parse.urlsplit(request.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        service, _, rest = url.path.lstrip("/").partition("/")
        if rest.endswith("openid-configuration"):
            return self.say(request, self.discovery(service))
        if rest == "keys":
            return self.say(request, {"keys": [{"kty": "RSA", "kid": f"k{self.keys}", "use": "sig", "alg": "RS256",
                                                "n": number(self.key.public_key().public_numbers().n), "e": "AQAB"}]})
        if rest in ("authorize", "oauth2.0/authorize"):
            return self.authorize(request, service, query)
        if rest in ("token", "oauth2.0/token"):
            return self.say(request, *self.token(service, form))
        if rest == "v1/nid/me":
            good = request.headers.get("authorization") == "Bearer naver's access"
            return self.say(request, {"resultcode": "00", "message": "success", "response": {
                "id": self.person["sub"], "email": self.person["email"], "name": self.person["name"]}} if good else {
                    "resultcode": "024", "message": "Authentication failed"}, 200 if good else 401)
        return self.say(request, {}, 404)

    @staticmethod
    def say(request, message, status=200):
        text = json.dumps(message).encode()
        request.send_response(status)
        request.send_header("content-type", "application/json;charset=UTF-8")
        request.send_header("content-length", str(len(text)))
        request.end_headers()
        request.wfile.write(text)

    def discovery(self, service):
        base = f"{self.url}/{service}"
        return {"issuer": base, "authorization_endpoint": f"{base}/authorize", "token_endpoint": f"{base}/token",
                "jwks_uri": f"{base}/keys", "response_types_supported": ["code"],
                "token_endpoint_auth_methods_supported": ["client_secret_post"]}

    def authorize(self, request, service, query):
        assert query["response_type"] == "code", query
        if service == "naver":
            assert "code_challenge" not in query and "scope" not in query, query
        else:
            assert query["code_challenge_method"] == "S256" and "openid" in query["scope"].split(), query
        code = f"code-{len(self.codes)}"
        self.codes[code] = {**query, "person": dict(self.person)}
        sent = {"code": code, "state": query["state"]}
        if query.get("response_mode") == "form_post":
            sent["user"] = json.dumps({"name": {"firstName": "민지", "lastName": "김"}})
            return self.say(request, {"form": sent, "action": query["redirect_uri"]})
        request.send_response(302)
        request.send_header("location", query["redirect_uri"] + "?" + urllib.parse.urlencode(sent))
        request.send_header("content-length", "0")
        return request.end_headers()

    def token(self, service, form):
        asked = self.codes.pop(form.get("code"), None)  # good once
        if asked is None:
            return ({"error": "invalid_grant"}, 200 if service == "naver" else 400)
        assert form["grant_type"] == "authorization_code" and form["redirect_uri"] == asked["redirect_uri"], form
        assert form["client_id"] == asked["client_id"], form
        if service == "apple":
            claims = jwt.decode(form["client_secret"], self.apple_key.public_key(), algorithms=["ES256"],
                                audience=f"{self.url}/apple", issuer=APPLE["team"],
                                options={"require": ["exp", "iat", "sub"]})
            assert claims["sub"] == APPLE["client"] and claims["exp"] - claims["iat"] <= 15777000, claims
            assert jwt.get_unverified_header(form["client_secret"])["kid"] == APPLE["key"]
        else:
            assert form["client_secret"] == SECRETS[service], form
        if service == "naver":
            return ({"access_token": "naver's access", "token_type": "bearer", "expires_in": "3600"}, 200)
        challenge = hashlib.sha256(form["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() == asked["code_challenge"], form
        return ({"access_token": "x", "token_type": "bearer", "expires_in": 3600, "id_token": self.id_token(service, asked)},
                200)

    def id_token(self, service, asked):
        now = int(time.time())
        person = asked["person"]
        claims = {"iss": f"{self.url}/{service}", "aud": asked["client_id"], "sub": person["sub"], "iat": now,
                  "exp": now + 600, "nonce": asked["nonce"], "email": person["email"], "email_verified": "true",
                  "nickname": person["name"]}
        header = {"kid": f"k{self.keys}"}
        signed = {"key": self.key, "algorithm": "RS256"}
        if self.damage:
            self.damage(claims, header, signed)
        return jwt.encode(claims, headers=header, **signed)
