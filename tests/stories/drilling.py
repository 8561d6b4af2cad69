"""A drill as a process of its own, and what it says."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

from pilothouse.venue.index_replay import run as replay
from tests.browser import PASSWORD, SOURCE

GOING = (replay.State.RUNNING, replay.State.PAUSED)


class Drill:
    """The drill as a process: its folder, its console, and what it says at the end."""

    def __init__(self, of: Path, into: Path, asked: tuple[str, ...], rate: int = 100) -> None:
        self.home, self.said = into, []
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "pilothouse.wiring.cli", "drill", *asked),
                *(f"--home={of}", f"--into={into}"),
            ],
            env=os.environ
            | {
                "PYTHONPATH": str(SOURCE),
                "PILOTHOUSE_DEMO_PASSWORD": PASSWORD,
                "PILOTHOUSE_TRAFFIC_RATE": str(rate),
                "COLUMNS": "200",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def _listen(self) -> None:
        self.said.extend(iter(self._process.stdout.readline, ""))

    def line(self, pattern: str, within_s: int) -> str:
        """Wait until it says something, and return the part in brackets."""
        for _ in range(10 * within_s):
            found = re.search(pattern, "".join(self.said))
            if found:
                return found.group(1)
            assert self._process.poll() is None, "".join(self.said)
            time.sleep(0.1)
        raise AssertionError(f"no {pattern} in:\n{''.join(self.said)}")

    def reach(self, seconds: int, within_s: int = 300) -> None:
        """Wait until so many seconds of the file were told."""
        for _ in range(5 * within_s):
            if replay.read_progress(self.home).at_us >= seconds * 1_000_000:
                return
            time.sleep(0.2)
        raise AssertionError(f"{seconds} s of the file were not reached")

    def slow_down_at(self, seconds: int, to: int, within_s: int = 300) -> None:
        """Change the speed as soon as so many seconds of the file were told, without a process."""
        for _ in range(50 * within_s):
            progress = replay.read_progress(self.home)
            assert progress.state in GOING, "the file has ended before it could be slowed down"
            if progress.at_us >= seconds * 1_000_000:
                replay.ask(self.home, speed_milli=to * 1_000)
                return
            time.sleep(0.02)
        raise AssertionError(f"{seconds} s of the file were not reached")

    def speed(self, seconds_a_second: int) -> None:
        """Change the speed of the file, from another terminal."""
        command = ("replay", "speed", str(seconds_a_second), f"--home={self.home}")
        subprocess.run([sys.executable, "-m", "pilothouse.wiring.cli", *command], check=True)

    def sheet(self) -> dict:
        """Wait for the end of the day and return the sheet."""
        self.line("saved as (drill-sheet.txt)", within_s=400)
        print("".join(self.said).split("DRILL on", 1)[1])
        return json.loads((self.home / "drill-sheet.json").read_text())

    def stop(self) -> None:
        """End it, as Ctrl-C does."""
        self._process.terminate()
        self._process.wait(timeout=60)
