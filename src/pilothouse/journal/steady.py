"""The clock that never jumps, and a time of the day made of it.

Durations come from here. On Linux it also counts while the machine sleeps, so that a machine that
was suspended finds that the time has passed, and not that its wall clock has jumped.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK: Final[int] = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


def steady_us() -> int:
    """Return microseconds from an unknown beginning; never less than before."""
    return time.clock_gettime_ns(_CLOCK) // 1_000


def boot_id() -> str:
    """Return which start of the machine the steady clock counts from, "" if nobody knows."""
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return ""


_BEGAN_US: Final = time.time_ns() // 1_000 - steady_us()


def passing_now() -> datetime:
    """Return the time of the day as it was when this process began, and what has passed since.

    For what must not happen early or late because somebody set the clock: ages, waits, clean-ups.
    """
    return EPOCH + timedelta(microseconds=_BEGAN_US + steady_us())
