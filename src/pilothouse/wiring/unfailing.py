"""Streams of a part that never fail: what it says may go to a file on a full disk.

A sentence that cannot be written is lost; a thread that says one goes on.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Any, TextIO


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


def say_without_failing() -> None:
    """Have everything this process says go on when it cannot be written."""
    sys.stdout = Unfailing(sys.stdout)
    sys.stderr = Unfailing(sys.stderr)
