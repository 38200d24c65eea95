"""A damaged row of one ledger: the board says so of that performance and since when, and the sale events of others are read
all the same."""
import base64
import json
import os
import sqlite3
import subprocess
import time
from contextlib import closing

from server import Server, wait_until

MONITOR = "usher.v1.MonitorService"


class Damaged(Server):
    """Never ready: the performance does not load."""

    def is_ready(self):
        return True


def damage(data):
    with closing(sqlite3.connect(os.path.join(data, "usher.db"))) as db, db:
        assert db.execute("UPDATE ledger SET body = ? WHERE performance_id = 1 AND seq = 3", (b"\x01\x02\x03",)).rowcount == 1
    for name in os.listdir(data):
        if name.startswith("monitor.db"):
            os.unlink(os.path.join(data, name))


def sell(server, usher, performance):
    done = subprocess.run([usher, "stampede", "--url", f"http://{server.address}", "--users", "20", "--within", "1s", "--seats",
                           "random", "--performance", str(performance)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-800:] + done.stderr[-400:]
    return int(server.ask("GetPerformance", {"performanceId": performance})["version"])


def one_damaged_ledger(usher):
    server, after = Server(usher), None
    try:
        subprocess.run([usher, "event", "create", "--name", "Another", "--hall", "1", "--prices", "1000", "--open", "--url",
                        f"http://{server.address}", "--data", server.data], capture_output=True, check=True, timeout=60)
        sell(server, usher, 1)
        changes = sell(server, usher, 2)
        server.die()
        damage(server.data)
        began_ms = int(time.time() * 1000)
        after = Damaged(usher, data=server.data, demo=False, whole=False)

        def events():
            found = after.ask("SearchRecords", {"text": "usher.sale", "stream": "RECORD_STREAM_EVENTS", "pageSize": 500}, MONITOR,
                              after.operator_key)
            told = [json.loads(base64.b64decode(one["json"])) for one in found.get("records", [])]
            return {one["usher.version"] for one in told if one["usher.performance"] == 2}

        def claims():
            told = after.ask("GetBoard", {}, MONITOR, after.operator_key).get("claims", [])
            return {(one["performanceId"], one["kind"][len("BOARD_CLAIM_KIND_"):]): one for one in told if "performanceId" in one}

        wait_until(lambda: events() == set(range(1, changes + 1)), "every sale event of the other performance")
        wait_until(lambda: claims().get((1, "LEDGER"), {"holds": True}).get("holds", False) is False, "the claim to be false")
        told = claims()
        assert "row 3" in told[1, "LEDGER"]["found"], told
        assert began_ms <= int(told[1, "LEDGER"]["sinceMs"]) <= int(time.time() * 1000), told
        assert told[2, "LEDGER"]["holds"] and told[2, "ONE_CLAIM"]["holds"], told
        wait_until(lambda: "ledger/1" in after.log(), "which ledger it is")
    finally:
        for one in (server, after):
            if one:
                one.kill()
