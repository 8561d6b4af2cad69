"""SQL on ten million rows: the four saved questions on the page, in pandas and in SQLite.

The archive is filled through its own code; a question is the whole request of the SQL page, with
pseudonyms for clients, caps, audit and drawing. Pandas has data frames loaded already, SQLite a
file with an index for each question; loading them is not counted, nor is drawing, for they have
none. All three answers must be equal. Seconds are the median of some turns; processor seconds, of
all threads together, tell what the page needs even where the machine has more to do.
Run by hand, on a quiet machine: `python -m benchmarks.sql`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pilothouse.wiring.people import begin_django

ROWS = 10_000_000
TURNS = 3
TABLES_READ = {
    "open_interest_concentration": ("positions", "markets"),
    "revenue_by_tier": ("fills", "markets", "assets"),
    "clients_hit_by_change": ("orders", "fills", "changes", "markets"),
    "alert_to_change": ("alerts", "changes", "markets"),
}


def timed(deed: Callable[[], Any], turns: int) -> tuple[Any, list[float]]:
    """Return what a deed returns at last, and the seconds of every turn."""
    taken = []
    for _ in range(turns):
        began = time.perf_counter()
        made = deed()
        taken.append(time.perf_counter() - began)
    return made, taken


def measure(home: Path, rows: int, turns: int = TURNS) -> dict[str, Any]:
    """Fill an archive in `home`, ask everything three ways, assert that answers are equal."""
    from benchmarks.sql_page import Page, fill, read_back
    from benchmarks.sql_pandas import Frames
    from benchmarks.sql_rows import Plan, Rows
    from benchmarks.sql_sqlite import Lite

    _, filled = timed(lambda: fill(home, Rows(Plan.of(rows))), 1)
    page, held = Page(home), read_back(home)
    frames, lite = Frames(held), Lite(home / "beside.sqlite3", held)
    counts = {name: len(one) for name, one in held.items()}
    del held
    lines = []
    for name, read in TABLES_READ.items():
        began = time.process_time()
        _, shown = timed(lambda name=name: page.show(name), turns)
        processor_s = (time.process_time() - began) / turns
        answer = page.lines(name)
        of_pandas, in_pandas = timed(getattr(frames, name), turns)
        of_sqlite, in_sqlite = timed(getattr(lite, name), turns)
        assert_equal(name, answer, of_pandas, of_sqlite)
        rows_read = sum(counts[one] for one in read)
        made = row(name, rows_read, len(answer), shown, in_pandas, in_sqlite)
        lines.append(made | {"pilothouse_processor_s": round(processor_s, 3)})
    lite.close()
    kept = sum(one.stat().st_size for one in (home / "archive").rglob("*.parquet"))
    return {
        "rows": sum(counts.values()),
        "archive_bytes": kept,
        "filled_s": round(filled[0], 1),
        "slowest_page_s": max(one["pilothouse_s_slowest"] for one in lines),
        "queries": lines,
    }


def assert_equal(name: str, answer: list[Any], *others: list[Any]) -> None:
    """Raise AssertionError unless every answer has the same lines in the same order."""
    assert answer, f"{name} has no answer"
    for other in others:
        assert len(answer) == len(other), f"{name}: {len(answer)} lines are not {len(other)}"
        for mine, theirs in zip(answer, other, strict=True):
            assert mine == tuple(map(plain, theirs)), f"{name}: {mine} is not {theirs}"


def plain(value: Any) -> Any:
    """Return a value of pandas as Python's own; what is missing is None."""
    if value is None or type(value).__name__ == "NAType" or value != value:
        return None
    return value.item() if hasattr(value, "item") else value


def row(name: str, read: int, answered: int, *taken: list[float]) -> dict[str, Any]:
    """Return one line of the table."""
    page, in_pandas, in_sqlite = map(statistics.median, taken)
    return {
        "query": name,
        "rows_read": read,
        "rows_answered": answered,
        "pilothouse_s": round(page, 3),
        "pilothouse_s_slowest": round(max(taken[0]), 3),
        "pandas_s": round(in_pandas, 3),
        "sqlite_s": round(in_sqlite, 3),
        "pandas_ratio": round(in_pandas / page, 2),
        "sqlite_ratio": round(in_sqlite / page, 2),
    }


def main() -> None:
    """Measure and print one JSON object."""
    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, default=ROWS)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="pilothouse-sql-") as folder:
        begin_django(Path(folder))
        print(json.dumps(measure(Path(folder), asked.rows)))


if __name__ == "__main__":
    main()
