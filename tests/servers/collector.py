"""A real OpenTelemetry collector, built by scripts/gotool: it takes OTLP over HTTP and hands on what it took, in its own
words, to a receiver of the test's."""
import http.server
import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from servers import Program, free_port  # noqa: E402

TOP = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))

CONFIG = """
receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:{port}
exporters:
  otlphttp:
    endpoint: http://127.0.0.1:{receiver}
    encoding: json
    compression: none
service:
  telemetry:
    metrics:
      level: none
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [otlphttp]
"""


class Receiver(http.server.BaseHTTPRequestHandler):
    """Keeps each span with the attributes of its own and of its process as plain members."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        for resource in json.loads(self.rfile.read(int(self.headers["content-length"]))).get("resourceSpans", []):
            about = plain(resource["resource"].get("attributes", []))
            for scope in resource["scopeSpans"]:
                self.server.spans += [{**span, "about": about, "facts": plain(span.get("attributes", []))}
                                      for span in scope["spans"]]
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


class Receivers(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """A collector that is killed breaks off its connection: that is no error of the test's."""


class Collector(Program):
    name = "otelcol"

    def __init__(self):
        super().__init__()
        self.binary = subprocess.run([os.path.join(TOP, "scripts", "gotool"), "otelcol"], check=True, capture_output=True,
                                     text=True).stdout.strip()
        self.receiver = Receivers(("127.0.0.1", 0), Receiver)
        self.receiver.spans = []
        threading.Thread(target=self.receiver.serve_forever, daemon=True).start()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        with open(self.path("config.yaml"), "w", encoding="ascii") as file:
            file.write(CONFIG.format(port=self.port, receiver=self.receiver.server_port))

    def start(self):
        self.run(self.binary, "--config", self.path("config.yaml"))
        return self.await_answer()

    def answers(self):
        ask = urllib.request.Request(self.url + "/v1/traces", b'{"resourceSpans":[]}', {"content-type": "application/json"})
        try:
            with urllib.request.urlopen(ask, timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def spans(self):
        """All spans so far."""
        return list(self.receiver.spans)

    def close(self):
        super().close()
        self.receiver.shutdown()
        self.receiver.server_close()


def plain(attributes):
    """{"key": value} of OTLP's list; whole numbers are such again."""
    return {a["key"]: int(a["value"]["intValue"]) if "intValue" in a["value"] else a["value"].get("stringValue")
            for a in attributes}
