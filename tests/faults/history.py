"""Histories of calls and answers, checked for linearizability per seat: is there an order of all calls, each somewhere between
its question and its answer, in which a seat alone would have given the same answers? (Herlihy and Wing, 1990; the search is Wing and
Gong's with remembered states, as in Lowe, "Testing for linearizability", 2017.)
"""
import threading
import time

from house import Outage
from server import wait_until

FREE = ("free",)
NEVER = float("inf")


class Op:
    """One call. answer None: nobody knows; it may have been done at any time after it was asked, or never."""

    def __init__(self, who, what, asked, answered, answer, until=NEVER):
        """until: if it was done at all, then before this."""
        self.who, self.what, self.answer, self.until = who, what, answer, until
        self.asked, self.answered = asked, NEVER if answer is None else answered

    def __repr__(self):
        return f"{self.who} {self.what} -> {self.answer} [{self.asked:.4f}, {self.answered:.4f}]"


def step(state, op):
    """The states in which a seat may be after the call, had it come now."""
    mine = state == ("held", op.who)
    if op.what == "hold":
        done = [("held", op.who)] if state == FREE else []
        refused = [state] if state != FREE else []
    else:  # release, order: of a hold that the caller has been given
        done = [FREE if op.what == "release" else ("sold", op.who)] if mine else []
        refused = [state] if not mine else []
    return {"done": done, "refused": refused, None: done + [state]}[op.answer]


def with_ghosts(ops, killed, dead, until=None):
    """And what may have died with an owner: a hold that it had decided, and not yet written, when it was killed, between these two
    times. Others were refused for it, which is no harm (in doubt, refuse); who asked for it was not answered then, and asked again. It
    may not be granted, and is gone with its owner: whoever asks after that is refused for something else, or wrongly."""
    ghosts = [op for op in ops if op.what == "hold" and op.asked < dead and op.answered > killed]
    return ops + [Op(f"{op.who} ghost", what, op.asked, NEVER, None, until or dead) for op in ghosts for what in ("hold", "release")]


def is_linearizable(ops):
    """Whether one seat can have answered so."""
    ops = sorted(ops, key=lambda op: op.asked)
    seen, todo = set(), [(0, FREE)]
    sure = sum(1 << i for i, op in enumerate(ops) if op.answer is not None)
    ends = {op.who: op.until for op in ops}  # of what they hold; of all but ghosts never
    while todo:
        done, state = todo.pop()
        if done & sure == sure:
            return True
        # What was answered first, of those not yet placed, must not come after what was asked later.
        horizon = min(op.answered for i, op in enumerate(ops) if not done >> i & 1)
        latest = max((op.asked for i, op in enumerate(ops) if done >> i & 1), default=0)
        end = ends[state[1]] if state[0] == "held" else NEVER
        for i, op in enumerate(ops):
            if op.asked > horizon:
                break
            if done >> i & 1 or latest > op.until or op.asked > end:
                continue
            for after in step(state, op):
                key = (done | 1 << i, after)
                if key not in seen:
                    seen.add(key)
                    todo.append(key)
    return False


def checker_finds_faults():
    """The checker itself, before it is believed: what it must accept, and what it must not."""
    def history(*rows):
        return [Op(*row) for row in rows]
    fine = [
        history(("a", "hold", 0, 1, "done"), ("b", "hold", 0.5, 2, "refused"), ("a", "release", 3, 4, "done"), ("b", "hold", 3.5, 5, "done")),
        history(("a", "hold", 0, 9, "done"), ("b", "hold", 1, 2, "done"), ("b", "release", 3, 4, "done")),
        history(("a", "hold", 0, 1, None), ("b", "hold", 5, 6, "refused")),
        history(("a", "hold", 0, 1, None), ("b", "hold", 5, 6, "done")),
        history(("a", "hold", 0, 1, "done"), ("a", "order", 2, 3, None), ("b", "hold", 4, 5, "refused")),
    ]
    wrong = [
        history(("a", "hold", 0, 1, "done"), ("b", "hold", 2, 3, "done")),  # held twice
        history(("a", "hold", 0, 1, "done"), ("a", "order", 2, 3, "done"), ("b", "hold", 4, 5, "done")),  # sold, and held again
        history(("a", "hold", 0, 1, "done"), ("a", "release", 2, 3, "done"), ("b", "hold", 4, 5, "refused")),  # given back, and taken
        history(("a", "hold", 0, 1, "done"), ("a", "order", 2, 3, "refused")),  # an acknowledged hold is lost
        history(("b", "hold", 0, 1, "refused")),  # nobody has it
        history(("a", "hold", 3, 4, None), ("b", "hold", 0, 1, "refused")),  # taken by one who asked later
    ]
    for ops in fine:
        assert is_linearizable(ops), ops
    # The owner that was killed at 2 refused b for a hold of a that it had not written; the next one gave the seat to c.
    ghost = history(("a", "hold", 0, 9, "refused"), ("b", "hold", 1, 1.5, "refused"), ("c", "hold", 3, 4, "done"))
    assert not is_linearizable(ghost) and is_linearizable(with_ghosts(ghost, 2, 2)) and not is_linearizable(with_ghosts(ghost, 10, 10))
    twice = history(("a", "hold", 0, 9, "done"), ("b", "hold", 1, 1.5, "done"))
    assert not is_linearizable(with_ghosts(twice, 2, 2)), "a ghost is no claim"
    across = history(("a", "hold", 0, 9, "refused"), ("b", "hold", 1.5, 2.5, "refused"), ("c", "hold", 3, 4, "done"))
    assert is_linearizable(with_ghosts(across, 2, 2)), "the owner's last answer may arrive after it is gone"
    # A ghost that outlives its owner would explain what it must not: c is refused though nobody has the seat, at once, much later,
    # or after it was given back. A checker that lets it, the mutant, finds none of these.
    for late in (history(("a", "hold", 0, 9, "refused"), ("c", "hold", 3, 4, "refused"), ("d", "hold", 5, 6, "done")),
                 history(("a", "hold", 0, 9, "refused"), ("c", "hold", 50, 51, "refused")),
                 history(("a", "hold", 0, 9, "done"), ("a", "release", 10, 11, "done"), ("c", "hold", 12, 13, "refused"))):
        assert not is_linearizable(with_ghosts(late, 2, 2)), f"a ghost haunts after its owner is gone: {late}"
        assert is_linearizable(with_ghosts(late, 2, 2, until=NEVER)), "the mutant is none: this shows nothing"
    for ops in wrong:
        assert not is_linearizable(ops), ops


