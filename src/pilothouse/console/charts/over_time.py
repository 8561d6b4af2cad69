"""Numbers over time: lines, steps and bands on one axis, with changes and alerts marked on it.

All in whole units of the drawing. A line that has no samples for a while is broken there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Protocol

from pilothouse.watch.series import Point, Series

GAP_US: Final = 15_000_000
"""Points farther apart are not joined: nobody knows what was between them."""
GAP_OF_USUAL: Final = 3
"""Where points stand for longer times, those farther apart than three usual distances."""
TOP: Final = 24
"""Room above the highest point, for the words of what is marked; without marks a line's half."""
BARE_TOP: Final = 7
FOOT: Final = 16
"""Room under the axis, for its times."""
LANES: Final = 2
LETTER: Final = 6
"""How wide a letter of a mark's words is taken to be."""

Say = Callable[[int], str]
SayApart = Callable[[Sequence[int]], Say]
"""Returns how to say some values so that they differ."""


@dataclass(frozen=True)
class Line:
    """What is to be drawn. A `step` holds its value until the next point; a `band` shows the
    lowest and the highest behind the line.
    """

    name: str
    points: Series
    tone: str = "accent"
    step: bool = False
    band: bool = False


@dataclass(frozen=True)
class Mark:
    """Something that happened at a moment: its short name, words, page and look."""

    at_us: int
    label: str
    title: str
    address: str = ""
    tone: str = "violet"


@dataclass(frozen=True)
class Frame:
    """From when to when, and how large."""

    from_us: int
    until_us: int
    width: int = 880
    height: int = 180
    left: int = 0
    """Room for the axis of values."""

    def across(self, at_us: int) -> int:
        """Return where a moment stands."""
        span_us = max(1, self.until_us - self.from_us)
        return self.left + (at_us - self.from_us) * (self.width - self.left) // span_us


@dataclass(frozen=True)
class Shape:
    """A piece of a line or of a band: the `points` of a polyline or of a polygon."""

    name: str
    tone: str
    points: str


@dataclass(frozen=True)
class Guide:
    """A value on the axis of values, with its height."""

    y: int
    text: str


@dataclass(frozen=True)
class DrawnMark:
    """A mark in its place. Its words have a lane of their own, or are left out without room."""

    x: int
    lane: int
    label: str
    title: str
    address: str
    tone: str
    at_us: int
    ends: bool
    """Whether its words end at its line instead of beginning there."""

    @property
    def y(self) -> int:
        """Return where its words stand in a chart."""
        return 9 + 10 * self.lane

    @property
    def beside(self) -> int:
        """Return where its words begin or end, beside its line."""
        return self.x - 3 if self.ends else self.x + 3


@dataclass(frozen=True)
class OverTime:
    """The whole drawing."""

    lines: tuple[Shape, ...]
    bands: tuple[Shape, ...]
    guides: tuple[Guide, ...]
    marks: tuple[DrawnMark, ...]
    from_us: int
    until_us: int
    left: int
    width: int
    axis: int
    height: int
    top: int
    limit: int | None = None


def over_time(
    lines: Sequence[Line],
    frame: Frame,
    say: Say,
    marks: Sequence[Mark] = (),
    apart: SayApart | None = None,
    limit: int | None = None,
) -> OverTime | None:
    """Return the drawing of some lines in one frame, None where there is nothing to draw.

    A `limit` is a line of its own, which has its place on the axis of values.
    """
    drawn = [one for one in lines if len(one.points) > 1]
    if not drawn:
        return None
    top = TOP if marks else BARE_TOP
    scale = _Scale.of(drawn, frame, top, frame.height, limit)
    made = [shape for one in drawn for shape in _shapes(one, scale)]
    middle = scale.lowest + (scale.highest - scale.lowest) // 2
    values = sorted({scale.lowest, middle, scale.highest})
    say = apart(values) if apart else say
    return OverTime(
        lines=tuple(made),
        bands=tuple(one for line in drawn if line.band for one in _bands(line, scale)),
        guides=tuple(Guide(scale.up(one), say(one)) for one in values),
        marks=placed(marks, frame),
        from_us=frame.from_us,
        until_us=frame.until_us,
        left=frame.left,
        width=frame.width,
        axis=frame.height,
        height=frame.height + FOOT,
        top=top,
        limit=None if limit is None else scale.up(limit),
    )


