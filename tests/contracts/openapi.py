#!/usr/bin/env python3
"""The OpenAPI description is valid, the same in docs/ and in the binary, and true of a running server."""
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request

import openapi_spec_validator
from jsonschema import Draft202012Validator

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE)]

from server import Report, Server, binaries  # noqa: E402

USHER = dict(binaries())["gcc"]
PAGE = os.path.join(HERE, "..", "..", "docs", "api", "openapi.json")


def description():
    done = subprocess.run([USHER, "proto", "--openapi", "-"], capture_output=True, check=True)
    return json.loads(done.stdout)


def is_valid():
    openapi_spec_validator.validate(description())


def a_broken_one_is_refused():
    broken = description()
    del broken["info"]["version"]
    try:
        openapi_spec_validator.validate(broken)
    except Exception:  # whatever the validator calls it
        return
    raise AssertionError("a description without a version is taken")


def docs_have_the_same():
    with open(PAGE, encoding="utf-8") as file:
        assert json.load(file) == description(), "docs/api/openapi.json is not what usher proto --openapi prints"


def ask(server, path, message, token=None):
    """(status, answer)"""
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = "Bearer " + token
    request = urllib.request.Request(f"http://{server.address}{path}", json.dumps(message).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def streams(operation):
    return "application/connect+json" in operation["requestBody"]["content"]


class Told:
    """Answers, held against what is told of them."""

    def __init__(self, server):
        self.server = server
        self.told = description()

    def fits(self, name, message):
        """Every field is one of those that are told, and of its type."""
        schemas = self.told["components"]["schemas"]
        closed = {key: {**schema, "additionalProperties": False} if schema["type"] == "object" else schema
                  for key, schema in schemas.items()}
        root = {"$ref": "#/components/schemas/" + name, "components": {"schemas": closed}}
        errors = [error.message for error in Draft202012Validator(root).iter_errors(message)]
        assert not errors, f"{name}: {errors[0]}: {json.dumps(message)[:300]}"

    def call(self, path, message, token=None):
        operation = self.told["paths"][path]["post"]
        status, answer = ask(self.server, path, message, token)
        assert status == 200, (path, status, answer)
        self.fits(operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1], answer)
        return answer

    def answers_are_as_told(self):
        ticket, auth = "/usher.v1.TicketService/", "/usher.v1.AuthService/"
        token = self.call(auth + "CreateGuest", {})["token"]
        event = self.call(ticket + "ListEvents", {})["events"][0]
        number = event["performances"][0]["performanceId"]
        hall = self.call(ticket + "GetPerformance", {"performanceId": number})["hall"]
        self.call(ticket + "GetSeatMap", {"layoutHash": hall["layoutHash"]})
        hold = self.call(ticket + "HoldBest", {"performanceId": number, "party": 2}, token)
        order = self.call(ticket + "PlaceOrder", {"performanceId": number, "holdId": hold["holdId"],
                                                  "paymentMethod": "PAYMENT_METHOD_BOX_OFFICE"}, token)
        self.call(ticket + "ListOrders", {}, token)
        self.call("/usher.v1.DoorService/GetTicketCodes", {"orderId": order["orderId"]}, token)
        self.call(ticket + "CancelOrder", {"orderId": order["orderId"]}, token)
        self.call(ticket + "GetSaleReport", {"performanceId": number}, self.server.operator_key)
        self.call("/usher.v1.InstallationService/GetStatus", {}, self.server.operator_key)

    def errors_are_as_told(self):
        status, answer = ask(self.server, "/usher.v1.TicketService/GetPerformance", {"performanceId": 99})
        assert status == 404, (status, answer)
        self.fits("Error", answer)

    def who_may_call_is_as_told(self):
        """Without a token exactly what is for anyone is answered, or refused for another reason."""
        wrong = []
        for path, methods in self.told["paths"].items():
            if streams(methods["post"]):
                continue
            status, answer = ask(self.server, path, {})
            is_open = methods["post"]["security"] == [{}]
            if (status == 401 and answer.get("message", "").startswith(NEEDS)) == is_open:
                wrong.append((path, methods["post"]["security"], status, answer))
        assert not wrong, wrong


NEEDS = "this needs a valid token"


def main():
    report = Report("contracts/openapi")
    report.check("is-valid", is_valid)
    report.check("a-broken-one-is-refused", a_broken_one_is_refused)
    report.check("docs-have-the-same", docs_have_the_same)
    server = Server(USHER)
    try:
        told = Told(server)
        report.check("answers-are-as-told", told.answers_are_as_told)
        report.check("errors-are-as-told", told.errors_are_as_told)
        report.check("who-may-call-is-as-told", told.who_may_call_is_as_told)
    finally:
        server.kill()
    return 1 if report.failed else 0


sys.exit(main())
