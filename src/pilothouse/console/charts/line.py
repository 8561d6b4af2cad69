"""One measure over time as a line with its limit; integers in the units of the drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 560
HEIGHT: Final = 120
MARGIN: Final = 10
POINTS_MOST: Final = 280
GAP_US: Final = 15_000_000
"""Samples farther apart are not joined: nobody knows what was between them."""

Samples = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Drawing:
    """Pieces of line (each the `points` of a polyline), the limit's height, and the frame."""

    pieces: tuple[str, ...]
    limit: int
    lowest: int
    highest: int
    from_us: int
    until_us: int
    width: int = WIDTH
    axis: int = HEIGHT + MARGIN
    height: int = HEIGHT + 2 * MARGIN + 14


def drawing(samples: Samples, limit: int, until_us: int) -> Drawing | None:
    """Return the drawing of samples in the order of time, or None where there is nothing to draw.

    Of many samples in one point of the drawing the farthest from the limit's other side stays out:
    the highest and the lowest are kept.
    """
    if len(samples) < 2:
        return None
    from_us, values = samples[0][0], [value for _, value in samples]
    lowest, highest = min(limit, *values), max(limit, *values)
    span_us, span = max(1, until_us - from_us), max(1, highest - lowest)

    def place(at_us: int, value: int) -> str:
        x = (at_us - from_us) * WIDTH // span_us
        return f"{x},{MARGIN + HEIGHT - (value - lowest) * HEIGHT // span}"

    pieces = [
        " ".join(place(*one) for one in piece) for piece in _pieces(_extremes(samples, span_us))
    ]
    height = MARGIN + HEIGHT - (limit - lowest) * HEIGHT // span
    return Drawing(tuple(pieces), height, lowest, highest, from_us, until_us)


def _extremes(samples: Samples, span_us: int) -> list[tuple[int, int]]:
    # Two points for each column of the drawing: its lowest and its highest.
    if len(samples) <= POINTS_MOST:
        return list(samples)
    column_us = max(1, 2 * span_us // POINTS_MOST)
    columns: dict[int, list[tuple[int, int]]] = {}
    for one in samples:
        columns.setdefault(one[0] // column_us, []).append(one)
    made = []
    for column in columns.values():
        ends = {min(column, key=lambda one: one[1]), max(column, key=lambda one: one[1])}
        made += sorted(ends)
    return made


def _pieces(points: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    made: list[list[tuple[int, int]]] = []
    for one in points:
        if not made or one[0] - made[-1][-1][0] > GAP_US:
            made.append([])
        made[-1].append(one)
    return made
