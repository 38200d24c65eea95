"""A server of an organiser's own: what it was sent, checked by the library of Standard Webhooks itself."""
import http.server
import json
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".tools", "standardwebhooks"))
from standardwebhooks.webhooks import Webhook  # noqa: E402


class Receiver:
    """Takes messages on a port of its own; `status` is what it answers, and `secret` (or several) what it checks with."""

    def __init__(self, secret=None, host="127.0.0.1"):
        self.secrets = [secret] if secret else []
        self.status, self.headers, self.body, self.hang = 200, {}, b"", None
        self.taken, self.tries, self.wrong = [], [], []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                receiver.take(self)

            def do_GET(self):  # a redirect that was followed would come as this
                receiver.wrong.append(("GET", self.path))
                self.send_error(404)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((host, 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://{host}:{self.port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, handler):
        body = handler.rfile.read(int(handler.headers["content-length"]))
        self.tries.append(dict(handler.headers))
        for secret in self.secrets:
            try:
                Webhook(secret).verify(body, {name.lower(): value for name, value in handler.headers.items()})
            except Exception as error:  # what the library says of it
                self.wrong.append((repr(error), body))
        if self.hang:
            self.hang.wait(60)
        if 200 <= self.status < 300:
            self.taken.append({"id": handler.headers["webhook-id"], **json.loads(body)})
        handler.send_response(self.status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(self.body)))
        handler.end_headers()
        try:
            handler.wfile.write(self.body)
        except OSError:
            pass

    def sequences(self):
        return [message["sequence"] for message in self.taken if message["sequence"]]

    def types(self):
        return [message["type"] for message in self.taken if message["sequence"]]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
