#!/usr/bin/env python3
"""What people get wrong, and what they are told: each mistake's exit code, and a sentence on standard error that
names the file, flag or place and the way out. Nothing goes to standard output, and nothing is changed.
"""
import base64
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import server

USHER = os.path.abspath(os.environ.get("USHER", "build/usher"))
HERE = os.path.dirname(os.path.abspath(__file__))
BENCH = f"{USHER}-bench"
OK, FALSE, USAGE, UNREACHED = range(4)
report = server.Report("command")
folder = tempfile.mkdtemp(prefix="usher-command-")
environment = {name: value for name, value in os.environ.items() if not name.startswith("USHER_")}


def path(*parts):
    return os.path.join(folder, *parts)


def write(name, text, mode=0o600):
    os.makedirs(os.path.dirname(path(name)), exist_ok=True)
    with open(path(name), "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    os.chmod(path(name), mode)
    return path(name)


def run(*words, give=b"", add=None, as_user=None, program=USHER):
    """Runs usher, or another program, in the folder; the words may be bytes."""
    def become():
        os.setgid(as_user)
        os.setuid(as_user)

    return subprocess.run([program, *words], input=give, capture_output=True, timeout=60, cwd=folder,
                          env={**environment, **(add or {})}, preexec_fn=become if as_user else None)


def refused(name, code, pattern, *words, **how):
    """The words end in the code, with one line on standard error that fits the pattern, and nothing else said."""
    def test():
        done = run(*words, **how)
        said = done.stderr.decode(errors="replace")
        assert done.returncode == code, f"exit code {done.returncode}, not {code}: {said}"
        assert re.search(pattern, said), f"no {pattern!r} in {said!r}"
        assert said.count("\n") == 1 and re.match("usher[ -]", said), f"more than a line: {said!r}"
        assert done.stdout == b"", f"on standard output: {done.stdout!r}"

    report.check(name, test)


def make_certificates():
    for name, host in ("good", "localhost"), ("other", "localhost"), ("far", "tickets.example"):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-keyout", path(f"{name}.key"), "-out", path(f"{name}.pem"), "-subj", f"/CN={host}", "-addext",
             f"subjectAltName=DNS:{host}" + (",IP:127.0.0.1" if host == "localhost" else "")], check=True,
            capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", path("good.key"), "-aes256", "-passout", "pass:x", "-out",
                    path("locked.key")], check=True, capture_output=True)
    with open(path("good.pem"), encoding="ascii") as file:
        lines = file.readlines()
    write("half.pem", "".join(lines[:5] + lines[-1:]))
    write("garbage.pem", "nothing\n")


def serve_tls():
    def said(name, pattern, cert, key):
        refused(f"serve-tls-{name}", FALSE, pattern, "serve", "--data", "unmade", "--listen", "127.0.0.1:0",
                "--tls-cert", cert, "--tls-key", key)

    said("no-certificate", r"nope\.pem: No such file", "nope.pem", "good.key")
    said("no-key", r"nope\.key: No such file", "good.pem", "nope.key")
    said("folder", r"folder: Is a directory", "folder", "good.key")
    said("garbage", r"garbage\.pem: it has no CERTIFICATE in PEM", "garbage.pem", "good.key")
    said("key-is-none", r"good\.pem: it has no PRIVATE KEY in PEM", "good.pem", "good.pem")
    said("half", r"half\.pem: the certificate cannot be used", "half.pem", "good.key")
    said("other-key", r"other\.key is not the key of the certificate in good\.pem", "good.pem", "other.key")
    said("locked-key", r"locked\.key: the key is encrypted; openssl pkey", "good.pem", "locked.key")
    refused("serve-tls-alone", USAGE, "go together: --tls-key is missing", "serve", "--tls-cert", "good.pem")
    report.check("serve-tls-mistakes-make-nothing", lambda: absent("unmade"))


def absent(name):
    assert not os.path.exists(path(name)), f"{name} was made"


def serve_addresses(plain):
    def said(name, code, pattern, listen, **how):
        refused(f"serve-listen-{name}", code, pattern, "serve", "--data", "addresses", "--listen", listen, **how)

    said("no-port", USAGE, r'--listen: "127\.0\.0\.1" is not HOST:PORT, as in', "127.0.0.1")
    said("bracket", USAGE, "--listen.*HOST:PORT", "[::1:80")
    said("port-too-high", USAGE, "--listen.*HOST:PORT", "127.0.0.1:65536")
    said("no-host", FALSE, "--listen nosuch.invalid:0: there is no host called nosuch.invalid", "nosuch.invalid:0")
    said("not-ours", FALSE, "--listen 192.0.2.1:0: this machine does not have that address", "192.0.2.1:0")
    said("in-use", FALSE, f"--listen {plain.address}: the port is in use", plain.address)
    with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding="ascii") as file:
        if os.geteuid() == 0 and int(file.read()) > 79:
            os.chmod(folder, 0o755)
            os.makedirs(path("theirs"))
            os.chown(path("theirs"), 65534, 65534)
            refused("serve-listen-not-permitted", FALSE, "--listen 127.0.0.1:79: the system does not permit that port",
                    "serve", "--data", "theirs", "--listen", "127.0.0.1:79", as_user=65534)


