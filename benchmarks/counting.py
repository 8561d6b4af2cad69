"""The preview's counting pass on a million accounts, beside DuckDB and Polars.

The accounts are those of `benchmarks.preview`: five positions over 200 contracts and eight
collateral assets each. A change to one contract is counted by the engine in its own tables, and
by both others in columns copied from them before the clock starts, with the same integer
arithmetic; all nine counts must be identical. The engine also keeps the distribution and the most
affected accounts meanwhile, and uses one core; the others use two. Milliseconds are the best of
five. Run by hand, on a quiet machine: `python -m benchmarks.counting`.
"""

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.counting_columns import columns_of
from benchmarks.counting_elsewhere import Counts, InDuckDB, InPolars
from benchmarks.preview import furnished
from pilothouse.engine.impact import BANDS, TOP, TOP_WORDS, empty_counts
from pilothouse.engine.machine import Machine
from pilothouse.engine.margin_schedule import rehearse_schedule
from pilothouse.language.commands import SetMarginSchedule
from pilothouse.language.kinds import CauseKind
from pilothouse.language.names import Cause, Name
from pilothouse.language.rows import Message, to_rows
from pilothouse.simulation.genesis import schedule

ACCOUNTS = 1_000_000
CONTRACT = 1
REPEATS = 5
TIGHTER = ((0, "16", "8"), (10_000, "30", "15"))
"""Far tighter, so that many accounts fall below either margin, and in two tiers."""


def in_engine(machine: Machine, change: SetMarginSchedule) -> Counts:
    """Return the nine counts of the engine's own pass."""
    rows = to_rows(Message(change, Name(2, 1, 1), Cause(CauseKind.CHANGE, 1)))
    counts = empty_counts()
    bands, top = np.zeros((BANDS, 2), np.int64), np.zeros((TOP, TOP_WORDS), np.int64)
    refused = rehearse_schedule(machine.arena.state, rows, counts, bands, top)
    assert not refused
    return tuple(map(int, counts))


def best(deed: Callable[[], Counts]) -> tuple[Counts, float]:
    """Return what is counted, every time the same, and the seconds of the quickest time."""
    made, taken = deed(), []
    for _ in range(REPEATS):
        began = time.perf_counter()
        again = deed()
        taken.append(time.perf_counter() - began)
        assert again == made
    return made, min(taken)


def measure(accounts: int) -> dict[str, Any]:
    """Count in all three, assert that they agree, and return how long each took."""
    machine = furnished(accounts)
    change = schedule(CONTRACT, TIGHTER, base_version=2)
    columns = columns_of(machine, change)
    base, frames = InDuckDB(columns), InPolars(columns)
    made = {
        "pilothouse": best(lambda: in_engine(machine, change)),
        "duckdb": best(lambda: base.count(CONTRACT)),
        "polars": best(lambda: frames.count(CONTRACT)),
    }
    counts, engine = made["pilothouse"]
    for name, (others, _) in made.items():
        assert others == counts, f"{name} counts {others}, the engine {counts}"
    return {
        "accounts": accounts,
        "positions": len(columns["positions"]),
        "balances": len(columns["balances"]),
        "accounts_examined": counts[0],
        "newly_below_initial": counts[5],
        "newly_below_maintenance": counts[6],
        "arena_bytes": machine.arena.bytes.nbytes,
        "passes": [
            {"pass": name, "ms": round(taken * 1e3, 2), "ratio": round(taken / engine, 1)}
            for name, (_, taken) in made.items()
        ],
    }


def main() -> None:
    """Measure and print one JSON object."""
    options = argparse.ArgumentParser()
    options.add_argument("--accounts", type=int, default=ACCOUNTS)
    print(json.dumps(measure(options.parse_args().accounts)))


if __name__ == "__main__":
    main()
