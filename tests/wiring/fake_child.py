"""A stand-in for `pilothouse.wiring.child`: parts that answer, end early, or will not stop."""

import contextlib
import http.server
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

from pilothouse.wiring.lifeline import Sign


class Door(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path.startswith("/healthz") else 404)
        self.end_headers()
        self.wfile.write(b'{"status": "ok", "ready": true}')

    def log_message(self, *_):
        pass


def main(part, home, port):
    note = Path(home) / f"{part}.note"
    if (Path(home) / f"{part}.fails").exists():
        print("the disk is on fire")
        sys.exit(3)
    if (Path(home) / f"{part}.slow").exists():
        # Longer in all than it is waited for, and never silent for so long.
        for turn in range(12):
            print(f"under way: replay, at block {turn} of 12", flush=True)
            time.sleep(0.2)
    for code in (65, 75):
        if (Path(home) / f"{part}.ends-{code}").exists():
            print(f"{part}: it ends with {code}")
            sys.exit(code)
    if part in ("compile", "seed", "found"):
        return
    if part == "writer":
        listener = socket.socket(socket.AF_UNIX)
        address = Path(home) / "sockets" / "console.sock"
        address.parent.mkdir(exist_ok=True)
        address.unlink(missing_ok=True)
        listener.bind(str(address))
        listener.listen()
    if port:
        door = http.server.ThreadingHTTPServer(("127.0.0.1", port), Door)
        threading.Thread(target=door.serve_forever, daemon=True).start()

    def leave(*_):
        if (Path(home) / f"{part}.lingers").exists():
            return
        with (Path(home) / "ended").open("a") as out:
            out.write(f"{part}\n")
        note.unlink()
        os._exit(0)

    signal.signal(signal.SIGTERM, leave)
    note.write_text(str(os.getpid()))

    def leave_with_parent():
        with contextlib.suppress(OSError):
            sys.stdin.buffer.read()
        leave()

    threading.Thread(target=leave_with_parent, daemon=True).start()
    alive, hung = Sign(), Path(home) / f"{part}.hangs"
    for _ in range(6_000):
        if not hung.exists():
            alive()
        time.sleep(0.1)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
