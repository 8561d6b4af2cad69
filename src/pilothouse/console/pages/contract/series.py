"""The charts of a market over two hours, each with the same as a table, in integers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from pilothouse.console.charts.over_time import Frame, Line, Mark, OverTime, over_time
from pilothouse.console.templatetags.figures import (
    NONE,
    count,
    mark,
    percent,
    rate,
    usd_apart,
    usd_short,
)
from pilothouse.language.kinds import MarketKind
from pilothouse.language.numbers import SECOND_US
from pilothouse.rules.index import SOURCES_MAX
from pilothouse.venue.views.markets import MarketView
from pilothouse.watch.history import History
from pilothouse.watch.noted import FUNDING, INDEX, LAST, MARK
from pilothouse.watch.rules import scope_of
from pilothouse.watch.series import POINTS_MOST, Series, series, window

PRICE: Final = "Price"
WIDE: Final = 880
HALF: Final = 424
TALL: Final = 190
LOW: Final = 104
LEFT: Final = 66
WIDE_LEFT: Final = 98
"""Room for a rate with all its decimals."""
SOURCE_POINTS: Final = 60
"""Points of a source's line: more of several lines that jump is noise."""
SOURCE_TONES: Final = ("accent", "violet", "info", "up", "warn", "down")
ROW_US: Final = 300 * SECOND_US
"""Each row of a table stands for five minutes."""


@dataclass(frozen=True)
class Chart:
    """One chart, drawn, with the words of its legend and the rows of its table."""

    title: str
    about: str
    drawing: OverTime
    legend: tuple[Line, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    is_wide: bool = False


@dataclass(frozen=True)
class _Plan:
    """What a chart shows: measures or noted figures of its market, each with a name and a tone."""

    title: str
    about: str
    lines: tuple[tuple[str, str, str], ...]
    say: Callable[[int], str]
    step: bool = False
    left: int = LEFT
    wide: bool = False
    points: int = POINTS_MOST


def price_lines(
    market: MarketView, history: History, from_us: int, until_us: int, points: int = POINTS_MOST
) -> list[Line]:
    """Return last trade, mark and index of a market; a spot market has no mark."""
    scope = scope_of(market.symbol)
    named = ((INDEX, "index", "muted"), (MARK, "mark", "violet"), (LAST, "last", "accent"))
    return [
        Line(name, series(history, (key, scope), from_us, until_us, points), tone)
        for key, name, tone in named
    ]


def charts(
    market: MarketView, history: History, now_us: int, marks: Sequence[Mark]
) -> list[Chart]:
    """Return the charts of a market for which there is something to draw."""
    span = window(history, now_us)
    prices = _Plan(PRICE, "last trade, mark and index", (), partial(_of_market, market), wide=True)
    made = [_chart(prices, price_lines(market, history, *span), marks, span)]
    for plan in _plans(market):
        lines = [_line(market, history, span, plan, one) for one in plan.lines]
        made.append(_chart(plan, lines, marks, span))
    return [one for one in made if one is not None]


def _of_market(market: MarketView, value: int) -> str:
    return mark(value, market)


def _plans(market: MarketView) -> list[_Plan]:
    plans = [
        _Plan("Spread", "of the best bid", (("spread", "spread", "accent"),), percent),
        _Plan("Depth", "thinner side within 1 %", (("depth", "depth", "accent"),), usd_short),
    ]
    if market.kind != MarketKind.PERPETUAL_LINEAR:
        return plans
    near = (
        ("near_maintenance", "less than a quarter above", "warn"),
        ("below_maintenance", "below", "down"),
    )
    one_line = (
        ("Open interest", "at the mark", "open_interest", usd_short, False, LEFT),
        ("Funding", "rate of the coming hour", FUNDING, rate, True, WIDE_LEFT),
        ("Insurance pool", "what it holds", "insurance_pool", usd_short, False, LEFT),
    )
    plans += [
        _Plan(title, about, ((key, title.lower(), "accent"),), say, step, left)
        for title, about, key, say, step, left in one_line
    ]
    plans.append(_Plan("Accounts near maintenance", "margin health", near, count, step=True))
    plans.append(_sources())
    return plans


def _sources() -> _Plan:
    lines = tuple(
        (f"/{number}", f"source {number}", SOURCE_TONES[(number - 1) % len(SOURCE_TONES)])
        for number in range(1, SOURCES_MAX + 1)
    )
    about = "distance from the index"
    return _Plan("Index sources", about, lines, percent, wide=True, points=SOURCE_POINTS)


def _line(
    market: MarketView,
    history: History,
    span: tuple[int, int],
    plan: _Plan,
    one: tuple[str, str, str],
) -> Line:
    key, name, tone = one
    scope = scope_of(market.symbol)
    asked = ("index_deviation", f"{scope}{key}") if key.startswith("/") else (key, scope)
    return Line(name, series(history, asked, *span, plan.points), tone, plan.step)


def _chart(
    plan: _Plan, lines: Iterable[Line], marks: Sequence[Mark], span: tuple[int, int]
) -> Chart | None:
    shown = tuple(one for one in lines if one.points)
    width, height = WIDE if plan.wide else HALF, TALL if plan.title == PRICE else LOW
    frame = Frame(*span, width, height, plan.left)
    apart = usd_apart if plan.say is usd_short else None
    drawn = over_time(shown, frame, plan.say, marks, apart)
    if drawn is None:
        return None
    heads, rows = _table(shown, plan.say)
    return Chart(plan.title, plan.about, drawn, shown, heads, rows, plan.wide)


def _table(
    lines: Sequence[Line], say: Callable[[int], str]
) -> tuple[tuple[str, ...], tuple[tuple[int, tuple[str, ...]], ...]]:
    """Return heads and rows, newest first: of one line its range too, else the last of each."""
    by_row = [_by_row(one.points) for one in lines]
    times = sorted({at for one in by_row for at in one}, reverse=True)
    if len(lines) == 1:
        found = by_row[0]
        heads: tuple[str, ...] = ("Lowest", "Highest", "Last")
        return heads, tuple((at, tuple(say(one) for one in found[at])) for at in times)
    heads = tuple(one.name.capitalize() for one in lines)
    return heads, tuple(
        (at, tuple(say(one[at][2]) if at in one else NONE for one in by_row)) for at in times
    )


def _by_row(points: Series) -> dict[int, tuple[int, int, int]]:
    made: dict[int, tuple[int, int, int]] = {}
    for one in points:
        at = one.at_us // ROW_US * ROW_US
        lowest, highest, _ = made.get(at, (one.lowest, one.highest, 0))
        made[at] = (min(lowest, one.lowest), max(highest, one.highest), one.last)
    return made
