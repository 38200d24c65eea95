"""Cases about the lines of sales: two processes, one of which keeps them."""
import threading
import time

from house import LEASE_SECONDS
from server import wait_until

ROOM = "usher.v1.WaitroomService"
SLACK = 2.0


def room(process, method, message, token=None, timeout=5):
    return process.ask(method, message, token=token, service=ROOM, timeout=timeout)


def make_sale(house):
    """A sale over a performance of its own, known to both processes; its id."""
    first = house.processes[0]
    event = first.ask("ListEvents", {})["events"][0]
    performance = event["performances"][0]
    night = first.ask("CreatePerformance", {
        "eventId": event["eventId"], "hallId": performance["hall"]["hallId"], "prices": performance["prices"],
        "startsAtMs": performance["startsAtMs"]}, token=first.operator_key)
    sale = room(house.processes[1], "CreateSale", {
        "name": "Night", "performanceIds": [night["performanceId"]], "guests": True, "capacityMin": 2, "capacityMax": 2},
        house.processes[1].operator_key)
    for process in house.processes:
        wait_until(lambda at=process: room(at, "GetSale", {"saleId": sale["saleId"]}).get("status", {}).get("state")
                   == "LINE_STATE_OPEN", "the sale is open, seen from every process")
    return sale["saleId"]


def keeps(process):
    """Whether the process said last that the lines are kept there."""
    said = [line for line in process.log().splitlines() if '"line.lease"' in line]
    return bool(said) and '"usher.lines":"here"' in said[-1]


def keeper(house):
    wait_until(lambda: sum(map(keeps, house.processes)) == 1, "one process keeps the lines")
    first, second = house.processes[:2]
    return (first, second) if keeps(first) else (second, first)


class Crowd:
    """People who join through one process, one after the other, and ask again until they are told."""

    def __init__(self, house, sale, process, people=60):
        self.numbers, self.tokens = {}, [house.guest(process) for _ in range(people)]
        self.sale, self.process = sale, process
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        for token in self.tokens:
            until = time.monotonic() + 30
            while token not in self.numbers and time.monotonic() < until:
                try:
                    answer = room(self.process, "Join", {"saleId": self.sale}, token)
                except OSError:
                    answer = {}
                if "number" in answer:
                    self.numbers[token] = int(answer["number"])
                else:
                    time.sleep(0.02)

    def verdict(self):
        """All were told; nobody has another's number; and each has the same when he asks again."""
        self.thread.join()
        assert len(self.numbers) == len(self.tokens), f"{len(self.tokens) - len(self.numbers)} were not told a number"
        assert len(set(self.numbers.values())) == len(self.numbers), "a number was given twice"
        for token, number in self.numbers.items():
            again = wait_until(lambda t=token: room(self.process, "Join", {"saleId": self.sale}, t).get("number"), "asked again")
            assert int(again) == number, f"{number} became {again}"


def told_numbers_stand(house):
    """One line through two processes: whoever is asked, the number is the same, and no other has it."""
    sale = make_sale(house)
    first, second = keeper(house)
    there, here = Crowd(house, sale, first), Crowd(house, sale, second)
    here.verdict()
    there.verdict()
    everybody = list(here.numbers.values()) + list(there.numbers.values())
    assert sorted(everybody) == list(range(1, len(everybody) + 1)), "numbers have gaps, or were given twice"
    for token, number in list(here.numbers.items())[:5]:
        assert int(room(first, "GetPlace", {"saleId": sale}, token)["number"]) == number
    # A pass that one process gives is checked by the other.
    token = min(here.numbers, key=here.numbers.get) if min(here.numbers.values()) < min(there.numbers.values()) \
        else min(there.numbers, key=there.numbers.get)
    assert "pass" in room(second, "Enter", {"saleId": sale}, token)
    return sale, here, there


def line_keeper_killed(house):
    """The process that keeps the lines is killed while people join through the other."""
    sale = make_sale(house)
    first, second = keeper(house)
    crowd = Crowd(house, sale, second)
    wait_until(lambda: len(crowd.numbers) > 10, "some have joined")
    before = max(crowd.numbers.values())
    first.process.kill()
    began = time.monotonic()
    wait_until(lambda: keeps(second), "the other keeps the lines")
    seconds = time.monotonic() - began
    assert seconds < LEASE_SECONDS + SLACK, f"nobody kept the lines for {seconds:.1f} s"
    crowd.verdict()
    assert max(crowd.numbers.values()) > before


def line_keeper_drained(house):
    sale = make_sale(house)
    first, second = keeper(house)
    crowd = Crowd(house, sale, second)
    wait_until(lambda: len(crowd.numbers) > 10, "some have joined")
    first.process.terminate()
    crowd.verdict()
    assert first.process.wait(timeout=30) == 0


def lines_without_redis(house):
    """Redis forgets everything: numbers go on above the highest that was told, for they come from the ledger."""
    sale = make_sale(house)
    first, second = keeper(house)
    before = Crowd(house, sale, second, 12)
    before.verdict()
    house.ground.redis.command("FLUSHALL")
    after = Crowd(house, sale, first, 12)
    after.verdict()
    assert min(after.numbers.values()) > max(before.numbers.values())
    before.verdict()


CASES = [told_numbers_stand, line_keeper_killed, line_keeper_drained, lines_without_redis]
