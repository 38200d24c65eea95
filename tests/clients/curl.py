"""A client: plain curl, over HTTP/1.1 or HTTP/2, with Connect's JSON or protobuf. A process a call."""
import base64
import json
import os
import shutil
import struct
import subprocess
import tempfile
import urllib.parse

from story import SALE, equal, refused

HTTP_OF = {"canceled": 499, "unknown": 500, "invalid_argument": 400, "deadline_exceeded": 504, "not_found": 404,
           "already_exists": 409, "permission_denied": 403, "resource_exhausted": 429, "failed_precondition": 400,
           "aborted": 409, "out_of_range": 400, "unimplemented": 501, "internal": 500, "unavailable": 503,
           "data_loss": 500, "unauthenticated": 401}
TIMED_OUT = 28  # curl's exit code
END = 2  # the flag of a stream's last envelope


class Answer:
    """What curl got: status, HTTP version, header fields by lower-case name, body."""

    def __init__(self, head, body, version):
        self.body, self.version = body, version
        lines = head.decode("latin-1").replace("\r\n", "\n").strip("\n").split("\n\n")
        self.status = int(lines[0].split()[1])
        self.fields = {}
        for line in "\n".join(lines).split("\n")[1:]:
            name, _, value = line.partition(":")
            self.fields[name.strip().lower()] = value.strip()


class Updates:
    """A stream's messages, out of the pipe from curl."""

    def __init__(self, client, answer_class, process):
        self.client, self.answer_class, self.process = client, answer_class, process

    def __iter__(self):
        return self

    def __next__(self):
        head = self.process.stdout.read(5)
        assert len(head) == 5, "the stream broke off"
        flags, length = struct.unpack(">BI", head)
        body = self.process.stdout.read(length)
        if flags == END:
            self.cancel()
            end = json.loads(body)
            if "error" in end:
                raise self.client.forms.failed_connect(end["error"])
            raise StopIteration
        equal(flags, 0, "an envelope's flags")
        return self.client.read(self.answer_class, body)

    def cancel(self):
        self.process.kill()
        self.process.stdout.close()
        self.process.wait()


