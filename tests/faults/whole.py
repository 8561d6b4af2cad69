"""A whole exchange as it is started, and ways to hurt it."""

from __future__ import annotations

import atexit
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from pilothouse.wiring.running import running_parts

WAIT_S = 240
"""Generous: a machine that is busy with other work is not at fault."""
COMPILING_S = 2_400
"""The engine is compiled anew, and others compile beside it."""
COMMAND = (sys.executable, "-m", "pilothouse.wiring.cli")
AT_ONCE = (
    sys.executable,
    "-c",
    "from pilothouse.wiring import supervision; supervision.LONGEST_WAIT_S = 0.5; "
    "from pilothouse.wiring.cli import app; app()",
)
"""The same, but a part that fails again and again is started again at once."""
INJECTED = Path(__file__).parent / "injected"
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def until(holds: Callable[[], bool], what: str, within_s: int = WAIT_S) -> None:
    """Wait until something can be seen."""
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, f"not within {within_s} s: {what}"
        time.sleep(0.1)


class Whole:
    """`pilothouse up --demo` on a folder, as a process of its own.

    `faults` is a folder that says what is wrong with its clock and disk: see `injected`.
    """

    def __init__(
        self,
        home: Path,
        rate: int = 20,
        faults: Path | None = None,
        command: tuple[str, ...] = COMMAND,
    ) -> None:
        self.home, self.said, self._command, self._faults = home, [], command, faults
        self.tried = 0
        self._environment = environment() | {"PILOTHOUSE_TRAFFIC_RATE": str(rate)}
        if faults is not None:
            self._environment["PILOTHOUSE_TEST_FAULTS"] = str(faults)
            path = (str(INJECTED), self._environment["PYTHONPATH"])
            self._environment["PYTHONPATH"] = os.pathsep.join(path)
        self.process: subprocess.Popen | None = None
        self.trading = self.console = 0

    def up(self, *more: str, within_s: int = WAIT_S) -> Whole:
        """Start it and wait until it says its addresses."""
        self.begin(*more)
        until(self._has_announced, "the addresses", within_s)
        told = "".join(self.said)
        self.trading = int(re.search(r"trading API\s+http://127\.0\.0\.1:(\d+)", told)[1])
        self.console = int(re.search(r"console\s+http://127\.0\.0\.1:(\d+)", told)[1])
        return self

    def begin(self, *more: str) -> None:
        """Start it, and hear what it says."""
        self.said = []
        arguments = ("up", "--demo", "--trading-port=0", "--console-port=0", *more)
        self.process = subprocess.Popen(
            [*self._command, *arguments, f"--home={self.home}"],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        atexit.register(self.process.kill)
        threading.Thread(target=self._listen, args=(self.process, self.said), daemon=True).start()

    def _listen(self, process: subprocess.Popen, said: list[str]) -> None:
        said.extend(iter(process.stdout.readline, ""))

    @property
    def announced(self) -> bool:
        """Tell whether it said its addresses."""
        return "Ctrl-C stops everything" in "".join(self.said)

    def _has_announced(self) -> bool:
        ended = self.process.poll() is not None
        assert not ended, f"it ended:\n{''.join(self.said)}"
        return self.announced

    def pid(self, part: str) -> int:
        """Return the process of a part, 0 while none runs."""
        return running_parts(self.home).get(part, {}).get("pid", 0)

    def hurt(self, part: str, sign: int = signal.SIGKILL) -> int:
        """Send a signal to a part; return which process it was."""
        until(lambda: self.pid(part) != 0, f"{part} runs")
        pid = self.pid(part)
        os.kill(pid, sign)
        self.tried += 1
        return pid

    def set_fault(self, name: str, value: int) -> None:
        """Say what is wrong from now on: see `injected`."""
        self._faults.mkdir(exist_ok=True)
        (self._faults / "new").write_text(str(value))
        (self._faults / "new").rename(self._faults / name)
        self.tried += 1

    def meets(self, name: str) -> bool:
        """Tell whether a fault that is met once was met."""
        return not (self._faults / name).exists()

    def back(self, part: str, before: int) -> None:
        """Wait until a part is another process, and ready if it is a door."""
        until(lambda: self.pid(part) not in (0, before), f"{part} is another process")
        port = {"gateway": self.trading, "console": self.console}.get(part)
        if port:
            until(lambda: health(port).get("ready", False), f"{part} is ready: {health(port)}")

    def kill(self) -> None:
        """Kill the parent alone."""
        self.process.kill()
        self.process.wait()
        self.tried += 1

    def stop(self) -> int:
        """Stop it as Ctrl-C does; return its code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(WAIT_S)

    def verify(self) -> tuple[int, str]:
        """Return what `pilothouse verify` ends with and says; it may run or not."""
        done = subprocess.run(
            [*COMMAND, "verify", f"--home={self.home}"],
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def status(self) -> tuple[int, dict]:
        """Return what `pilothouse status` ends with and says."""
        done = subprocess.run(
            [*COMMAND, "status", f"--home={self.home}", "--json"],
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, json.loads(done.stdout or done.stderr)


def environment() -> dict[str, str]:
    """Return an environment in which the command line finds these sources and no other home."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PILOTHOUSE_HOME",)}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    return kept | {
        "PYTHONPATH": os.pathsep.join(sys.path), "COLUMNS": "400", "PILOTHOUSE_RATE_TIER": "none"
    }  # fmt: skip


def health(port: int, question: str = "") -> dict:
    """Return what a door says of itself, {} if it does not answer."""
    try:
        with OPENER.open(f"http://127.0.0.1:{port}/healthz{question}", timeout=10) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        return json.loads(refused.read() or b"{}")
    except OSError:
        return {}
