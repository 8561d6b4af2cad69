"""The recent history of an alert's measure: a drawing, and the same by the minute as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pilothouse.console.charts.line import Drawing, drawing
from pilothouse.console.pages.alerts.reading import said
from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.control.watched import MEASURES
from pilothouse.language.numbers import SECOND_US
from pilothouse.venue.clock import wall_clock_us
from pilothouse.watch import running
from pilothouse.watch.history import recorded
from pilothouse.watch.models import Alert

MINUTE_US: Final = 60 * SECOND_US
BEFORE_US: Final = 15 * MINUTE_US
AFTER_US: Final = 10 * MINUTE_US
MINUTES_MOST: Final = 60


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
    drawing: Drawing | None
    lowest_text: str
    highest_text: str


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
    made = drawing(samples, alert.limit, until_us)
    by_minute: dict[int, list[int]] = {}
    for at_us, value in samples:
        by_minute.setdefault(at_us // MINUTE_US, []).append(value)
    return Measured(
        known.title,
        known.how,
        known.unit,
        tuple(_minute(at, by_minute[at], alert) for at in sorted(by_minute, reverse=True)),
        made,
        said(made.lowest, known.unit) if made else "",
        said(made.highest, known.unit) if made else "",
    )


def _minute(at: int, values: list[int], alert: Alert) -> Minute:
    numbers = (min(values), max(values), values[-1])
    unit = MEASURES[alert.measure].unit
    return Minute(at * MINUTE_US, *numbers, *(said(one, unit) for one in numbers))
