"""The day as a line: what was done in the last six hours, and what comes in the next twelve."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.utils import timezone

from pilothouse.console.charts.over_time import DrawnMark, Mark, placed
from pilothouse.console.happened import happened
from pilothouse.console.pages.control_room.coming import AHEAD_US, Coming
from pilothouse.language.numbers import HOUR_US

BACK_US: Final = 6 * HOUR_US
PAST_MOST: Final = 60
WIDTH: Final = 1_180
AXIS: Final = 38
LANES: Final = 4
LANE_Y: Final = (27, 55, 14, 67)
"""Where the words of each lane stand: near the line first, above and below it in turn."""
HOURS_APART: Final = 3


@dataclass(frozen=True)
class Line:
    """The axis: the past has two fifths of the width, what comes the rest."""

    now_us: int
    width: int = WIDTH

    @property
    def from_us(self) -> int:
        """Return where it begins."""
        return self.now_us - BACK_US

    @property
    def until_us(self) -> int:
        """Return where it ends."""
        return self.now_us + AHEAD_US

    @property
    def now(self) -> int:
        """Return where now stands."""
        return self.width * 2 // 5

    def across(self, at_us: int) -> int:
        """Return where a moment stands."""
        if at_us <= self.now_us:
            return self.now - (self.now_us - at_us) * self.now // BACK_US
        return self.now + (at_us - self.now_us) * (self.width - self.now) // AHEAD_US


@dataclass(frozen=True)
class Drawn:
    """A mark with the heights of its dot's words."""

    mark: DrawnMark
    y: int


@dataclass(frozen=True)
class Day:
    """The drawing: marks, the hours under the line, and where now is."""

    marks: tuple[Drawn, ...]
    hours: tuple[tuple[int, int], ...]
    now: int
    now_us: int
    axis: int = AXIS
    width: int = WIDTH
    height: int = 80


def past() -> list[Mark]:
    """Return what was done in the last six hours, oldest first, the newest sixty."""
    until = timezone.now()
    since = until - timedelta(microseconds=BACK_US)
    return happened(since, until)[-PAST_MOST:]


def day(done: list[Mark], due: list[Coming], now_us: int) -> Day:
    """Return the drawing of what was done and what is due around a moment."""
    line = Line(now_us)
    ahead = [Mark(one.time, one.short, one.sentence, one.address, "info") for one in due]
    marks = placed([*done, *ahead], line, LANES)
    first = -(-line.from_us // HOUR_US) * HOUR_US
    hours = range(first, line.until_us, HOUR_US)
    shown = [at for at in hours if at // HOUR_US % HOURS_APART == 0]
    return Day(
        marks=tuple(Drawn(one, LANE_Y[one.lane]) for one in marks),
        hours=tuple((line.across(at), at) for at in shown if at < line.until_us - HOUR_US // 2),
        now=line.now,
        now_us=now_us,
    )
