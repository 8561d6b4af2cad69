"""The distribution of accounts before and after a change, as pairs of bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from pilothouse.console.charts.labels import short

WIDTH: Final = 560
HEIGHT: Final = 150
"""Height of the tallest bar; the axis stands under it."""


class Band(Protocol):
    """One band of the distribution: its label and its two counts."""

    @property
    def label(self) -> str:
        """Return the band's name."""

    @property
    def before(self) -> int:
        """Return how many accounts are in it now."""

    @property
    def after(self) -> int:
        """Return how many accounts are in it afterwards."""


@dataclass(frozen=True)
class Bars:
    """Two bars side by side, in the units of the drawing, from its upper left corner."""

    label: str
    before: int
    after: int
    middle: int
    width: int
    before_left: int
    before_top: int
    before_height: int
    after_left: int
    after_top: int
    after_height: int


@dataclass(frozen=True)
class Distribution:
    """The whole drawing."""

    bars: tuple[Bars, ...]
    width: int = WIDTH
    axis: int = HEIGHT + 10
    height: int = HEIGHT + 36


def distribution(bands: Sequence[Band]) -> Distribution:
    """Return the drawing of `bands`. The tallest bar has the full height; one account shows."""
    tallest = max((max(band.before, band.after) for band in bands), default=0)
    step = WIDTH // max(1, len(bands))
    return Distribution(tuple(_bars(band, k, step, tallest) for k, band in enumerate(bands)))


def _bars(band: Band, place: int, step: int, tallest: int) -> Bars:
    width = max(4, step * 2 // 5)
    left = place * step + step // 10
    before, after = _height(band.before, tallest), _height(band.after, tallest)
    return Bars(
        label=short(band.label),
        before=band.before,
        after=band.after,
        middle=place * step + step // 2,
        width=width,
        before_left=left,
        before_top=HEIGHT + 10 - before,
        before_height=before,
        after_left=left + width + 1,
        after_top=HEIGHT + 10 - after,
        after_height=after,
    )


def _height(accounts: int, tallest: int) -> int:
    if accounts == 0 or tallest == 0:
        return 0
    return max(2, accounts * HEIGHT // tallest)
