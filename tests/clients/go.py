"""Clients of Go's worlds: ghz is grpc-go with its default settings, buf curl is connect-go."""
import json
import os
import subprocess

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
CALLS = 100_000  # of one flood; grpc-go's bandwidth estimation sends a PING for many an answer


def tool(name):
    return subprocess.run([os.path.join(TOP, "scripts", "gotool"), name], check=True, capture_output=True,
                          text=True).stdout.strip()


def flood(server, method, message, token=None, calls=CALLS):
    """Many calls over four connections: how many ended with which code."""
    command = [tool("ghz"), "--insecure", "--import-paths", os.path.join(TOP, "proto"), "--proto",
               "usher/v1/ticket.proto", "--call", f"usher.v1.TicketService/{method}", "--data", json.dumps(message),
               "--total", str(calls), "--concurrency", "100", "--connections", "4", "--format", "json", "--timeout", "20s"]
    if token:
        command += ["--metadata", json.dumps({"authorization": "Bearer " + token})]
    done = subprocess.run([*command, server.address], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-600:]
    return json.loads(done.stdout)["statusCodeDistribution"]


def curl(server, protocol, method, message, token=None, service="usher.v1.TicketService"):
    """One call by connect-go; its answer. A stream gives the list of its messages."""
    command = [tool("buf"), "curl", "--schema", os.path.join(TOP, "proto"), "--protocol", protocol, "--data",
               json.dumps(message)]
    if protocol != "connect":
        command.append("--http2-prior-knowledge")
    if token:
        command += ["--header", "authorization: Bearer " + token]
    done = subprocess.run([*command, f"http://{server.address}/{service}/{method}"], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, done.stderr[-600:] + done.stdout[-200:]
    return json.loads(done.stdout) if done.stdout.strip() else {}


def grpc_go(report, server):
    guest = server.ask("CreateGuest", {}, service="usher.v1.AuthService")

    def reads():
        assert flood(server, "GetPerformance", {"performance_id": 1}) == {"OK": CALLS}

    def buys():
        """One hold is made; every further call with its key gets the same answer, durably."""
        message = {"performance_id": 1, "party": 2, "idempotency_key": "flood"}
        assert flood(server, "HoldBest", message, guest["token"], CALLS // 10) == {"OK": CALLS // 10}
        counts = server.ask("GetPerformance", {"performanceId": 1})["counts"]
        assert counts.get("held") == 2, counts

    report.check("100000-reads-all-answered", reads)
    report.check("10000-holds-with-one-key", buys)


def connect_go(report, server):
    for protocol in ("connect", "grpc"):
        def buys(protocol=protocol):
            guest = curl(server, protocol, "CreateGuest", {}, service="usher.v1.AuthService")
            hold = curl(server, protocol, "HoldBest", {"performance_id": 1, "party": 2}, guest["token"])
            order = curl(server, protocol, "PlaceOrder", {"performance_id": 1, "hold_id": hold["holdId"],
                                                          "payment_method": "PAYMENT_METHOD_BOX_OFFICE"}, guest["token"])
            assert order["state"] == "ORDER_STATE_CONFIRMED" and len(order["tickets"]) == 2, order
            listed = curl(server, protocol, "ListOrders", {}, guest["token"])
            assert [o["orderId"] for o in listed["orders"]] == [order["orderId"]], listed

        report.check(f"buys-over-{protocol}", buys)
