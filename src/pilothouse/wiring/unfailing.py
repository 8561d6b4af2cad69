"""Streams and logs of a part that never fail: what it says may go to a file on a full disk.

A sentence that cannot be written is lost; a thread that says one goes on. It says what failed
while it handles the failure, so making the sentence may not fail either: no module is imported
for it, and what is raised all the same ends there.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import Any, TextIO

import structlog


class Unfailing:
    """A text stream that loses what it cannot write."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text if that is possible; it counts as written."""
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush if that is possible."""
        with contextlib.suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class UnfailingLogger(structlog.make_filtering_bound_logger(0)):  # type: ignore[misc]
    """A log of structlog's that loses what it cannot say."""

    def _proxy_to_logger(self, *given: Any, **facts: Any) -> Any:
        with contextlib.suppress(Exception):
            return super()._proxy_to_logger(*given, **facts)


def say_without_failing() -> None:
    """Have everything this process says go on when it cannot be written."""
    sys.stdout = Unfailing(sys.stdout)
    sys.stderr = Unfailing(sys.stderr)
    logging.raiseExceptions = False
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
            # A traceback with its source and locals would import what draws it, and is long.
            structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        wrapper_class=UnfailingLogger,
    )
