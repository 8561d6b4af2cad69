"""A receiver of notices on the loopback address: takes, refuses, hangs up, or says nothing."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver(ThreadingHTTPServer):
    """Remembers what came: the idempotency key and the title of each notice."""

    daemon_threads = True

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), _Door)
        self.came = []
        self.behaviour = 200
        self.released = threading.Event()

    @property
    def port(self):
        return self.server_address[1]

    def address(self, more=""):
        return f"json://someone:a-secret@127.0.0.1:{self.port}/hook{more}"


class _Door(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.came.append((self.headers["Idempotency-Key"], body["title"]))
        behaviour = self.server.behaviour
        if behaviour == "hangs up":
            self.close_connection = True
        elif behaviour == "says nothing":
            self.server.released.wait(30)
        else:
            self.send_response(behaviour)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_words):
        pass


@contextmanager
def receiver(port=0):
    made = Receiver(port)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.released.set()
        made.shutdown()
        made.server_close()
        thread.join()
