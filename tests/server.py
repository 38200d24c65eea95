"""The server under test, for suites written in Python, and how they say what they found.

A Server has a port and a folder of its own and dies with the suite. Nobody sleeps: what must become so is
looked at until it is, or until `until_seconds` have passed.
"""
import http.client
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time

START_SECONDS = 60
STOP_SECONDS = 30
TROUBLE = re.compile(r"AddressSanitizer|LeakSanitizer|UndefinedBehavior|runtime error:|[Aa]ssert|\bBUG\b")


def wait_until(question, what, until_seconds=20):
    """Asks until the answer is true, and returns it."""
    until = time.monotonic() + until_seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > until:
            raise AssertionError(f"{what}: not within {until_seconds} s")
        time.sleep(0.01)


class Server:
    """`usher serve --demo` with its sale open; with other roles than all, a process that is ready."""

    def __init__(self, binary, *options, tls=False, demo=True, whole=True, data=None, listen="127.0.0.1:0",
                 environment=None, keys=None, rest="0"):
        """rest: how long freed places rest; at once, so that a test need not wait; data: the folder of a server that ended, which keeps it; environment: more of it; keys: the folder of
        operator.key, where that is another."""
        self.tls = tls
        self.folder = tempfile.mkdtemp(prefix="usher-")
        self.data = data or os.path.join(self.folder, "data")
        if data and os.path.exists(os.path.join(data, "listen")):
            os.unlink(os.path.join(data, "listen"))
        self.log_path = os.path.join(self.folder, "log")
        # A sanitizer keeps what was freed; with less of it growth is seen sooner.
        sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=32"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [binary, "serve", *(["--demo"] if demo else []), "--data", self.data, "--listen", listen,
                 "--rest", rest, *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, "ASAN_OPTIONS": sanitizer,
                                                                          **(environment or {})})
        try:
            self.address = wait_until(self._listen, "the server's address", START_SECONDS)
            wait_until(self._is_open if whole else self.is_ready, "the demo's sale", START_SECONDS)
        except Exception:
            print(self.log()[-4000:])
            self.kill()
            raise
        self.host, port = self.address.rsplit(":", 1)
        self.port = int(port)
        with open(os.path.join(keys or self.data, "operator.key"), encoding="ascii") as file:
            self.operator_key = file.read().strip()

    def _listen(self):
        if self.process.poll() is not None:
            raise AssertionError(f"usher serve ended with {self.process.returncode}")
        try:
            with open(os.path.join(self.data, "listen"), encoding="ascii") as file:
                return file.read().strip()
        except FileNotFoundError:
            return None

    def _is_open(self):
        try:
            return self.ask("GetPerformance", {"performanceId": 1}).get("saleState") == "SALE_STATE_OPEN"
        except (OSError, http.client.HTTPException):
            return False

    def is_ready(self):
        """What /readyz says."""
        try:
            connection = self._connect(20)
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False

    def _connect(self, timeout):
        if self.tls:
            return http.client.HTTPSConnection(self.address, timeout=timeout, context=ssl._create_unverified_context())
        return http.client.HTTPConnection(self.address, timeout=timeout)

    def ask(self, method, message, service="usher.v1.TicketService", token=None, timeout=20):
        """One Connect call as JSON over a fresh connection; what came, whether answer or error."""
        connection = self._connect(timeout)
        headers = {"content-type": "application/json"}
        if token:
            headers["authorization"] = "Bearer " + token
        try:
            connection.request("POST", f"/{service}/{method}", json.dumps(message), headers)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def ask_from(self, source, method, message, token=None, service="usher.v1.TicketService"):
        """The same through a proxy, for somebody at the address source (None: nobody's); where it is refused, the reason alone."""
        connection = http.client.HTTPConnection(self.address, timeout=20)
        headers = {"content-type": "application/json"}
        if token:
            headers["authorization"] = "Bearer " + token
        if source:
            headers["x-forwarded-for"] = source
        connection.request("POST", f"/{service}/{method}", json.dumps(message), headers)
        answer = connection.getresponse()
        body = json.loads(answer.read())
        connection.close()
        if answer.status == 200:
            return body
        details = body.get("details") or [{}]
        return details[0].get("debug", {}).get("reason") or body["code"]

    def figure(self, name):
        """The value of the first metric of that name, labels left aside."""
        connection = self._connect(20)
        connection.request("GET", "/metrics")
        page = connection.getresponse().read().decode()
        connection.close()
        return float(re.search(rf"^{name}(?:{{[^}}]*}})? (\S+)$", page, re.M).group(1))

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def trouble(self):
        """What the log says of assertions and sanitizers; empty where it says nothing."""
        log = self.log()
        found = TROUBLE.search(log)
        return log[max(0, found.start() - 200):found.start() + 3000] if found else ""

    def memory_kib(self):
        """Resident now."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def terminate(self):
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=STOP_SECONDS)

    def die(self):
        """kill -9; the folder stays. (Of a server that is measured, what it did so far is not to be lost.)"""
        end(self.process)

    def kill(self):
        """Ends it where it still runs, and removes its folder."""
        end(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)


def end(process):
    """Ends a process that still runs, at once; by SIGTERM where what it reached is measured (scripts/coverage), for a killed one does not say it."""
    if process.poll() is None and os.environ.get("USHER_COVERAGE"):
        process.terminate()
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
    if process.poll() is None:
        process.kill()
        process.wait()


class Report:
    """Says "ok" or "not ok" a check, at once, and counts."""

    def __init__(self, prefix):
        self.prefix = prefix
        self.failed = 0

    def check(self, name, test, *args):
        """Runs test(*args): it passes unless it raises. One that took a second or more is told with its time."""
        began = time.monotonic()
        try:
            test(*args)
        except Exception as error:  # whatever it is, it is what the check found
            self.failed += 1
            place = error.__traceback__
            while place.tb_next:
                place = place.tb_next
            where = f"{os.path.basename(place.tb_frame.f_code.co_filename)}:{place.tb_lineno}"
            text = " ".join(f"{type(error).__name__}: {error}".split())
            print(f"not ok {self.prefix}/{name}: {text[:600]} ({where})", flush=True)
            return False
        took = time.monotonic() - began
        print(f"ok {self.prefix}/{name}" + (f" # {took:.1f} s" if took >= 1 else ""), flush=True)
        return True


def at_the_end(report, server, usher):
    """What must hold of any server after any suite: it stops when told, without a word of trouble, and its
    books are right."""
    def stops():
        code = server.terminate()
        assert code == 0, f"SIGTERM ended in exit code {code}: {server.log()[-1500:]}"

    def is_quiet():
        assert not server.trouble(), server.trouble()

    def audits():
        done = subprocess.run([usher, "audit", "--data", server.data], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"exit code {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}"

    report.check("stops-with-0", stops)
    report.check("log-without-trouble", is_quiet)
    report.check("audit-is-clean", audits)


def binaries():
    """(name, path) of what is to be tested: the gcc build, and the sanitized one where it was built."""
    found = [("gcc", os.environ.get("USHER", "build/usher"))]
    if os.path.exists(os.environ.get("USHER_ASAN", "build-asan/usher")):
        found.append(("asan", os.environ.get("USHER_ASAN", "build-asan/usher")))
    else:
        print("# USHER_ASAN names no binary: only the gcc build is tested", file=sys.stderr)
    return [(name, os.path.abspath(path)) for name, path in found]
