"""A wire between a client and a server that a test can cut.

It listens on a port of its own and passes bytes both ways. freeze() lets nothing through any more, without a word to
either side, or of one direction only what goes to the server ("there") or comes from it ("back"); go_on() passes what has waited; cut() closes all connections; cut_answer_to(end) lets the next execution of
a statement through that MariaDB has prepared and whose text ends so, and closes the connection instead of giving back its answer.
"""
import socket
import threading

PREPARE, EXECUTE = b"\x16", b"\x17"  # commands of MariaDB's protocol


class Wire:
    def __init__(self, port):
        self.target = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.ways = {"there": threading.Event(), "back": threading.Event()}
        self.go_on()
        self.pairs = []
        self.pattern = None
        self.cut_answers = 0
        self.lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.ways["there"].wait()
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            pair = {"client": client, "server": server, "doomed": False, "asked": None, "prepared": {}}
            with self.lock:
                self.pairs.append(pair)
            threading.Thread(target=self._pass, args=(pair, "client", "server"), daemon=True).start()
            threading.Thread(target=self._pass, args=(pair, "server", "client"), daemon=True).start()

    def _pass(self, pair, source, sink):
        try:
            while True:
                piece = pair[source].recv(65536)
                if not piece:
                    break
                self.ways["there" if source == "client" else "back"].wait()
                if source == "client":
                    self._look(pair, piece)
                elif pair["doomed"]:
                    with self.lock:
                        self.cut_answers += 1
                    break
                elif pair["asked"]:
                    pair["prepared"][piece[5:9]] = pair["asked"]
                    pair["asked"] = None
                pair[sink].sendall(piece)
        except OSError:
            pass
        self._end(pair)

    def _look(self, pair, piece):
        """A packet: three bytes of length, its number, the command; an execution names its statement in four bytes."""
        with self.lock:
            pair["asked"] = piece[5:] if piece[4:5] == PREPARE else None
            text = pair["prepared"].get(piece[5:9], b"") if piece[4:5] == EXECUTE else b""
            if self.pattern and text.endswith(self.pattern):
                self.pattern = None
                pair["doomed"] = True

    def _end(self, pair):
        with self.lock:
            if pair in self.pairs:
                self.pairs.remove(pair)
        for side in ("client", "server"):
            try:
                pair[side].shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            pair[side].close()

    def freeze(self, *directions):
        for name in directions or self.ways:
            self.ways[name].clear()

    def go_on(self):
        for way in self.ways.values():
            way.set()

    def cut(self):
        with self.lock:
            pairs = list(self.pairs)
        for pair in pairs:
            self._end(pair)

    def cut_answer_to(self, pattern):
        with self.lock:
            self.pattern = pattern

    def close(self):
        self.listener.close()
        self.go_on()
        self.cut()
