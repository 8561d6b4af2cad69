"""Rounds of the worker in this process: when the last one ended, which changes it could not do.

Monitoring reads it: a worker that hangs, or a change that is held up again and again, is an alert.
"""

from __future__ import annotations

import time
from collections.abc import Set as AbstractSet
from threading import Lock
from typing import Final

_lock: Final = Lock()
_ended: Final[list[float]] = []
_held_up: Final[set[int]] = set()
_differences: Final[list[int]] = []


def begun(ago_s: float = 0) -> None:
    """Note that a worker works in this process: from now on its rounds have an age."""
    with _lock:
        _ended[:] = [time.monotonic() - ago_s]


def compared(found: int) -> None:
    """Note how many differences the reconciler knows of."""
    with _lock:
        _differences[:] = [found]


def differences() -> int:
    """Return how many differences the reconciler knows of; 0 where none works."""
    with _lock:
        return _differences[0] if _differences else 0


def forget() -> None:
    """Note that no worker works in this process any more."""
    with _lock:
        _differences.clear()
        _ended.clear()
        _held_up.clear()


def finished(held_up: AbstractSet[int]) -> None:
    """Note the end of a round and the changes that it could not do."""
    with _lock:
        _ended[:] = [time.monotonic()]
        _held_up.clear()
        _held_up.update(held_up)


def age_ms() -> int:
    """Return how long ago a round ended, in milliseconds; 0 where no worker works."""
    with _lock:
        return int((time.monotonic() - _ended[0]) * 1_000) if _ended else 0


def held_up() -> frozenset[int]:
    """Return the changes that the last round could not do."""
    with _lock:
        return frozenset(_held_up)
