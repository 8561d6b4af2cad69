"""The console's log, bounded: an error that anybody can cause again and again fills no disk.

So many tracebacks a minute are written, and so many lines without one; further ones are counted,
and the next line that is written gives their number.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Final

from pilothouse.gate.allowances import Allowances, Rate

MINUTE_S: Final = 60
TRACEBACKS: Final = Rate(10, 10 / MINUTE_S)
"""Tracebacks: ten at once, then ten a minute."""
LINES: Final = Rate(120, 120 / MINUTE_S)
"""Lines without a traceback."""
BYTES_MOST: Final = 32 << 10
"""The end of a longer entry is written: it has what was raised."""


class Bounded(logging.StreamHandler[Any]):
    """Write what the console logs to the error stream, within the two rates."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._tracebacks: Allowances[str] = Allowances(TRACEBACKS, clock=clock)
        self._lines: Allowances[str] = Allowances(LINES, clock=clock)
        self.counted = 0
        """How many entries were not written since the last one that was."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write an entry, or count it. Called with the lock of the handler held."""
        allowed = self._tracebacks if record.exc_info else self._lines
        if allowed.take(""):
            super().emit(record)
        else:
            self.counted += 1

    def format(self, record: logging.LogRecord) -> str:
        """Return an entry, behind the number of those that were counted."""
        entry = super().format(record)[-BYTES_MOST:]
        if not self.counted:
            return entry
        counted, self.counted = self.counted, 0
        return f"{counted} more errors were counted and not written\n{entry}"