class Recorder:
    """Guests who hold, give back and order the same few seats through several processes, each call asked again with its key until
    it is answered; the time of a call is from its first question to its answer."""

    def __init__(self, house, processes, seats, people=24, seconds=5.0):
        self.house, self.processes, self.seats = house, processes, seats
        self.until = time.monotonic() + seconds
        self.lock, self.ops = threading.Lock(), {seat: [] for seat in seats}
        tokens = [house.guest(processes[i % len(processes)]) for i in range(people)]
        self.threads = [threading.Thread(target=self.act, args=(i, token)) for i, token in enumerate(tokens)]
        for thread in self.threads:
            thread.start()

    def ask(self, number, method, message, token):
        """(asked, answered, answer): the first answer that is one, or none."""
        asked, tries = time.monotonic(), 0
        while time.monotonic() < self.until + 10:
            process = self.processes[(number + tries) % len(self.processes)]
            tries += 1
            try:
                answer = process.ask(method, {"performanceId": 1, **message}, token=token, timeout=4)
                if answer.get("code") not in ("unavailable", "deadline_exceeded", "internal", "unknown"):
                    return asked, time.monotonic(), answer
            except (OSError, ValueError):
                pass
            time.sleep(0.02)
        return asked, NEVER, None

    def note(self, seat, who, what, asked, answered, answer):
        with self.lock:
            self.ops[seat].append(Op(who, what, asked, answered, answer))

    def act(self, number, token):
        turn = 0
        while time.monotonic() < self.until:
            turn += 1
            who, seat = f"{number}.{turn}", self.seats[(number * 7 + turn * 3) % len(self.seats)]
            asked, answered, answer = self.ask(number, "HoldSeats", {"seats": [seat], "idempotencyKey": who}, token)
            if answer is None:
                self.note(seat, who, "hold", asked, answered, None)
                return
            if "holdId" not in answer:
                if answer.get("code") == "aborted":
                    self.note(seat, who, "hold", asked, answered, "refused")
                    time.sleep(0.05)
                    continue
                return  # its share is used up: no word about the seat
            self.note(seat, who, "hold", asked, answered, "done")
            method, what = ("PlaceOrder", "order") if (number + turn) % 9 == 0 else ("ReleaseHold", "release")
            more = {"paymentMethod": "PAYMENT_METHOD_BOX_OFFICE"} if what == "order" else {}
            asked, answered, done = self.ask(number, method, {"holdId": answer["holdId"], **more}, token)
            # One that was asked again may find that it has been done: that it is gone is "done" then, and not known otherwise.
            self.note(seat, who, what, asked, answered, None if done is None or "code" in done else "done")

    def verdict(self, killed, dead):
        for thread in self.threads:
            thread.join()
        count = sum(map(len, self.ops.values()))
        done = sum(op.answer == "done" for ops in self.ops.values() for op in ops)
        assert count > 60 and done > 30, f"only {count} calls, {done} done"
        for seat, ops in self.ops.items():
            assert is_linearizable(with_ghosts(ops, killed, dead)), f"seat {seat}: no order of calls explains the answers: {sorted(ops, key=lambda op: op.asked)}"
        return count


def seats_are_linearizable(house):
    """Six seats, two dozen people, two processes; the owner is killed in the middle."""
    checker_finds_faults()
    owner, other = house.owner()
    outage = Outage(house, other)
    recorder = Recorder(house, [other, owner], [100, 101, 102, 103, 104, 105])
    wait_until(lambda: sum(map(len, recorder.ops.values())) > 40, "calls are answered")
    killed = time.monotonic()
    owner.process.kill()
    owner.process.wait()
    dead = time.monotonic()
    outage.measure()
    count = recorder.verdict(killed, dead)
    print(f"# {count} calls about 6 seats, in an order that each seat alone could have given", flush=True)


CASES = [seats_are_linearizable]