def spark(lines: Sequence[Line], frame: Frame) -> tuple[Shape, ...]:
    """Return small lines without axis or words; none where there is nothing to draw."""
    drawn = [one for one in lines if len(one.points) > 1]
    if not drawn:
        return ()
    scale = _Scale.of(drawn, frame, 1, frame.height - 1)
    return tuple(shape for one in drawn for shape in _shapes(one, scale))


class Axis(Protocol):
    """An axis of time."""

    @property
    def from_us(self) -> int:
        """Return where it begins."""

    @property
    def until_us(self) -> int:
        """Return where it ends."""

    @property
    def width(self) -> int:
        """Return how wide it is."""

    def across(self, at_us: int) -> int:
        """Return where a moment stands."""


def placed(marks: Sequence[Mark], frame: Axis, lanes: int = LANES) -> tuple[DrawnMark, ...]:
    """Return marks in their places: each takes the first lane where its words meet no other's."""
    free, made = [0] * lanes, []
    for one in sorted(marks, key=lambda one: one.at_us):
        if not frame.from_us <= one.at_us <= frame.until_us:
            continue
        x, wide = frame.across(one.at_us), len(one.label) * LETTER + 8
        ends = x + wide > frame.width
        left = x - wide if ends else x
        lane = next((k for k, taken in enumerate(free) if taken <= left), None)
        if lane is not None:
            free[lane] = left + wide
        label = one.label if lane is not None else ""
        made.append(
            DrawnMark(x, lane or 0, label, one.title, one.address, one.tone, one.at_us, ends)
        )
    return tuple(made)


@dataclass(frozen=True)
class _Scale:
    frame: Frame
    lowest: int
    highest: int
    top: int
    foot: int

    @classmethod
    def of(
        cls, lines: Sequence[Line], frame: Frame, top: int, foot: int, also: int | None = None
    ) -> _Scale:
        """Return the scale on which all lines have room; one flat line stands in the middle."""
        beside = [] if also is None else [also]
        lowest = min([*beside, *(point.lowest for one in lines for point in one.points)])
        highest = max([*beside, *(point.highest for one in lines for point in one.points)])
        return cls(frame, lowest, highest, top, foot)

    def up(self, value: int) -> int:
        """Return the height of a value, counted from the top."""
        span, room = self.highest - self.lowest, self.foot - self.top
        if not span:
            return self.top + room // 2
        return self.foot - (value - self.lowest) * room // span

    def place(self, at_us: int, value: int) -> str:
        """Return a point of the drawing."""
        return f"{self.frame.across(at_us)},{self.up(value)}"


def _shapes(line: Line, scale: _Scale) -> list[Shape]:
    corners = _stepped if line.step else _straight
    pieces = _pieces(line.points)
    made = ([scale.place(*one) for one in corners(piece)] for piece in pieces)
    return [Shape(line.name, line.tone, " ".join(one)) for one in made]


def _bands(line: Line, scale: _Scale) -> list[Shape]:
    made = []
    for piece in _pieces(line.points):
        above = [scale.place(one.at_us, one.highest) for one in piece]
        below = [scale.place(one.at_us, one.lowest) for one in reversed(piece)]
        made.append(Shape(line.name, line.tone, " ".join(above + below)))
    return made


def _straight(piece: list[Point]) -> list[tuple[int, int]]:
    # Where a stretch went beyond both its neighbours its extreme is drawn, lest a jump be lost.
    made = []
    for one in piece:
        jump = one.highest if one.highest - one.last > one.last - one.lowest else one.lowest
        if made and jump not in (made[-1][1], one.last):
            made.append((one.at_us - 1, jump))
        made.append((one.at_us, one.last))
    return made


def _stepped(piece: list[Point]) -> list[tuple[int, int]]:
    made: list[tuple[int, int]] = []
    for one in piece:
        if made:
            made.append((one.at_us, made[-1][1]))
        made.append((one.at_us, one.last))
    return made


def _pieces(points: Series) -> list[list[Point]]:
    apart = sorted(after.at_us - one.at_us for one, after in pairwise(points))
    usual_us = apart[len(apart) // 2] if apart else 0
    made: list[list[Point]] = []
    for one in points:
        if not made or one.at_us - made[-1][-1].at_us > max(GAP_US, GAP_OF_USUAL * usual_us):
            made.append([])
        made[-1].append(one)
    return made