def serve_folders(plain):
    def said(name, pattern, data, **how):
        refused(f"serve-data-{name}", FALSE, pattern, "serve", "--data", data, "--listen", "127.0.0.1:0", **how)

    write("file", "")
    said("is-a-file", "file: that is a file; --data names a folder", "file")
    said("below-a-file", "file/x: a part of the path is a file", "file/x")
    said("locked", rf"in use by another usher serve \(process {plain.process.pid}\)", plain.data)
    refused("serve-data-empty", USAGE, '--data: "" is not a path', "serve", "--data", "")
    if os.geteuid() == 0:
        os.makedirs(path("ours"))
        said("not-writable", "ours: the data folder cannot be written: Permission denied", "ours", as_user=65534)
        said("not-to-be-made", "ours/x: the data folder cannot be made: Permission denied", "ours/x", as_user=65534)

    for name in "secret", "operator":
        write(f"keys/{name}.key", "A" * 43 + "\n", 0o644)
        said(f"{name}-key-open", f"keys/{name}.key may be read by others than its owner: chmod 600 keys/{name}.key",
             "keys")
        for what, text in ("short", "x"), ("long", "A" * 44 + "\n"), ("empty", ""):
            write(f"keys/{name}.key", text)
            said(f"{name}-key-{what}", f"keys/{name}.key: it holds no key; (delete|bring)", "keys")
        os.remove(path("keys", f"{name}.key"))
        os.mkfifo(path("keys", f"{name}.key"), 0o600)
        said(f"{name}-key-is-a-pipe", f"keys/{name}.key: it holds no key", "keys")
        os.remove(path("keys", f"{name}.key"))

    write("damaged/usher.db", b"\x55" * 8192)
    write("damaged/secret.key", "A" * 43 + "\n")
    write("dir/secret.key", "A" * 43 + "\n")
    said("damaged", "damaged/usher.db is no database, or is damaged", "damaged")
    refused("audit-damaged", FALSE, "damaged/usher.db is no database, or is damaged", "audit", "--data", "damaged")
    os.makedirs(path("dir/usher.db"))
    said("store-is-a-folder", "dir/usher.db: ", "dir")

    shutil.copytree(plain.data, path("newer"))
    database = sqlite3.connect(path("newer/usher.db"))
    with database:
        database.execute("INSERT INTO migration SELECT max(number) + 1, 'later', 0 FROM migration")
    database.close()
    said("newer", r"newer/usher.db was written by a newer usher; this is \d", "newer")
    refused("audit-newer", FALSE, "newer/usher.db is of another usher's schema", "audit", "--data", "newer")


