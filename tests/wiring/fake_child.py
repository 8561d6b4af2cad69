"""A stand-in for `pilothouse.wiring.child`: parts that answer, end early, or will not stop."""

import http.server
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path


class Door(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

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
    if part in ("compile", "seed", "found"):
        return
    if part == "writer":
        listener = socket.socket(socket.AF_UNIX)
        (Path(home) / "writer.sock").unlink(missing_ok=True)
        listener.bind(str(Path(home) / "writer.sock"))
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
    threading.Thread(target=lambda: (sys.stdin.read(), leave()), daemon=True).start()
    time.sleep(600)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