class CurlClient:
    """See story.py. version: h1, h2; form: json, proto."""

    def __init__(self, url, forms, version, form, root_path=None):
        self.url, self.forms, self.form = url, forms, form
        self.version = {"h1": "1.1", "h2": "2"}[version]
        prior = "--http2" if url.startswith("https:") else "--http2-prior-knowledge"
        self.options = ["-sS", "--noproxy", "*", "--http1.1" if version == "h1" else prior]
        if root_path:
            self.options += ["--cacert", root_path]
        self.folder = tempfile.mkdtemp(prefix="usher-curl-")

    def close(self):
        shutil.rmtree(self.folder)

    def run(self, path, *options, body=None):
        """One request, and Answer."""
        head = os.path.join(self.folder, "head")
        command = ["curl", *self.options, "-D", head, "-w", "%{stderr}%{http_version}", *options, self.url + path]
        if body is not None:
            command += ["--data-binary", "@-"]
        done = subprocess.run(command, input=body, capture_output=True, timeout=60)
        assert done.returncode == 0, f"curl: {done.returncode}: {done.stderr.decode()}"
        with open(head, "rb") as file:
            answer = Answer(file.read(), done.stdout, done.stderr.decode())
        equal(answer.version, self.version, "the version of HTTP")
        return answer

    def write(self, request_class, message):
        return json.dumps(message).encode() if self.form == "json" else self.forms.pack(request_class, message)

    def read(self, answer_class, body):
        if self.form == "json":
            return self.forms.complete(answer_class, json.loads(body))
        return self.forms.to_json(answer_class.FromString(body))

    def headers(self, token, timeout, stream=False):
        found = ["-H", f"content-type: application/{'connect+' if stream else ''}{self.form}",
                 "-H", "connect-protocol-version: 1", "-H", "expect:"]
        if token:
            found += ["-H", f"authorization: Bearer {token}"]
        if timeout:
            found += ["-H", f"connect-timeout-ms: {int(timeout * 1000)}"]
        return found

    def failed(self, status, body):
        failed = self.forms.failed_connect(json.loads(body))
        equal(status, HTTP_OF[failed.code], f"the status of {failed}")
        return failed

    def call(self, method, message, token=None, timeout=30, service="usher.v1.TicketService"):
        asks, answers = self.forms.method(service, method)
        answer = self.run(f"/{service}/{method}", *self.headers(token, timeout), body=self.write(asks, message))
        if answer.status != 200:
            raise self.failed(answer.status, answer.body)
        equal(answer.fields["content-type"], f"application/{self.form}", "content-type")
        return self.read(answers, answer.body)

    def packed(self, method, message, service="usher.v1.TicketService"):
        asks, _ = self.forms.method(service, method)
        body = self.forms.pack(asks, message)
        return self.run(f"/{service}/{method}", "-H", "content-type: application/proto", body=body).body

    def unknown(self, service, method):
        answer = self.run(f"/{service}/{method}", *self.headers(None, None), body=b"{}")
        equal(answer.status, 404, "the status of a path that is no method")
        raise self.forms.failed_connect(json.loads(answer.body))

    def watch(self, message, timeout=None, method="WatchSeats", service="usher.v1.TicketService"):
        asks, answers = self.forms.method(service, method)
        body = self.write(asks, message)
        process = subprocess.Popen(
            ["curl", *self.options, "-N", *self.headers(None, timeout, stream=True), "--data-binary", "@-",
             f"{self.url}/{service}/{method}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdin.write(struct.pack(">BI", 0, len(body)) + body)
        process.stdin.close()
        return Updates(self, answers, process)

    def abandon(self, method, message, token):
        """Calls, and goes away before the answer."""
        asks, _ = self.forms.method("usher.v1.TicketService", method)
        done = subprocess.run(
            ["curl", *self.options, "--max-time", "0.03", *self.headers(token, None), "--data-binary", "@-",
             f"{self.url}/usher.v1.TicketService/{method}"], input=self.write(asks, message), capture_output=True,
            timeout=60)
        equal(done.returncode, TIMED_OUT, f"curl's exit code, {done.stderr}")

    def many(self, method, calls, service="usher.v1.TicketService"):
        asks, answers = self.forms.method(service, method)
        lines = []
        for i, (message, token) in enumerate(calls):
            with open(os.path.join(self.folder, f"{i}.ask"), "wb") as file:
                file.write(self.write(asks, message))
            lines += [] if i == 0 else ["next"]
            lines += [f'url = "{self.url}/{service}/{method}"', f'data-binary = "@{self.folder}/{i}.ask"',
                      f'output = "{self.folder}/{i}.answer"', f'write-out = "{i} %{{http_code}}\\n"', "silent"]
            lines += [f'header = "{h}"' for h in self.headers(token, None)[1::2]]
            lines += [o.lstrip("-") for o in self.options if o.startswith("--http")]
        done = subprocess.run(["curl", "--parallel", "--parallel-immediate", "--parallel-max", "200", "-K", "-"],
                              input="\n".join(lines).encode(), capture_output=True, timeout=120)
        assert done.returncode == 0, f"curl: {done.returncode}: {done.stderr.decode()[:500]}"
        statuses = dict(map(int, line.split()) for line in done.stdout.decode().split("\n") if line)
        found = []
        for i in range(len(calls)):
            with open(os.path.join(self.folder, f"{i}.answer"), "rb") as file:
                body = file.read()
            found.append(self.read(answers, body) if statuses[i] == 200 else self.failed(statuses[i], body))
        return found


def curl_only(client):
    """(name, test): what only a client that sees HTTP itself can tell."""
    ticket = "/usher.v1.TicketService/"

    def query(message, **more):
        return "?" + urllib.parse.urlencode({"connect": "v1", "encoding": "json", "message": json.dumps(message), **more})

    def get_with_etag():
        events = client.run(ticket + "ListEvents" + query({}))
        equal((events.status, events.fields["content-type"]), (200, "application/json"), "the answer")
        equal(events.fields["cache-control"], "public, max-age=2", "cache-control of the catalog")
        again = client.run(ticket + "ListEvents" + query({}), "-H", f"if-none-match: {events.fields['etag']}")
        equal((again.status, again.body), (304, b""), "the answer to its own etag")
        other = client.run(ticket + "ListEvents" + query({}), "-H", 'if-none-match: "0"')
        equal((other.status, other.body), (200, events.body), "the answer to another etag")

    def get_for_ever():
        layout = client.call("GetPerformance", {"performanceId": SALE})["hall"]["layoutHash"]
        asks, _ = client.forms.method("usher.v1.TicketService", "GetSeatMap")
        packed = base64.urlsafe_b64encode(client.forms.pack(asks, {"layoutHash": layout})).rstrip(b"=").decode()
        answer = client.run(ticket + "GetSeatMap" + "?" + urllib.parse.urlencode(
            {"connect": "v1", "encoding": "proto", "base64": "1", "message": packed}))
        equal((answer.status, answer.fields["content-type"]), (200, "application/proto"), "the answer")
        equal(answer.fields["cache-control"], "public, max-age=31536000, immutable", "cache-control of a layout")
        equal(answer.body, client.packed("GetSeatMap", {"layoutHash": layout}), "the layout by GET and by POST")

    def get_only_where_safe():
        answer = client.run(ticket + "HoldBest" + query({"performanceId": SALE, "party": 1}))
        equal((answer.status, answer.fields["allow"]), (405, "POST"), "GET of HoldBest")
        for method in ("OPTIONS", "PUT", "DELETE"):
            equal(client.run(ticket + "HoldBest", "-X", method).status, 405, method)

    def content_types():
        for kind in ("text/plain", "application/grpc-web", "application/connect+json", "application/xml"):
            answer = client.run(ticket + "ListEvents", "-H", f"content-type: {kind}", body=b"{}")
            equal(answer.status, 415, kind)
        equal(client.run(ticket + "ListEvents", "-H", "content-type: application/json; charset=utf-8", body=b"{}").status,
              200, "with a parameter")

    def says_bearer():
        answer = client.run(ticket + "HoldBest", *client.headers(None, None), body=b"{}" if client.form == "json" else b"")
        equal((answer.status, answer.fields["www-authenticate"]), (401, "Bearer"), "without a token")

    def pages():
        equal(client.run("/healthz").body, b"ok\n", "/healthz")
        metrics = client.run("/metrics").body.decode()
        for name in ("usher_seats_sold", "usher_performances_serving", "usher_commit_seconds_count", "usher_load_seconds_count",
                     "usher_changes_total"):
            assert f"\n{name} " in metrics, f"no {name} in {metrics}"
        assert "\nusher_connections_open " in metrics and "# TYPE usher_calls_total counter" in metrics, metrics[:300]
        head = client.run("/healthz", "-I")
        equal((head.status, head.body[:4]), (200, b"HTTP"), "HEAD, of which -I prints the head alone")
        equal(client.run("/no/such/file.png").status, 404, "a page that is not there")
        equal(client.run("/healthz", "-X", "POST", "-d", "x").status, 405, "POST to a page")

    def grpc_by_hand():
        options = ["-H", "content-type: application/grpc", "-H", "te: trailers"]
        if client.version != "2":
            equal(client.run(ticket + "ListEvents", *options, body=bytes(5)).status, 415, "gRPC over HTTP/1.1")
            return
        answer = client.run(ticket + "ListEvents", *options, body=bytes(5))
        equal((answer.status, answer.fields.get("grpc-status")), (200, "0"), "status and trailer")
        equal(struct.unpack(">BI", answer.body[:5]), (0, len(answer.body) - 5), "the envelope")

    def malformed():
        broken = b'{"performanceId":' if client.form == "json" else b"\x08"
        token = client.call("CreateGuest", {}, service="usher.v1.AuthService")["token"]
        answer = client.run(ticket + "HoldBest", *client.headers(token, None), body=broken)
        raised = client.failed(answer.status, answer.body)
        equal((raised.code, raised.detail["reason"]), ("invalid_argument", "BAD_ARGUMENT"), "the error")
        refused("invalid_argument", "BAD_ARGUMENT", client.call, "HoldBest", {"performanceId": SALE}, token=token)

    tests = (get_with_etag, get_for_ever, get_only_where_safe, content_types, says_bearer, pages, grpc_by_hand, malformed)
    return [(test.__name__.replace("_", "-"), test) for test in tests]
