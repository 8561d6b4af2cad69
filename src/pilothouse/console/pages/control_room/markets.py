"""Rows of the markets: why each is here, its move, its two hours, and how far from its normal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pilothouse.console.charts.over_time import Frame, Line, Shape, spark
from pilothouse.console.live.exceptions import CHIPS_MOST, ROWS, Together, exceptions
from pilothouse.console.live.pulse import Pulse
from pilothouse.language.numbers import PPM
from pilothouse.venue.views.markets import MarketView
from pilothouse.watch.history import History
from pilothouse.watch.noted import INDEX, LAST
from pilothouse.watch.reasons import NamedMarket
from pilothouse.watch.rules import scope_of
from pilothouse.watch.series import moved_ppm, series, window

WIDTH: Final = 120
HEIGHT: Final = 22
POINTS: Final = 60
WIDE_PPM: Final = 2 * PPM
"""From how many times the usual spread on the figure is coloured; depth below half of it."""
OPEN_INTEREST: Final = "open_interest"


@dataclass(frozen=True)
class Row:
    """One market. Moves and ratios in ppm, None where they are not known."""

    market: MarketView
    sentence: str
    unusual: bool
    moved_ppm: int | None
    spread_of_usual_ppm: int | None
    depth_of_usual_ppm: int | None
    open_interest_micro_usd: int | None
    open_interest_moved_ppm: int | None
    near: int | None

    @property
    def is_wide(self) -> bool:
        """Tell whether the spread is far above what is usual."""
        return (self.spread_of_usual_ppm or 0) >= WIDE_PPM

    @property
    def is_thin(self) -> bool:
        """Tell whether the depth is less than half of what is usual."""
        return self.depth_of_usual_ppm is not None and self.depth_of_usual_ppm * 2 <= PPM


@dataclass(frozen=True)
class Fold:
    """Markets with the same reasons: a count, and their symbols, at most a few hundred."""

    sentence: str
    count: int
    symbols: tuple[str, ...]
    rest: int


@dataclass(frozen=True)
class Markets:
    """The whole panel: lines of unusual markets, rows of normal ones, and the folded rest."""

    unusual: tuple[Row | Fold, ...]
    more_unusual: int
    normal: tuple[Row, ...]
    folded: Fold | None
    unusual_count: int
    normal_count: int
    from_us: int
    until_us: int


def markets(pulse: Pulse, history: History, rows: int = ROWS) -> Markets:
    """Return what the panel shows of a pulse and of the last two hours."""
    seen, (from_us, until_us) = exceptions(pulse, rows), window(history, pulse.taken_at)
    span = history, from_us, until_us
    unusual = (
        _fold(one) if isinstance(one, Together) else _row(one, *span) for one in seen.unusual
    )
    return Markets(
        unusual=tuple(unusual),
        more_unusual=seen.more_unusual,
        normal=tuple(_row(one, *span) for one in seen.normal),
        folded=_folded("normal", seen.folded) if seen.folded else None,
        unusual_count=len(pulse.named),
        normal_count=len(pulse.quiet),
        from_us=from_us,
        until_us=until_us,
    )


@dataclass(frozen=True)
class Drawn:
    """One line of the panel: a row with its small chart, or markets folded into one line."""

    row: Row | None
    fold: Fold | None
    shapes: tuple[Shape, ...] = ()


def drawn(shown: Markets, history: History) -> list[Drawn]:
    """Return the lines in their order, rows with their small charts: last price, and index."""
    return [
        Drawn(None, one)
        if isinstance(one, Fold)
        else Drawn(one, None, _spark(one, shown, history))
        for one in (*shown.unusual, *shown.normal)
    ]


def _row(one: NamedMarket, history: History, from_us: int, until_us: int) -> Row:
    scope = scope_of(one.market.symbol)

    def moved(name: str) -> int | None:
        return moved_ppm(history, (name, scope), from_us, until_us)

    return Row(
        market=one.market,
        sentence="; ".join(reason.sentence for reason in one.reasons) or "normal",
        unusual=bool(one.reasons),
        moved_ppm=moved(LAST),
        spread_of_usual_ppm=one.spread_of_usual_ppm,
        depth_of_usual_ppm=one.depth_of_usual_ppm,
        open_interest_micro_usd=one.open_interest_micro_usd,
        open_interest_moved_ppm=moved(OPEN_INTEREST),
        near=one.near,
    )


def _fold(one: Together) -> Fold:
    return _folded(one.sentence, one.markets)


def _folded(sentence: str, named: tuple[NamedMarket, ...]) -> Fold:
    symbols = tuple(one.market.symbol for one in named[:CHIPS_MOST])
    return Fold(sentence, len(named), symbols, len(named) - len(symbols))


def _spark(row: Row, shown: Markets, history: History) -> tuple[Shape, ...]:
    span, scope = (shown.from_us, shown.until_us, POINTS), scope_of(row.market.symbol)
    lines = [
        Line("index", series(history, (INDEX, scope), *span), "muted"),
        Line("last", series(history, (LAST, scope), *span), "accent"),
    ]
    return spark(lines, Frame(shown.from_us, shown.until_us, WIDTH, HEIGHT))
