"""The recent history of an alert's measure: a drawing, and the same by the minute as a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

import numpy as np

from pilothouse.console.charts.over_time import Frame, Line, Mark, OverTime, over_time
from pilothouse.console.happened import every_market, happened
from pilothouse.console.pages.alerts.reading import said
from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.control.watched import MEASURES, Unit
from pilothouse.language.numbers import SECOND_US
from pilothouse.venue.clock import wall_clock_us
from pilothouse.venue.standstill import EPOCH
from pilothouse.watch import running
from pilothouse.watch.history import Samples, recorded
from pilothouse.watch.models import Alert
from pilothouse.watch.series import folded

MINUTE_US: Final = 60 * SECOND_US
BEFORE_US: Final = 15 * MINUTE_US
AFTER_US: Final = 10 * MINUTE_US
MINUTES_MOST: Final = 60
WIDTH: Final = 880
HEIGHT: Final = 190
LEFT: Final = 92


@dataclass(frozen=True)
class Minute:
    """What was measured within a minute; values in the measure's unit."""

    time: int
    lowest: int
    highest: int
    last: int
    lowest_text: str
    highest_text: str
    last_text: str


@dataclass(frozen=True)
class Measured:
    """The history around an alert. `drawing` is None while too little is recorded."""

    title: str
    how: str
    unit: str
    minutes: tuple[Minute, ...]
    drawing: OverTime | None


def measured(alert: Alert) -> Measured | None:
    """Return what was recorded from a quarter of an hour before an alert on, None without it."""
    watchman, known = running.watchman(), MEASURES.get(alert.measure)
    if watchman is None or known is None:
        return None
    now_us = wall_clock_us()
    end = microseconds(alert.resolved_at) + AFTER_US if alert.resolved_at else now_us
    until_us = min(end, now_us)
    from_us = max(microseconds(alert.raised_at) - BEFORE_US, until_us - MINUTES_MOST * MINUTE_US)
    key = (alert.measure, alert.scope)
    samples = recorded(watchman.history, [key], from_us, until_us)[key]
    by_minute: dict[int, list[int]] = {}
    for at_us, value in samples:
        by_minute.setdefault(at_us // MINUTE_US, []).append(value)
    return Measured(
        known.title,
        known.how,
        known.unit,
        tuple(_minute(at, by_minute[at], alert) for at in sorted(by_minute, reverse=True)),
        _drawing(alert, samples, until_us, known.unit),
    )


def _drawing(alert: Alert, samples: Samples, until_us: int, unit: Unit) -> OverTime | None:
    if len(samples) < 2:
        return None
    times, values = (np.array(one, np.int64) for one in zip(*samples, strict=True))
    from_us = samples[0][0]
    line = Line(alert.measure, folded(times, values, from_us, until_us))
    frame = Frame(from_us, until_us, WIDTH, HEIGHT, LEFT)
    return over_time(
        [line],
        frame,
        partial(said, unit=unit),
        _marks(alert, from_us, until_us),
        limit=alert.limit,
    )


def _marks(alert: Alert, from_us: int, until_us: int) -> list[Mark]:
    """Return what happened meanwhile to its market, this alert included; to all without one."""
    named = [one for one in every_market() if one.symbol == alert.market]
    market = named if alert.market else None
    since, until = (EPOCH + timedelta(microseconds=one) for one in (from_us, until_us))
    return happened(since, until, market)


def _minute(at: int, values: list[int], alert: Alert) -> Minute:
    numbers = (min(values), max(values), values[-1])
    unit = MEASURES[alert.measure].unit
    return Minute(at * MINUTE_US, *numbers, *(said(one, unit) for one in numbers))
