"""A series: what the memory has of one number over two hours, as at most a few hundred points.

Each point stands for the samples of a stretch of time: their lowest, their highest, and the last,
so that a jump between two points shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from pilothouse.language.numbers import PPM
from pilothouse.watch.history import KEPT_US, Column, History
from pilothouse.watch.measuring import Key

POINTS_MOST: Final = 240
"""Points of a series over all that is kept: one for each half minute of two hours."""


@dataclass(frozen=True)
class Point:
    """The samples of one stretch; `at_us` is the time of the last of them."""

    at_us: int
    lowest: int
    highest: int
    last: int


Series = tuple[Point, ...]


def series(
    history: History, key: Key, since_us: int, until_us: int, points: int = POINTS_MOST
) -> Series:
    """Return the points of a number between two moments (microseconds), oldest first."""
    times, values = history.columns(key)
    wanted = (times >= since_us) & (times <= until_us)
    return folded(times[wanted], values[wanted], since_us, until_us, points)


def folded(
    times: Column, values: Column, since_us: int, until_us: int, points: int = POINTS_MOST
) -> Series:
    """Return samples between two moments, oldest first, as points."""
    if not len(times):
        return ()
    step_us = max(1, (until_us - since_us) // points)
    places = (times - since_us) // step_us
    begins = np.flatnonzero(np.diff(places, prepend=places[0] - 1))
    ends = np.append(begins[1:], len(places)) - 1
    lowest = np.minimum.reduceat(values, begins)
    highest = np.maximum.reduceat(values, begins)
    columns = (one.tolist() for one in (times[ends], lowest, highest, values[ends]))
    return tuple(Point(*one) for one in zip(*columns, strict=True))


def moved_ppm(history: History, key: Key, since_us: int, until_us: int) -> int | None:
    """Return how far a number moved between two moments in ppm, cut to zero; None if unknown."""
    times, values = history.columns(key)
    values = values[(times >= since_us) & (times <= until_us)]
    if not len(values) or not values[0]:
        return None
    first, distance = int(values[0]), int(values[-1]) - int(values[0])
    moved = abs(distance) * PPM // abs(first)
    return moved if distance >= 0 else -moved


def window(history: History, now_us: int) -> tuple[int, int]:
    """Return from when to when can be drawn: two hours, or since monitoring began."""
    return max(now_us - KEPT_US, history.since_us or now_us), now_us
