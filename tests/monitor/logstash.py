"""Stand-ins for Logstash's HTTP and TCP inputs: what they take is kept by id. Logstash itself is nowhere to be had as a package."""
import http.server
import json
import socketserver
import threading


class Taken:
    def __init__(self):
        self.by_id = {}
        self.count = 0
        self.lock = threading.Lock()

    def take(self, record):
        assert "@timestamp" in record and record["data_stream.dataset"].startswith("usher."), record
        with self.lock:
            self.by_id[record["usher.record"]] = record
            self.count += 1

    def events(self):
        with self.lock:
            return {int(r["usher.version"]) for r in self.by_id.values() if r.get("event.dataset") == "usher.sale"}


class HttpInput(Taken):
    """Answers by a script of statuses first, as the documentation of its HTTP input has them; then takes all."""

    def __init__(self, statuses):
        super().__init__()
        taken = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                with taken.lock:
                    status = statuses.pop(0) if statuses else 200
                assert self.headers["content-type"] == "application/json"
                if status == 200 or status == 500:  # 500: it took them all the same
                    for record in json.loads(body):
                        taken.take(record)
                self.send_response(status)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class TcpInput(Taken):
    """An object a line; the first connection is broken off after some lines."""

    def __init__(self, breaks_after):
        super().__init__()
        taken, state = self, {"left": breaks_after}

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                for line in self.rfile:
                    if not line.endswith(b"\n"):
                        return
                    taken.take(json.loads(line))
                    state["left"] -= 1
                    if state["left"] == 0:
                        return

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"tcp://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
