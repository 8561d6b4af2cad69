"""What `pilothouse replay` says of a replay: its facts, its line, its announcement."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from pilothouse.language.numbers import SECOND_US, format_decimal, ppm_to_percent, trim
from pilothouse.venue.index_replay import run as files
from pilothouse.venue.index_replay.run import Progress, Run, Showing
from pilothouse.wiring.cli.says import OUT

TELL_EVERY_S: Final = 5.0


def told(shown: Showing) -> dict[str, Any]:
    """Return what `replay status` says of a replay."""
    run, progress = shown.run, shown.progress
    return {
        "market": run.market,
        "asset": run.asset_symbol,
        "file": run.path,
        "state": str(shown.state),
        "speed": trim(format_decimal(progress.speed_milli, files.SPEED_DECIMALS)),
        "sources": list(run.sources),
        "instead": run.instead,
        "file_time": _clock(run.since_us + max(0, progress.told) * SECOND_US),
        "steps_told": progress.told + 1,
        "steps": run.steps,
        "price": trim(format_decimal(progress.price_e12, 12)),
        "since_the_first_percent": ppm_to_percent(shown.fall_ppm),
        "gaps": run.gaps,
        "refused": progress.refused,
    }


def line(run: Run, progress: Progress) -> str:
    """Return one line of how far it came."""
    shown = Showing(run, progress, progress.state)
    return (
        f"{progress.state}  {_clock(run.since_us + max(0, progress.told) * SECOND_US)}  "
        f"{trim(format_decimal(progress.price_e12, 12))}  {ppm_to_percent(shown.fall_ppm)} %  "
        f"{shown.done_ppm // 10_000} % of the file"
    )


def announce(run: Run, speed: int) -> None:
    """Print what is replayed as what, from when to when."""
    how = "all sources" if run.instead else f"one more source ({run.sources[0]})"
    OUT.print(
        f"{run.file} as {how} of {run.asset_symbol}, the index of {run.market}: "
        f"{_clock(run.since_us)} to {_clock(run.until_us)}, "
        f"speed {trim(format_decimal(speed, files.SPEED_DECIMALS))}"
    )


def _clock(moment_us: int) -> str:
    return f"{datetime.fromtimestamp(moment_us // SECOND_US, UTC):%Y-%m-%d %H:%M:%S}"


def teller(run: Run) -> Callable[[Progress], None]:
    """Return what prints how far it came, every few seconds."""
    last = [time.monotonic()]

    def tell(progress: Progress) -> None:
        if time.monotonic() - last[0] >= TELL_EVERY_S:
            last[0] = time.monotonic()
            OUT.print(line(run, progress))

    return tell
