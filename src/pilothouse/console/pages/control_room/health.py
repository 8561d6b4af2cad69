"""Margin health over time: accounts near or below maintenance, and the insurance pools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pilothouse.console.charts.over_time import Frame, Line, OverTime, over_time
from pilothouse.console.templatetags.figures import count, usd_apart, usd_short
from pilothouse.watch.history import History
from pilothouse.watch.noted import INSURANCE, NEAR_OR_BELOW
from pilothouse.watch.rules import EXCHANGE
from pilothouse.watch.series import Series, series, window

WIDTH: Final = 190
HEIGHT: Final = 44
LEFT: Final = 54
POINTS: Final = 90


@dataclass(frozen=True)
class Health:
    """The two series of the panel."""

    near_or_below: Series
    insurance: Series
    from_us: int
    until_us: int


def health(history: History, now_us: int) -> Health:
    """Return margin health over the last two hours."""
    span = window(history, now_us)
    near, pools = (
        series(history, (name, EXCHANGE), *span, POINTS) for name in (NEAR_OR_BELOW, INSURANCE)
    )
    return Health(near, pools, *span)


def drawings(shown: Health) -> dict[str, OverTime | None]:
    """Return the drawings of both."""
    frame = Frame(shown.from_us, shown.until_us, WIDTH, HEIGHT, LEFT)
    return {
        "near": over_time([Line("accounts", shown.near_or_below, "warn")], frame, count),
        "insurance": over_time(
            [Line("insurance", shown.insurance, "up")], frame, usd_short, apart=usd_apart
        ),
    }
