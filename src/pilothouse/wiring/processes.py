"""The embedded exchange as processes on one folder: started in order, looked at, stopped in order.

Each child is `pilothouse.wiring.child`, in a session of its own, so that Ctrl-C reaches the parent
alone and the parent stops the doors before the writer. What a child says goes to
`HOME/logs/PART.log`, cut where it grows too long. `HOME/processes.json` names who runs; it is
removed at the end.
"""

from __future__ import annotations

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
from typing import IO, Any, Final

from pilothouse.language.doors import Doorway
from pilothouse.venue.progress import under_way
from pilothouse.venue.sockets import connect
from pilothouse.wiring.lifeline import ParentsEnd
from pilothouse.wiring.logs import bound_logs
from pilothouse.wiring.parts import Part
from pilothouse.wiring.running import PROCESSES_FILE, Facts, started_at, write_facts

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
LISTEN_TEST_S: Final = 2
KILL_TIMEOUT_S: Final = 5
LAST_LINES: Final = 15
TAIL_BYTES: Final = 4_096


class PartFailed(RuntimeError):
    """A part ended by itself, or did not answer in time; the text says which and what it said."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code


@dataclass
class Child:
    """A process of ours: its part, and the line that ends with us. `said` is what was reported."""

    part: Part
    process: subprocess.Popen[bytes]
    log: Path
    port: int = 0
    log_from: int = 0
    said: str = ""
    line: ParentsEnd = field(default_factory=ParentsEnd)
    started: str = ""

    def progress(self) -> str:
        """Return what the child said last, since it was started, of how far it is."""
        return next(filter(None, map(under_way, reversed(self._tail()))), "")

    def last_lines(self) -> str:
        """Return the end of what the child said since it was started."""
        return "\n".join(self._tail()[-LAST_LINES:])

    def last_sentence(self) -> str:
        """Return the last line of what the child said since it was started, "" if nothing."""
        return next((one for one in reversed(self._tail()) if one.strip()), "")

    def _tail(self) -> list[str]:
        # A log that cannot be read says nothing, and ends nobody.
        try:
            return self._end_of_log()
        except OSError:
            return []

    def _end_of_log(self) -> list[str]:
        with self.log.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            # A log that was cut is shorter than it was when this child began.
            begin = self.log_from if self.log_from <= end else 0
            log.seek(max(begin, end - TAIL_BYTES))
            return log.read().decode(errors="replace").splitlines()


@dataclass
class Processes:
    """The running parts of one folder. `also` is written beside them for readers.

    `unwritten` says why what runs could not be written down, "" while it is; `unbounded` the same
    of logs that could not be looked at or opened.
    """

    home: Path
    children: dict[Part, Child] = field(default_factory=dict)
    module: str = "pilothouse.wiring.child"
    also: dict[Part, dict[str, Any]] = field(default_factory=dict)
    given_up: list[Child] = field(default_factory=list)
    unwritten: str = ""
    unbounded: str = ""

    def start(self, part: Part, port: int = 0) -> Child:
        """Start a part; it runs when this returns, it may not answer yet. Raises OSError."""
        log = self.home / "logs" / f"{part}.log"
        line = ParentsEnd()
        with _opened(log) as out:
            said_before = out.tell()
            process = subprocess.Popen(
                [sys.executable, "-m", self.module, part, str(self.home), str(port)],
                stdin=line.childs.fileno(),
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        line.given()
        child = Child(part, process, log, port, said_before, line=line)
        child.started = started_at(process.pid)
        self.children[part] = child
        self.write()
        return child

    def bound_logs(self) -> None:
        """Cut the logs that grew too long: a part may write the same line without end.

        What keeps us from looking at them ends nobody.
        """
        try:
            bound_logs(self.home / "logs")
            self.unbounded = ""
        except OSError as error:
            self.unbounded = f"the logs cannot be bounded: {error}"

    def check(self) -> None:
        """Raise PartFailed if a part has ended by itself."""
        for child in self.children.values():
            code = child.process.poll()
            if code is not None:
                raise PartFailed(
                    f"{child.part} ended with code {code}\n{child.last_lines()}", code
                )

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
            self.bound_logs()
            for sentence in self.news():
                tell(sentence)
                until = time.monotonic() + timeout_s
            if time.monotonic() > until:
                raise PartFailed(f"{what} did not happen, and nothing moved for {timeout_s} s")
            time.sleep(0.05)

    def news(self) -> Iterator[str]:
        """Yield what parts said of work under way since this was asked last."""
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
            raise PartFailed(f"{part} ended with code {code}\n{child.last_lines()}", code)
        if code == 0:
            self.forget(part)

    def _check_others(self, part: Part) -> None:
        for child in self.children.values():
            if child.part != part and child.process.poll() is not None:
                self.check()

    def stop(self) -> list[Part]:
        """Stop every part, doors before the writer; return those that had to be killed."""
        killed = [part for part in STOP_ORDER if part in self.children and not self._end(part)]
        for part in list(self.children):
            self.forget(part)
        for child in self.given_up:
            _wait(child.process, KILL_TIMEOUT_S)
        (self.home / PROCESSES_FILE).unlink(missing_ok=True)
        return killed

    def _end(self, part: Part) -> bool:
        process = self.children[part].process
        if process.poll() is not None:
            return True
        process.send_signal(signal.SIGTERM)
        if _wait(process, STOP_TIMEOUT_S):
            return True
        process.kill()
        # One that waits for a disk dies when the disk answers; nobody waits for that.
        _wait(process, KILL_TIMEOUT_S)
        return False

    def give_up(self, part: Part) -> None:
        """Kill a part that hangs and forget it; whether it dies at once is not waited for."""
        child = self.children[part]
        child.process.kill()
        self.given_up = [one for one in self.given_up if one.process.poll() is None] + [child]
        self.forget(part)

    def forget(self, part: Part) -> None:
        """Let go of a part that ended."""
        self.children.pop(part).line.close()
        self.write()

    def write(self) -> None:
        """Write who runs, and what is also known of the parts; a full disk ends nobody."""
        facts: Facts = {str(part): dict(more) for part, more in self.also.items()}
        for child in self.children.values():
            known = {"pid": child.process.pid, "port": child.port, "started": child.started}
            facts.setdefault(str(child.part), {}).update(known)
        try:
            write_facts(self.home, facts)
            self.unwritten = ""
        except OSError as error:
            self.unwritten = f"{PROCESSES_FILE} cannot be written: {error}"


def _opened(log: Path) -> IO[bytes]:
    """Open a log to add to it; where the folder of logs is none, what is said is lost."""
    try:
        log.parent.mkdir(mode=0o700, exist_ok=True)
        return log.open("ab")
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        return open(os.devnull, "ab")


def _wait(process: subprocess.Popen[bytes], timeout_s: int) -> bool:
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        return False
    return True


def writer_listens(home: Path) -> bool:
    """Tell whether a writer takes connections at its doors; a file left behind is no writer."""
    try:
        connect(home, Doorway.CONSOLE, LISTEN_TEST_S).close()
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


def answers(port: int, question: str = "started") -> bool:
    """Tell whether a door answers 200 to one of its three questions: alive, started, ready."""
    try:
        with _door.open(f"http://127.0.0.1:{port}/healthz/{question}", timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def ask_health(port: int) -> str:
    """Return what a door says of whether it is ready; raise OSError if it does not answer."""
    try:
        with _door.open(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return str(answer.read(1 << 16).decode())
    except urllib.error.HTTPError as refused:
        # Not ready is an answer too.
        return str(refused.read(1 << 16).decode())


# A proxy of the environment must not stand between us and the loopback address.
_door: Any = urllib.request.build_opener(urllib.request.ProxyHandler({}))
