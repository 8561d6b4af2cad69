"""The standard mix through the shipped step, in memory: one symbol and two hundred.

With names, guards, balances, fee tiers, volumes and events; a pair and a base asset for each
symbol. The commands are made first, then stepped in blocks on fresh machines, the best of some
runs: the clock's and the processor's time, for a machine that others use too. Run by hand:
`python -m benchmarks.engine`, with `--workload FILE:SYMBOLS` also a file of the mix.
"""

import argparse
import gc
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.mix import TIME, founded, make_mix, read_mix
from pilothouse.engine.machine import Machine
from pilothouse.language.events import OrderFilled
from pilothouse.language.rows import Rows

COMMANDS = 2_000_000
BLOCK = 4_096
RUNS = 5


def measure(symbols: int, count: int) -> dict[str, Any]:
    """Return how fast the mix is stepped, and what came of it."""
    start = founded(symbols)
    return timed(start, np.concatenate(list(make_mix(start.copy(), symbols, count, 42))))


def measure_file(path: Path, symbols: int) -> dict[str, Any]:
    """Return how fast a file of the mix is stepped."""
    start = founded(symbols)
    return timed(start, read_mix(path, start.position))


def timed(start: Machine, rows: Rows) -> dict[str, Any]:
    """Step rows on copies of a machine, several times; return the best."""
    machine = start.copy()
    refused = trades = 0
    for at in range(0, len(rows), BLOCK):
        stepped = machine.step(rows[at : at + BLOCK], TIME)
        refused += int(np.count_nonzero(stepped.receipts[:, 1]))
        trades += int(np.count_nonzero(stepped.events[:, 0] == OrderFilled.number))
    wall, busy = zip(*(_run(start, machine, rows) for _ in range(RUNS)), strict=True)
    return {
        "commands": len(rows),
        "commands_per_s": round(len(rows) / min(wall)),
        "commands_per_cpu_s": round(len(rows) / min(busy)),
        "trades": trades,
        "refused": refused,
        "resting": int(machine.state.exchange[0]["orders_open"]),
        "arena_bytes": machine.arena.bytes.nbytes,
    }


def _run(start: Machine, machine: Machine, rows: Rows) -> tuple[float, float]:
    # Into memory that was touched, and without collections, as the writer runs.
    start.copy_into(machine)
    gc.collect()
    gc.freeze()
    began, began_busy = time.perf_counter(), time.process_time()
    for at in range(0, len(rows), BLOCK):
        machine.step(rows[at : at + BLOCK], TIME)
    return time.perf_counter() - began, time.process_time() - began_busy


def main() -> None:
    """Measure both mixes, and files if any are named, and print one JSON object."""
    options = argparse.ArgumentParser()
    options.add_argument("--commands", type=int, default=COMMANDS)
    options.add_argument("--workload", nargs="*", default=[], metavar="FILE:SYMBOLS")
    given = options.parse_args()
    found = {"one_symbol": measure(1, given.commands), "200_symbols": measure(200, given.commands)}
    for one in given.workload:
        path, symbols = one.rsplit(":", 1)
        found[Path(path).name] = measure_file(Path(path), int(symbols))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
