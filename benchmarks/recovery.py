"""Recovery of a journal without a snapshot: every block read, checked and stepped again.

A journal of the standard mix is written block by block, then recovered as a starting writer does
it. Run by hand, with 2 GB of free disk: `python -m benchmarks.recovery`.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.mix import TIME, foundation, founded, make_mix
from pilothouse.engine.capacity import count_commands
from pilothouse.journal.appender import Appender
from pilothouse.journal.blocks import Pen
from pilothouse.journal.storage import Files
from pilothouse.language.rows import Rows
from pilothouse.venue.machine import present_release
from pilothouse.venue.recovery import recover

COMMANDS = 10_000_000
BLOCK_ROWS = 16_384


def write_journal(home: Path, count: int) -> int:
    """Write the foundation and the mix of one symbol; return how many commands were written."""
    journal = Appender(Files(home), Pen(present_release().digest, 1), None)
    machine = founded(1)
    parts: list[Rows] = []
    for rows in [*foundation(1), *make_mix(machine, 1, count, 42)]:
        parts.append(rows)
        if sum(map(len, parts)) >= BLOCK_ROWS:
            _append(journal, parts)
            parts = []
    _append(journal, parts)
    journal.close()
    return machine.position


def _append(journal: Appender, parts: list[Rows]) -> None:
    rows = np.concatenate(parts) if parts else np.zeros((0, 16), np.int64)
    for at in range(0, len(rows), BLOCK_ROWS):
        part = rows[at : at + BLOCK_ROWS]
        journal.append(part, count_commands(part), TIME)


def measure(count: int) -> dict[str, Any]:
    """Return how long it took until a writer could have taken the first order."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        written = write_journal(home, count)
        began, began_busy = time.perf_counter(), time.process_time()
        found = recover(home, Files(home), present_release(), lambda sentence: None)
        seconds, busy = time.perf_counter() - began, time.process_time() - began_busy
        assert found.replica.machine.position == written
    return {
        "commands": found.replayed,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(busy, 2),
        "commands_per_s": round(found.replayed / seconds),
    }


def main() -> None:
    """Measure and print one JSON object."""
    options = argparse.ArgumentParser()
    options.add_argument("--commands", type=int, default=COMMANDS)
    print(json.dumps(measure(options.parse_args().commands)))


if __name__ == "__main__":
    main()
