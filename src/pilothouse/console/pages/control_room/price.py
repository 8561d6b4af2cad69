"""The most unusual contract, else the largest, over two hours: last trade, mark and index."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.utils import timezone

from pilothouse.console.charts.over_time import Frame, Line, Mark, OverTime, over_time
from pilothouse.console.happened import happened
from pilothouse.console.live.pulse import Pulse
from pilothouse.console.pages.contract.series import price_lines
from pilothouse.console.templatetags.figures import mark
from pilothouse.venue.views.margin import HealthView
from pilothouse.venue.views.markets import MarketView
from pilothouse.watch.history import KEPT_US, History
from pilothouse.watch.series import window

WIDTH: Final = 430
HEIGHT: Final = 128
LEFT: Final = 62


@dataclass(frozen=True)
class Price:
    """The contract, and what happened to it in the time that is drawn."""

    market: MarketView
    marks: tuple[Mark, ...]


def price(pulse: Pulse) -> Price | None:
    """Return a contract with what happened to it, None where no contract trades."""
    market = _chosen(pulse)
    if market is None:
        return None
    until = timezone.now()
    since = until - timedelta(microseconds=KEPT_US)
    return Price(market, tuple(happened(since, until, [market])))


def _chosen(pulse: Pulse) -> MarketView | None:
    contracts = {one.market.number: one for one in pulse.contracts}
    for one in pulse.named:
        if one.market.number in contracts:
            return one.market
    largest = max(pulse.contracts, key=lambda one: _notional(one.health), default=None)
    return largest.market if largest else None


def _notional(health: HealthView) -> int:
    return sum(band[2] for band in health.bands)


def drawing(shown: Price, history: History, now_us: int) -> OverTime | None:
    """Return the chart."""
    span = window(history, now_us)
    frame = Frame(*span, WIDTH, HEIGHT, LEFT)
    lines: list[Line] = price_lines(shown.market, history, *span, points=120)
    return over_time(lines, frame, lambda one: mark(one, shown.market), shown.marks)
