"""What moved beyond its own normal: a number now against what it was before the last minutes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from pilothouse.language.numbers import PPM
from pilothouse.watch.history import History
from pilothouse.watch.measuring import Key
from pilothouse.watch.normal import DEVIATION_PPM
from pilothouse.watch.noted import LAST

BEYOND_PPM: Final = 6 * PPM
"""How many usual deviations from its median a number has moved that is named."""
SAMPLES_BEFORE_JUDGING: Final = 60
FLOOR_OF_MEDIAN: Final = {LAST: 1_000, "open_interest": 200, "depth": 20}
"""A deviation is at least this part of the median: 0.1 % of a price, 5 % of a depth."""


@dataclass(frozen=True)
class Moved:
    """One number that moved: its median before, what it is now, and the distance of both."""

    key: Key
    before: int
    now: int
    moved_ppm: int
    deviations_ppm: int


def judged(history: History, symbol_scope: str, since_us: int) -> bool:
    """Tell whether enough is kept of a scope's price before a moment to judge by."""
    times, _ = history.columns((LAST, symbol_scope))
    return int((times < since_us).sum()) >= SAMPLES_BEFORE_JUDGING


def moved(history: History, scopes: Iterable[str], since_us: int) -> list[Moved]:
    """Return what moved beyond its normal since a moment, the farthest first."""
    keys = [(name, scope) for scope in scopes for name in FLOOR_OF_MEDIAN]
    found = (_moved(history, key, since_us) for key in keys)
    named = [one for one in found if one and one.deviations_ppm >= BEYOND_PPM]
    return sorted(named, key=lambda one: -one.deviations_ppm)


def _moved(history: History, key: Key, since_us: int) -> Moved | None:
    times, values = history.columns(key)
    before = values[times < since_us]
    if len(before) < SAMPLES_BEFORE_JUDGING or len(before) == len(values):
        return None
    middle = _median(before)
    spread = _median(np.abs(before - middle)) * DEVIATION_PPM // PPM
    deviation = max(spread, abs(middle) // FLOOR_OF_MEDIAN[key[0]], 1)
    now = int(values[-1])
    share = abs(now - middle) * PPM // abs(middle) if middle else 0
    signed = share if now >= middle else -share
    return Moved(key, middle, now, signed, abs(now - middle) * PPM // deviation)


def _median(values: np.ndarray) -> int:
    at = (len(values) - 1) // 2
    return int(np.partition(values, at)[at])
