"""The machine as the venue sees it, and the release that runs now.

The venue steps blocks of rows and never looks inside; only `views` and `rehearsal` do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from pilothouse.language.rows import Rows
from pilothouse.release import digest_of
from pilothouse.venue.wire import Receipts


class Stepped(Protocol):
    """What a block did: a receipt for each command, and rows of events."""

    receipts: Receipts
    events: Rows


class SteppingMachine(Protocol):
    """A replica's machine. `position` and `time` are those of the last block stepped."""

    position: int
    time: int

    def step(self, rows: Rows, time: int) -> Stepped:
        """Step a block."""

    def fingerprint(self) -> tuple[int, int]:
        """Return the fingerprint as two signed words."""

    def to_bytes(self) -> bytes:
        """Return the machine as bytes."""


@dataclass(frozen=True)
class Release:
    """An engine release: the digest of its sources and how to make its machine."""

    digest: bytes
    empty: Callable[[], Any]
    from_bytes: Callable[[bytes], Any]


def present_release() -> Release:
    """Return the release that runs now."""
    # Late, because loading the compiled engine takes a moment that a caller may wish to announce.
    from pilothouse.engine.machine import Machine

    return Release(digest_of(), Machine.empty, Machine.from_bytes)
