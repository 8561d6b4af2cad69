"""The venue's clock: the one place where time enters the exchange, and it never goes back."""

from __future__ import annotations

import time
from collections.abc import Callable


def wall_clock_us() -> int:
    """Return the time in microseconds since the epoch."""
    return time.time_ns() // 1_000


class Clock:
    """Stamps blocks: the wall clock, or the last stamp while the wall clock stands below it."""

    def __init__(self, last: int, now: Callable[[], int] = wall_clock_us) -> None:
        self._last = last
        self._now = now

    def stamp(self) -> int:
        """Return the time of the next block in microseconds since the epoch."""
        self._last = max(self._last, self._now())
        return self._last