def serve_makes_folders():
    process = subprocess.Popen([USHER, "serve", "--data", "a/b/c", "--listen", "127.0.0.1:0"], cwd=folder,
                               env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        server.wait_until(lambda: os.path.exists(path("a/b/c/listen")), "a/b/c/listen")
        assert os.path.exists(path("a/b/c/usher.db"))
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0


def urls(plain, secure):
    def said(name, code, pattern, *words):
        refused(f"url-{name}", code, pattern, "event", "list", *words)

    http, https = f"http://{plain.address}", f"https://{secure.address}"
    said("user", USAGE, "--url http://user@h:1: a user has no place in it", "--url", "http://user@h:1")
    said("path", USAGE, "--url .*: nothing may follow the port", "--url", f"{http}/path")
    said("query", USAGE, "--url .*: nothing may follow the port", "--url", f"{http}?x=1")
    said("no-port", USAGE, "--url .*: a host and a port are wanted, as in", "--url", "http://localhost")
    said("port-0", USAGE, "--url .*: a host and a port are wanted, as in", "--url", "http://localhost:0")
    said("scheme", USAGE, "--url .*: it begins with http:// or https://", "--url", "ftp://localhost:1")
    said("no-host", UNREACHED, "there is no host called nosuch.invalid", "--url", "http://nosuch.invalid:80")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
        said("refused", UNREACHED, f"{address}: nothing listens there; is usher serve running", "--url", address)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        said("silent", UNREACHED, "it takes connections but says nothing", "--url",
             f"https://127.0.0.1:{silent.getsockname()[1]}")
    said("http-to-tls", UNREACHED, "does it speak TLS\\? then try https://|it speaks TLS", "--url",
         f"http://{secure.address}")
    said("tls-to-http", UNREACHED, "it does not speak TLS; try http://", "--url", f"https://{plain.address}",
         "--tls-ca", "good.pem")
    said("untrusted", UNREACHED, r"its certificate is not trusted \(self-signed certificate\); --tls-ca", "--url", https)
    said("other-root", UNREACHED, "its certificate is not trusted", "--url", https, "--tls-ca", "other.pem")
    said("ca-absent", USAGE, "--tls-ca nope.pem: No such file", "--url", https, "--tls-ca", "nope.pem")
    said("ca-garbage", USAGE, "--tls-ca garbage.pem: it has no CERTIFICATE in PEM", "--url", https, "--tls-ca",
         "garbage.pem")
    said("ca-for-http", USAGE, "--tls-ca is for https", "--url", http, "--tls-ca", "good.pem")

    def is_trusted():
        done = run("event", "list", "--url", https, "--tls-ca", "good.pem", "--json")
        assert done.returncode == OK and json.loads(done.stdout)["events"], done.stderr

    report.check("url-trusted", is_trusted)
    # The demo is there, or this would not start, whatever name the certificate is for.
    far = server.Server(USHER, "--tls-cert", path("far.pem"), "--tls-key", path("far.key"), tls=True)
    said("other-name", UNREACHED, "its certificate is for another name than 127.0.0.1", "--url",
         f"https://{far.address}", "--tls-ca", "far.pem")
    far.kill()
    refused("key-absent", USAGE, "there is no nope/operator.key; usher serve writes it", "hall", "list", "--url", http,
            "--data", "nope")
    refused("key-of-another", FALSE, "the server does not take this operator key; --data DIR or --key FILE", "hall", "list", "--url", http, "--data",
            secure.data)


def audits(plain):
    refused("audit-no-folder", USAGE, "nope: No such file or directory; --data DIR", "audit", "--data", "nope")
    refused("audit-no-store", USAGE, "folder: there is no usher.db in it; --data DIR", "audit", "--data", "folder")
    refused("audit-no-performance", USAGE, "has no performance 77", "audit", "--data", plain.data, "--performance",
            "77")
    refused("audit-no-performance-json", USAGE, "has no performance 77", "audit", "--data", plain.data,
            "--performance=77", "--json")

    def counts_in_words():
        said = run("audit", "--data", plain.data).stdout.decode()
        assert "1 performance, 1 row, 1 change, 0 holds" in said, said

    report.check("audit-singular", counts_in_words)


def events(plain):
    """What is refused for its performance leaves no event behind."""
    where = ["--url", f"http://{plain.address}", "--data", plain.data]

    def catalog():
        return json.loads(run("event", "list", "--json", *where).stdout)

    before = catalog()

    def said(name, code, pattern, *words):
        refused(f"create-{name}", code, pattern, "event", "create", *where, *words)

    good = ["--name", "A", "--hall", "1", "--prices", "1000"]
    said("no-hall", USAGE, "--hall N is missing: the hall's id; usher hall list", "--name", "A", "--prices", "1")
    said("no-name", USAGE, "--name NAME is missing; or --event ID", "--hall", "1", "--prices", "1")
    said("no-prices", USAGE, "no prices: --prices 165000,143000 or --price", "--name", "A", "--hall", "1")
    said("name-and-event", USAGE, "--event 1 has its name .*leave out --name", "--event", "1", *good)
    said("description-and-event", USAGE, "leave out --description", "--event", "1", "--description", "x", "--hall",
         "1", "--prices", "1")
    said("hall-unknown", FALSE, "there is no hall 99; usher hall list", "--name", "A", "--hall", "99", "--prices", "1")
    said("event-unknown", FALSE, "no event 99", "--event", "99", "--hall", "1", "--prices", "1")
    said("currency", USAGE, "--currency usd: write one of ISO 4217", *good, "--currency", "usd")
    said("currency-long", USAGE, "--currency WONS: write one of ISO 4217", *good, "--currency", "WONS")
    said("past", USAGE, "--starts-at 2020-01-01T00:00Z is past", *good, "--starts-at", "2020-01-01T00:00Z")
    said("when", USAGE, "--starts-at yesterday: write 2026", *good, "--starts-at", "yesterday")
    said("prices-word", USAGE, '--prices: "x" is no amount: a whole number', *good[:4], "--prices", "1,x")
    said("prices-too-many", USAGE, "--prices: the hall has only 4 categories", *good[:4], "--prices", "1,2,3,4,5")
    said("prices-too-few", USAGE, r"category 2 \(S\) has no price", *good[:4], "--prices", "1,2")
    said("price-unknown", USAGE, "--price Nope=3: the hall has no such category", *good, "--price", "Nope=3")
    said("price-shape", USAGE, "--price VIP: write CATEGORY=AMOUNT", *good, "--price", "VIP")
    said("hold-ttl", USAGE, "--hold-ttl: .*from 1s to 1d", *good, "--hold-ttl", "2d")
    said("name-control", FALSE, "an event's name is one line that can be seen", "--name", "a\tb", *good[2:])
    report.check("create-refused-makes-nothing", lambda: same(before, catalog()))

    def server_checks_first():
        """Who does not come from this command line gets the same: no event without its performance."""
        good = {"hallId": 1, "startsAtMs": "1900000000000", "prices": [{"category": i, "amount": "1"} for i in range(4)]}
        for wrong in ({"hallId": 99}, {"currency": "usd"}, {"prices": []}, {"holdTtlMs": 1}, {"startsAtMs": "0"},
                      {"eventId": 1}, {"placesMax": 5000}, {"utcOffsetMinutes": 1440}):
            answer = plain.ask("CreateEvent", {"name": "A", "performance": {**good, **wrong}}, token=plain.operator_key)
            assert answer.get("code") in ("invalid_argument", "not_found"), (wrong, answer)
        same(before, catalog())
        made = plain.ask("CreateEvent", {"name": "Both", "performance": good}, token=plain.operator_key)
        assert made["name"] == "Both" and len(made["performances"]) == 1, made
        assert made["performances"][0]["eventId"] == made["eventId"], made
        assert "utcOffsetMinutes" not in made["performances"][0], made

    def makes_both():
        done = run("event", "create", *where, *good, "--currency", "KWD", "--json")
        assert done.returncode == OK, done.stderr
        made = json.loads(done.stdout)
        assert (made["eventName"], made["currency"], made["currencyDigits"]) == ("A", "KWD", 3), made
        assert json.loads(run("event", "open", *where, "--json", str(made["performanceId"])).stdout)["saleState"]
        more = run("event", "create", *where, "--event", str(made["eventId"]), "--hall", "1", "--prices", "1")
        assert more.returncode == OK and b"2,000 places" in more.stdout, more
        night = run("event", "create", *where, *good, "--starts-at", "2099-12-24T20:00-05:00", "--json")
        assert json.loads(night.stdout)["utcOffsetMinutes"] == -300, night
        assert b"2099-12-24 20:00 -05:00" in run("event", "list", "--all", *where).stdout
        assert b"2099-12-24 20:00 -05:00" not in run("event", "list", *where).stdout
        shown = run("event", "publish", *where, "--json", str(json.loads(night.stdout)["eventId"]))
        assert json.loads(shown.stdout)["state"] == "EVENT_STATE_PUBLISHED", shown
        told = json.loads(run("event", "report", *where, "--json", str(made["performanceId"])).stdout)
        assert told["counts"]["free"] == 2000, told

    report.check("create-server-checks-first", server_checks_first)
    report.check("create-makes-both", makes_both)
    refused("create-no-currency", USAGE, "--currency ZZZ: write one of ISO 4217", "event", "create", *where, *good,
            "--currency", "ZZZ")
    refused("open-unknown", FALSE, "no performance 99", "event", "open", *where, "99", "--json")
    refused("open-no-number", USAGE, '"x" is no performance\'s number; usher event list', "event", "open", *where, "x")
    refused("open-nothing", USAGE, "usage: usher event open PERFORMANCE", "event", "open", *where)


def same(before, after):
    assert before == after, f"changed: {after}"


def edits(plain):
    """What is not named stays as it is."""
    where = ["--url", f"http://{plain.address}", "--data", plain.data]
    performance = ["--performance", "1"]

    def edit(*words):
        done = run("event", "edit", "1", *words, *where)
        assert done.returncode == OK, (words, done.stderr)

    def stay():
        for words in (["--name", "Another Night"], [*performance, "--pay-later", "2h"], [*performance, "--gate", "North"]):
            edit(*words)
        told = plain.ask("GetPerformance", {"performanceId": 1})
        assert (told["eventName"], told.get("payLaterMs"), told["gate"]) == ("Another Night", 7200000, "North"), told
        edit(*performance, "--pay-later", "0", "--gate", "")
        told = plain.ask("GetPerformance", {"performanceId": 1})
        assert "payLaterMs" not in told and "gate" not in told, told

    report.check("edits-of-one-thing", stay)
    for name, words in (("too-long", ["--pay-later", "30h"]), ("no-time", ["--pay-later", "x"])):
        refused(f"edit-{name}", USAGE, "--pay-later: .* is not a time", "event", "edit", "1", *performance, *words, *where)
    def told():
        """Without what others do to it meanwhile."""
        now = plain.ask("GetPerformance", {"performanceId": 1})
        return {name: value for name, value in now.items() if name not in ("counts", "version")}

    def all_or_nothing():
        """What is refused leaves nothing behind, wherever it is found: here, in a file, or by the server after a part was done."""
        before = told()
        words = ["--name", "A Third Night", *performance, "--gate", "South", "--address", "1 Quay"]
        for wrong, code in ((["--prices", "x"], USAGE), (["--starts-at", "soon"], USAGE), (["--price", "None=1"], USAGE),
                            (["--poster-file", "/nowhere.png"], FALSE), (["--prices-from", "2001-01-01T10:00", "--prices", "1"], FALSE),
                            (["--poster-file", __file__], FALSE), (["--prices", "1", "--poster-file", __file__], USAGE)):
            done = run("event", "edit", "1", *words, *wrong, *where)
            assert done.returncode == code, (wrong, done.returncode, done.stderr)
            now = told()
            assert now == before, (wrong, done.stderr, [(k, before.get(k), now.get(k)) for k in before.keys() | now.keys() if before.get(k) != now.get(k)])

    report.check("edits-are-all-or-nothing", all_or_nothing)
    refused("edit-of-no-performance", USAGE, "go with --performance", "event", "edit", "1", "--gate", "x", *where)


def halls(plain):
    where = ["--url", f"http://{plain.address}", "--data", plain.data]

    def said(name, pattern, *words, **how):
        refused(f"import-{name}", FALSE, pattern, "hall", "import", *where, *words, **how)

    said("absent", "nope.json: No such file", "nope.json")
    said("folder", "folder: Is a directory", "folder")
    said("empty", "file is empty", "file")
    said("half", r"line 1, column 5: the text ends before the plan does \(BAD_ARGUMENT, plan\)", "-", give=b'{"a":')
    said("no-json", r"line 2, column 6: this is not JSON, near '}'", "-", give=b'{\n"a":[}')
    said("not-utf8", "line 1, column 0: this is not UTF-8", "-", give=b"\xff{")
    said("deep", "lists in lists are too deep", "-", give=b"[" * 3000)
    for over in 1, -100:
        said(f"too-large-{over}", "big.json is too large: a plan has at most 48 MiB",
             write("big.json", b" " * ((48 << 20) + over)))
    os.remove(path("big.json"))

    def numbers_are_grouped():
        made = run("hall", "generate", *where, "--capacity", "10000")
        assert made.returncode == OK and b"Hall of 10,000" in made.stdout, made
        listed = json.loads(run("hall", "list", *where, "--json").stdout)
        assert [hall["placeCount"] for hall in listed["halls"]] == [2000, 10000], listed

    report.check("hall-numbers", numbers_are_grouped)


def words():
    refused("text-not-utf8", USAGE, "--name: the text is not UTF-8", "hall", "generate", "--name", b"caf\xe9")
    refused("variable-misspelt", USAGE, "USHER_LISEN in the environment is no option; did you mean USHER_LISTEN",
            "serve", add={"USHER_LISEN": "127.0.0.1:0"})
    write("usher.conf", "# ours\nworkers = 1\nlisen = 127.0.0.1:0\n")
    refused("file-unknown-key", USAGE, "usher.conf, line 3: lisen: no such option; did you mean listen", "serve",
            "--config", "usher.conf")
    write("usher.conf", "\nworkers = many\n")
    refused("file-bad-value", USAGE, 'usher.conf, line 2: workers: "many" is not a whole number', "serve", "--config",
            "usher.conf")
    refused("file-is-a-folder", USAGE, "serve: folder: Is a directory", "serve", "--config", "folder")
    refused("file-absent", USAGE, "nope.conf: No such file", "serve", "--config", "nope.conf")
    refused("sub-command-misspelt", USAGE, 'usher hall: no command "improt"; did you mean "import"', "hall", "improt")
    refused("help-misspelt", USAGE, 'usher hall: no command "improt"', "help", "hall", "improt")
    refused("help-too-much", USAGE, '"x" is one word too many', "help", "serve", "x")

    def help_whatever_is_set():
        assert run("serve", "--help", add={"USHER_LISEN": "x"}).returncode == OK

    def version_for_machines():
        version = json.loads(run("version", "--json").stdout)
        assert re.fullmatch(r"[0-9a-f]{12}|unknown", version["commit"]), version
        assert re.fullmatch(r"(gcc|clang) [0-9.]+\S*", version["compiler"]), version

    def every_command_has_json():
        """But for what runs until it is stopped, and says all it has to say in its log, which is JSON."""
        def names(*words):
            text = run("help", *words).stdout.decode()
            found = re.search(r"^commands:\n((?:  .*\n)+)", text, re.M)
            return re.findall(r"^  ([a-z]+) ", found.group(1), re.M) if found else []
        without = set()
        for name in names():
            for words in [(name, sub) for sub in names(name)] if name != "help" and names(name) else [(name,)]:
                if "\n  --json " not in run("help", *words).stdout.decode():
                    without.add(" ".join(words))
        assert without == {"serve", "psp", "help"}, without

    report.check("every-command-has-json", every_command_has_json)
    report.check("help-whatever-is-set", help_whatever_is_set)
    report.check("version-json", version_for_machines)
    refused("bench-only", USAGE, r'--only: "x" is not one of fibers\|tokens\|seats\|store', "--only", "x", program=BENCH)
    refused("bench-out", FALSE, "nope/x.md: No such file", "--only", "seats", "--out", "nope/x.md",
            program=BENCH)
    refused("bench-usher", FALSE, "no usher to measure: nope/usher", "--usher", "nope/usher", program=BENCH)

    def bench_for_machines():
        done = run("--only", "seats", "--runs", "1", "--json", program=BENCH)
        assert done.returncode == OK and done.stderr == b"", done
        assert json.loads(done.stdout)["figures"], done.stdout

    report.check("bench-json-is-quiet", bench_for_machines)


def currencies(plain):
    where = ["--url", f"http://{plain.address}", "--data", plain.data]

    def every_currency():
        """The server and the command say the same digits of each, which are those of the one table."""
        with open(os.path.join(HERE, "..", "..", "src", "sale", "currency.c"), encoding="ascii") as file:
            table = re.findall(r'\{"([A-Z]{3})", \d+, (\d)\}', file.read())
        assert len(table) > 150, len(table)
        written = {"0": "1,234,567", "2": "12,345.67", "3": "1,234.567", "4": "123.4567"}
        for code, digits in table:
            made = plain.ask("CreatePerformance", {
                "eventId": 1, "hallId": 1, "startsAtMs": "1900000000000", "currency": code,
                "prices": [{"category": i, "amount": "1234567"} for i in range(4)]}, token=plain.operator_key)
            assert made.get("currencyDigits", 0) == int(digits), made
            assert plain.ask("GetSaleReport", {"performanceId": made["performanceId"]},
                             token=plain.operator_key).get("currencyDigits", 0) == int(digits), code
        for code, digits in table[::9]:
            done = run("event", "create", *where, "--event", "1", "--hall", "1", "--prices", "1234567", "--currency", code)
            assert f"  {written[digits]} {code}\n".encode() in done.stdout, done

    report.check("every-currency", every_currency)


def on_a_terminal(*words):
    """What a command writes on a terminal, standard error too."""
    controller, terminal = os.openpty()
    done = subprocess.Popen([USHER, *words], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=terminal,
                            stderr=terminal)
    os.close(terminal)
    shown = b""
    while True:
        try:
            piece = os.read(controller, 4096)
        except OSError:  # its other end is closed
            break
        if not piece:
            break
        shown += piece
    os.close(controller)
    done.wait(timeout=30)
    return shown


def greeted(data):
    """What a demo says at a terminal when it is open, and what LogIn answers to the account it names."""
    controller, terminal = os.openpty()
    process = subprocess.Popen(
        [USHER, "serve", "--demo", "--demo-team", "--data", data, "--listen", "127.0.0.1:0"], cwd=folder,
        env=environment, stdin=subprocess.DEVNULL, stdout=terminal, stderr=subprocess.DEVNULL)
    os.close(terminal)
    try:
        said = ""
        while "usher mail list" not in said:
            said += os.read(controller, 4096).decode()
        url = re.search(r"open at (\S+)", said).group(1)
        email, password = re.search(r"sign in as (\S+), password (\S+)", said).groups()
        call = urllib.request.Request(f"{url}/usher.v1.AuthService/LogIn", json.dumps(
            {"email": email, "password": password}).encode(), {"content-type": "application/json"})
        with urllib.request.urlopen(call, timeout=30) as answer:
            return said, json.load(answer)
    finally:
        process.terminate()
        process.wait(timeout=30)
        os.close(controller)


def demo_on_a_terminal():
    """A newcomer is told how to be an organiser, and so again at the second start; of no store but this one."""
    first, session = greeted("greeted")
    assert "the key is in greeted/operator.key" in first and "/door" in first, first
    assert session["account"]["memberships"][0]["role"] == "ROLE_OWNER", session
    again, _ = greeted("greeted")
    password = re.compile(r"password (\S+)")
    assert password.findall(again) == password.findall(first), again
    other, _ = greeted("greeted-elsewhere")
    assert password.findall(other) != password.findall(first), other


def texts(plain):
    """Text that steers what shows it is refused at the door, and does not steer a terminal where it is there already."""
    steering = ["\x1b[31mred", "a\x9bb", "gpj\u202e.exe", "a\u2066b", "a\u200fb", "a\x07"]
    unseen = ["\u3164", " ", "\u200b\u200d", "\u2800"]

    def name_it(name):
        return plain.ask("CreateEvent", {"name": name}, token=plain.operator_key)

    def refuses():
        for name in steering + unseen:
            answer = name_it(name)
            assert answer.get("code") == "invalid_argument", (name, answer)
            assert answer["details"][0]["debug"]["field"] == "name", (name, answer)
        hall = plain.ask("GenerateHall", {"name": "\u3164", "capacity": 500}, token=plain.operator_key)
        assert hall.get("code") == "invalid_argument", hall
        account = plain.ask("CreateAccount", {"email": "a@example.org", "password": "a long way to go", "name": "\u202ex",
                                              "terms": True}, service="usher.v1.AuthService")
        assert account.get("code") == "invalid_argument", account

    def composes():
        made = name_it("Cafe\u0301 \u1112\u1161\u11ab")
        assert made["name"] == "Caf\u00e9 \ud55c", made

    def records_do_not_steer(keeper, where):
        """What another process sent to the monitor: its log lines, and the spans of a trace."""
        line, trace = '{"message":"crow\x1b[31m \x9b\u202e한"}', "c" * 32
        span = json.dumps({"trace.id": trace, "span.id": "d" * 16, "usher.span": "raven\x1b[31m\nforged", "service.node.name": "\x07",
                           "event.duration": 1000, "usher.at_us": 1796025296120000})
        records = [{"recordId": "hostile-1", "stream": "RECORD_STREAM_LOGS", "level": "RECORD_LEVEL_WARN", "atMs": "1796025296120",
                    "json": base64.b64encode(line.encode()).decode()},
                   {"recordId": "hostile-2", "stream": "RECORD_STREAM_SPANS", "level": "RECORD_LEVEL_INFO", "atMs": "1796025296120",
                    "json": base64.b64encode(span.encode()).decode()}]
        said = keeper.ask("PushRecords", {"records": records}, "usher.v1.MonitorService", keeper.operator_key)
        assert "code" not in said, said
        for shown in on_a_terminal("monitor", "search", "crow", *where), run("monitor", "search", "crow", *where).stdout:
            assert b"\x1b" not in shown and b"\xc2\x9b" not in shown, shown
            assert json.loads(shown.decode()) == {"message": "crow\x1b[31m \x9b\u202e한"}, shown
        for shown in on_a_terminal("trace", "--id", trace, *where), run("trace", "--id", trace, *where).stdout:
            assert b"\x1b" not in shown and b"\x07" not in shown and "raven<U+001B>[31m forged".encode() in shown, shown

    def terminal_is_not_steered():
        hostile = server.Server(USHER)
        try:
            hostile.terminate()
            store = sqlite3.connect(os.path.join(hostile.data, "usher.db"))
            for table in ("event", "playbill"):
                store.execute(f"UPDATE {table} SET name = ?", ("\x1b[31mred \u202e한",))
            store.commit()
            store.close()
            again = server.Server(USHER, data=hostile.data, demo=False, whole=False)
            try:
                where = ("--url", f"http://{again.address}", "--data", again.data)
                shown = on_a_terminal("event", "list", *where)
                assert b"\x1b" not in shown and "<U+001B>[31mred <U+202E>한".encode() in shown, shown
                piped = run("event", "list", *where).stdout  # to "| grep", whose terminal it steers as well
                assert b"\x1b" not in piped and b"<U+001B>[31mred" in piped, piped
                records_do_not_steer(again, where)
            finally:
                again.kill()
        finally:
            hostile.kill()
        shown = on_a_terminal("event", "open", "\x1b[31mred")
        assert b"\x1b" not in shown and b"<U+001B>[31mred" in shown, shown

    report.check("texts-refused", refuses)
    report.check("texts-composed", composes)
    report.check("terminal-is-not-steered", terminal_is_not_steered)


def maxima(plain):
    """A store with as many performances as it may have: an event that cannot have its own is not made either."""
    def operator(method, message):
        return plain.ask(method, message, token=plain.operator_key)

    def full():
        last = max(p["performanceId"] for e in operator("ListEvents", {})["events"] for p in e.get("performances", []))
        wish = {"hallId": 1, "startsAtMs": "1900000000000",
                "prices": [{"category": i, "amount": "1"} for i in
                           range(len(plain.ask("GetPerformance", {"performanceId": 1})["hall"]["categories"]))]}
        for number in range(last + 1, 1001):
            made = operator("CreatePerformance", {**wish, "eventId": 1})
            assert made.get("performanceId") == number, made
        before = len(operator("ListEvents", {})["events"])
        for method, message in (("CreateEvent", {"name": "One more", "performance": wish}),
                                ("CreatePerformance", {**wish, "eventId": 1})):
            said = operator(method, message)
            assert said.get("code") == "resource_exhausted", said
            assert said["message"].startswith("there are 1000 performances"), said
        assert len(operator("ListEvents", {})["events"]) == before, "an event without a performance was made"

    report.check("maximum-of-performances", full)


def few_files():
    """Where few files may be open, who comes is told so, the server's own are kept, and whoever runs it learns it."""
    few = write("few-files", f'#!/bin/sh\nulimit -n 200\nexec {USHER} "$@"\n', 0o700)
    crowded = server.Server(few, "--workers", "2")
    open_links = []
    try:
        def answer(link):
            link.settimeout(10)
            link.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            return link.recv(4096).split(b"\r\n", 1)[0]

        def all_but_some():
            said = []
            for _ in range(220):
                open_links.append(socket.create_connection((crowded.host, crowded.port)))
                try:
                    said.append(answer(open_links[-1]))
                except ConnectionError:
                    said.append(b"reset")
            assert said[:100] == [b"HTTP/1.1 200 OK"] * 100, said[:100]
            assert said[-20:] == [b"HTTP/1.1 503 Service Unavailable"] * 20, said[-20:]
            assert crowded.descriptors() < 190, crowded.descriptors()

        def is_said():
            while open_links:
                open_links.pop().close()
            link = server.wait_until(lambda: answer(socket.create_connection((crowded.host, crowded.port)))
                                     == b"HTTP/1.1 200 OK", "room again")
            assert link
            refused_lines = [line for line in crowded.log().splitlines() if "connection.refuse" in line]
            assert 1 <= len(refused_lines) <= 4, refused_lines
            done = urllib.request.urlopen(f"http://{crowded.address}/metrics").read().decode()
            count = int(re.search(r"^usher_connections_refused_total (\d+)$", done, re.M).group(1))
            assert count >= 20, count

        report.check("few-files-503", all_but_some)
        report.check("few-files-is-said", is_said)
    finally:
        crowded.kill()
    write("no-files", f'#!/bin/sh\nulimit -n 40\nexec {USHER} "$@"\n', 0o700)
    done = subprocess.run([path("no-files"), "serve", "--data", path("none"), "--listen", "127.0.0.1:0"],
                          capture_output=True, text=True, timeout=60, cwd=folder, env=environment)

    def says_so():
        assert done.returncode == FALSE and "ulimit -n" in done.stderr, done

    report.check("no-files", says_so)


def blocks(plain):
    """Places that are kept back from sale: by whom, until when, and which of them go on sale again."""
    where = ["--url", f"http://{plain.address}", "--data", plain.data]
    made = run("event", "create", *where, "--name", "House seats", "--hall", "1", "--prices", "1000", "--json")
    night = str(json.loads(made.stdout)["performanceId"])

    def block(*words):
        return run("event", "block", *where, night, *words)

    def listed():
        return json.loads(run("event", "blocks", *where, night, "--json").stdout).get("blocks", [])

    def said(name, code, pattern, command, *words):
        refused(f"block-{name}", code, pattern, "event", command, *where, *words)

    why = ["--reason", "press"]
    said("performance-word", USAGE, "\"x\" is no performance's number", "block", "x", "--seats", "0", *why)
    for wrong in ("x", "0-x", "5-2", "0,,1", "0-1000"):
        said(f"seats-{wrong}", USAGE, f"--seats {wrong}: write places by number, as in 0-15,20, at most 1000", "block", night,
             "--seats", wrong, *why)
    said("until-word", USAGE, "--until soon: write 2026-", "block", night, "--seats", "0", "--until", "soon", *why)
    said("without-reason", FALSE, "reason", "block", night, "--seats", "0")
    said("no-seats", FALSE, "a block has a place at least", "block", night, *why)
    said("seat-unknown", FALSE, "seat 99999 is not in the hall, or is named twice", "block", night, "--seats", "99999", *why)
    said("seat-twice", FALSE, "seat 4 is not in the hall, or is named twice", "block", night, "--seats", "4,4", *why)
    said("past", FALSE, "until", "block", night, "--seats", "0", "--until", "2020-01-01T00:00Z", *why)
    said("performance-unknown", FALSE, "no .*performance", "block", "9999", "--seats", "0", *why)
    said("list-of-nobody", FALSE, "no .*performance", "blocks", "9999")
    said("unblock-unknown", FALSE, "no such block", "unblock", night, "--block", "nothing")

    def too_many_at_once():
        answer = plain.ask("BlockSeats", {"performanceId": int(night), "seats": list(range(1001)), "reason": "all"},
                           token=plain.operator_key)
        assert answer.get("code") == "invalid_argument", answer

    def keeps_back():
        assert b"nothing is kept back" in run("event", "blocks", *where, night).stdout
        done = block("--seats", "0-19,30", *why)
        assert done.returncode == OK and b": 21 places are kept back" in done.stdout, done
        more = block("--seats", "19-20", "--reason", "sound desk", "--until", "+2h", "--json")
        answer = json.loads(more.stdout)
        assert more.returncode == OK and answer["taken"] == [19] and answer["block"]["seats"] == [20], answer
        none = block("--seats", "0-3", "--reason", "again")
        assert none.returncode == FALSE and b"4 places were not free" in none.stdout, none
        rows = {row["reason"]: row for row in listed()}
        assert set(rows) == {"press", "sound desk"} and len(rows["press"]["seats"]) == 21, rows
        shown = run("event", "blocks", *where, night).stdout.decode()
        assert "ended by hand" in shown and "sound desk" in shown, shown
        counts = plain.ask("GetPerformance", {"performanceId": int(night)}, token=plain.operator_key)["counts"]
        assert counts["blocked"] == 22, counts

    def lets_go():
        press = next(row["blockId"] for row in listed() if row["reason"] == "press")
        one = run("event", "unblock", *where, night, "--block", press, "--seats", "30")
        assert one.returncode == OK and b"1 places go on sale again" in one.stdout, one
        again = run("event", "unblock", *where, night, "--block", press, "--seats", "30")
        assert again.returncode == FALSE, again
        rest = run("event", "unblock", *where, night, "--block", press, "--json")
        assert rest.returncode == OK and json.loads(rest.stdout)["placeCount"] == 20, rest
        assert [row["reason"] for row in listed()] == ["sound desk"], listed()

    report.check("block-too-many-at-once", too_many_at_once)
    report.check("block-keeps-back", keeps_back)
    report.check("block-lets-go", lets_go)


def lookups(plain):
    """What an operator asks when something is odd."""
    where = ["--url", f"http://{plain.address}", "--data", plain.data]

    def asked(*words):
        done = run(*words, *where)
        return done.returncode, done.stdout.decode()

    def finds_what_the_process_said():
        server.wait_until(lambda: "server.listen" in asked("monitor", "search")[1], "the record of its start")
        code, text = asked("monitor", "search", "--stream", "logs", "--level", "info", "--count", "1", "server.listen")
        assert code == OK and json.loads(text)["event.action"] == "server.listen", text
        code, text = asked("monitor", "search", "--json", "server.listen")
        assert code == OK and json.loads(text)["records"][0]["stream"] == "RECORD_STREAM_LOGS", text
        assert asked("monitor", "search", "nothinglikeit") == (OK, "nothing is found\n")

    def says_how_much_is_kept():
        code, text = asked("monitor", "status")
        assert code == OK and " records kept, " in text and "nothing is shipped: usher serve --elastic URL" in text, text

    def watches_what_is_on_sale():
        code, text = asked("monitor", "watch")
        assert code == OK and text, (code, text)
        code, text = asked("monitor", "watch", "--json")
        assert code == OK and json.loads(text), (code, text)

    def says_who_owns_what():
        code, text = asked("status")
        assert code == OK and text.startswith("one process, which owns everything"), text

    def an_order_that_is_none_has_no_story():
        for words in ("T0000000000",), ("nobody@example.org",), ("--performance", "1", "--place", "nowhere"):
            assert asked("trace", *words) == (FALSE, "no order is found\n"), words

    for check in (finds_what_the_process_said, says_how_much_is_kept, watches_what_is_on_sale, says_who_owns_what,
                  an_order_that_is_none_has_no_story):
        report.check("lookup-" + check.__name__.replace("_", "-"), check)
    refused("lookup-trace-of-nothing", USAGE, "it takes an order or an address, --performance with --place, or --id", "trace", *where)


def main():
    plain = secure = None
    try:
        os.makedirs(path("folder"))
        make_certificates()
        plain = server.Server(USHER)
        secure = server.Server(USHER, "--tls-cert", path("good.pem"), "--tls-key", path("good.key"), tls=True)
        words()
        serve_tls()
        serve_addresses(plain)
        serve_folders(plain)
        report.check("serve-makes-folders", serve_makes_folders)
        report.check("demo-on-a-terminal", demo_on_a_terminal)
        urls(plain, secure)
        audits(plain)
        events(plain)
        halls(plain)
        blocks(plain)
        lookups(plain)
        edits(plain)
        texts(plain)
        currencies(plain)
        maxima(plain)
        few_files()
        server.at_the_end(report, plain, USHER)
    finally:
        for running in plain, secure:
            if running:
                running.kill()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
