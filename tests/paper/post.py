"""Mail servers: Mailpit, which no one here wrote, and one of our own that fails as it is told."""
import http.client
import json
import os
import socket
import subprocess
import threading

from servers import Program, free_port

HERE = os.path.dirname(os.path.abspath(__file__))


class Mailpit(Program):
    """Keeps what it gets; with `tls` and `login` it wants STARTTLS and a password."""

    name = "mailpit"

    def __init__(self, tls=None, login=None):
        super().__init__()
        self.binary = subprocess.run([os.path.join(HERE, "../../scripts/gotool"), "mailpit"], check=True,
                                     capture_output=True, text=True).stdout.strip()
        self.smtp_port, self.http_port = free_port(), free_port()
        self.options = []
        if tls:
            self.options += ["--smtp-tls-cert", tls[0], "--smtp-tls-key", tls[1], "--smtp-require-starttls"]
        if login:
            with open(self.path("logins"), "w", encoding="ascii") as file:
                file.write(login + "\n")
            self.options += ["--smtp-auth-file", self.path("logins")]

    def start(self):
        self.run(self.binary, "--smtp", f"127.0.0.1:{self.smtp_port}", "--listen", f"127.0.0.1:{self.http_port}",
                 "--disable-version-check", *self.options)
        return self.await_answer()

    def ask(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=20)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def answers(self):
        try:
            return self.ask("/readyz")[0] == 200
        except OSError:
            return False

    def mails(self):
        """The mails as they came, oldest first."""
        found = json.loads(self.ask("/api/v1/messages?limit=500")[1])["messages"]
        return [self.ask(f"/api/v1/message/{mail['ID']}/raw")[1] for mail in reversed(found)]


class Faulty:
    """A mail server whose replies are a script: a function from (how many mails came before to this address, address)
    to "take", a reply like "451 later", "lose" (takes the mail and closes without a reply) or "cut" (closes in the middle
    of it). Keeps what was sent whole: (address, text, what it replied)."""

    def __init__(self, script):
        self.script = script
        self.came = []
        self.tries = {}
        self.senders = {}  # of the envelope, by the recipient; the last one
        self.connections = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._talk_quietly, args=(connection,), daemon=True).start()

    def _talk_quietly(self, connection):
        try:
            self._talk(connection)
        except (OSError, ValueError):  # the other side, or close(), has ended it
            pass

    def _talk(self, connection):
        with connection, connection.makefile("rwb") as stream:
            def say(text):
                stream.write(text.encode() + b"\r\n")
                stream.flush()

            address, verdict = "", "take"
            say("220 here")
            for line in stream:
                verb = line[:4].upper()
                if verb == b"EHLO":
                    say("250 here")
                elif verb == b"MAIL":
                    sender = line.decode().split("<")[1].split(">")[0]
                    say("250 ok")
                elif verb == b"RCPT":
                    self.senders[line.decode().split("<")[1].split(">")[0]] = sender
                    address = line.decode().split("<")[1].split(">")[0]
                    before = self.tries.get(address, 0)
                    self.tries[address] = before + 1
                    verdict = self.script(before, address)
                    say(verdict if verdict.startswith("5") else "250 ok")
                elif verb == b"DATA":
                    say("354 go on")
                    text = []
                    for line in stream:
                        if line == b".\r\n" or (verdict == "cut" and len(text) > 20):
                            break
                        text.append(line[1:] if line.startswith(b"..") else line)
                    if verdict == "cut":
                        return
                    self.came.append((address, b"".join(text), verdict))
                    if verdict == "lose":
                        return
                    say("250 taken" if verdict == "take" else verdict)
                elif verb == b"QUIT":
                    say("221 bye")
                    return
                else:
                    say("250 ok")

    def close(self):
        for one in (self.listener, *self.connections):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:  # it is closed already
                pass
            one.close()
