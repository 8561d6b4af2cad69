"""The embedded exchange as processes on one folder: started in order, watched, stopped in order.

Each child is `pilothouse.wiring.child`, in a session of its own, so that Ctrl-C reaches the parent
alone and the parent stops the doors before the writer. What a child says goes to
`HOME/logs/PART.log`. `HOME/processes.json` names who runs; it is removed at the end.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pilothouse.venue.progress import under_way
from pilothouse.venue.wire import SOCKET
from pilothouse.wiring.parts import Part

STOP_ORDER: Final = (
    Part.REPLAY,
    Part.TRAFFIC,
    Part.CONSOLE,
    Part.GATEWAY,
    Part.SEED,
    Part.FOUND,
    Part.WRITER,
    Part.COMPILE,
)
STOP_TIMEOUT_S: Final = 20
PROCESSES_FILE: Final = "processes.json"
LAST_LINES: Final = 15
TAIL_BYTES: Final = 4_096


class PartFailed(RuntimeError):
    """A part ended by itself, or did not answer in time; the text says which and what it said."""


@dataclass
class Child:
    """A process of ours: its part, and the pipe that ends with us. `said` is what was told."""

    part: Part
    process: subprocess.Popen[bytes]
    log: Path
    port: int = 0
    log_from: int = 0
    said: str = ""

    def progress(self) -> str:
        """Return what the child said last, since it was started, of how far it is."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(max(self.log_from, log.seek(0, os.SEEK_END) - TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
        return next(filter(None, map(under_way, reversed(lines))), "")

    def last_lines(self) -> str:
        """Return the end of what the child said since it was started."""
        with self.log.open("rb") as log:
            log.seek(self.log_from)
            lines = log.read().decode(errors="replace").splitlines()
        return "\n".join(lines[-LAST_LINES:])


@dataclass
class Processes:
    """The running parts of one folder."""

    home: Path
    children: dict[Part, Child] = field(default_factory=dict)
    module: str = "pilothouse.wiring.child"

    def start(self, part: Part, port: int = 0) -> Child:
        """Start a part; it runs when this returns, it may not answer yet."""
        log = self.home / "logs" / f"{part}.log"
        log.parent.mkdir(exist_ok=True)
        with log.open("ab") as out:
            said_before = out.tell()
            process = subprocess.Popen(
                [sys.executable, "-m", self.module, part, str(self.home), str(port)],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        child = self.children[part] = Child(part, process, log, port, said_before)
        self._write_facts()
        return child

    def check(self) -> None:
        """Raise PartFailed if a part has ended by itself."""
        for child in self.children.values():
            code = child.process.poll()
            if code is not None:
                raise PartFailed(f"{child.part} ended with code {code}\n{child.last_lines()}")

    def wait_until(
        self,
        what: str,
        holds: Callable[[], bool],
        timeout_s: int,
        leave: Callable[[], bool],
        tell: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        """Wait until something holds; PartFailed if a part ends first or nothing moves for long.

        A part that says something is at work: a long journal takes its time, and the time counts
        anew. What it says is told. `leave` is asked as well: when it holds, the wait ends early
        and silently.
        """
        until = time.monotonic() + timeout_s
        while not leave() and not holds():
            self.check()
            for sentence in self._news():
                tell(sentence)
                until = time.monotonic() + timeout_s
            if time.monotonic() > until:
                raise PartFailed(f"{what} did not happen, and nothing moved for {timeout_s} s")
            time.sleep(0.05)

    def _news(self) -> Iterator[str]:
        for one in self.children.values():
            said = one.progress()
            if said and said != one.said:
                one.said = said
                yield f"{one.part}: {said}"

    def finish(self, part: Part, leave: Callable[[], bool]) -> None:
        """Wait for a part that ends by itself; PartFailed if it ended with an error."""
        child = self.children[part]
        while child.process.poll() is None and not leave():
            self._check_others(part)
            time.sleep(0.05)
        code = child.process.poll()
        if code:
            raise PartFailed(f"{part} ended with code {code}\n{child.last_lines()}")
        if code == 0:
            self._forget(part)

    def _check_others(self, part: Part) -> None:
        for child in self.children.values():
            if child.part != part and child.process.poll() is not None:
                self.check()

    def stop(self) -> list[Part]:
        """Stop every part, doors before the writer; return those that had to be killed."""
        killed = [part for part in STOP_ORDER if part in self.children and not self._end(part)]
        for part in list(self.children):
            self._forget(part)
        (self.home / PROCESSES_FILE).unlink(missing_ok=True)
        return killed

    def _end(self, part: Part) -> bool:
        process = self.children[part].process
        if process.poll() is not None:
            return True
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return False
        return True

    def _forget(self, part: Part) -> None:
        child = self.children.pop(part)
        if child.process.stdin is not None:
            child.process.stdin.close()
        self._write_facts()

    def _write_facts(self) -> None:
        facts = {
            str(child.part): {"pid": child.process.pid, "port": child.port}
            for child in self.children.values()
        }
        path = self.home / PROCESSES_FILE
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps(facts))
        beside.replace(path)


def running_parts(home: Path) -> dict[str, dict[str, int]]:
    """Return the parts that run on a folder, by their names, with pid and port."""
    try:
        facts: dict[str, dict[str, int]] = json.loads((home / PROCESSES_FILE).read_text())
    except (OSError, ValueError):
        return {}
    return {part: fact for part, fact in facts.items() if _runs(fact["pid"])}


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def writer_listens(home: Path) -> bool:
    """Tell whether a writer takes connections at its socket; a file left behind is no writer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(home / SOCKET))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port of the loopback address that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_taken(port: int) -> bool:
    """Tell whether somebody listens on a port of the loopback address already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def answers(port: int) -> bool:
    """Tell whether `GET /healthz` on a port is answered with 200."""
    try:
        with _door.open(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


# A proxy of the environment must not stand between us and the loopback address.
_door: Any = urllib.request.build_opener(urllib.request.ProxyHandler({}))
