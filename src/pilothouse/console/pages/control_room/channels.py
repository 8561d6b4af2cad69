"""The health of the channels: what monitoring measures of doors, orders and journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pilothouse.console.charts.over_time import Frame, Line, Shape, spark
from pilothouse.console.pages.alerts.reading import said
from pilothouse.control.watched import MEASURES, Unit
from pilothouse.language.numbers import format_decimal
from pilothouse.watch.history import History
from pilothouse.watch.rules import EXCHANGE
from pilothouse.watch.series import Series, series, window

LISTED: Final[dict[str, str]] = {
    "reject_rate": "Orders refused",
    "door_use": "Door limit",
    "door_refused": "Doors refused",
    "socket_refused": "Sockets refused",
    "replica_lag": "Feed delay",
    "block_age": "Last block",
}
"""Measures of the exchange, each with the words of its row."""
WIDTH: Final = 80
HEIGHT: Final = 20
POINTS: Final = 48


@dataclass(frozen=True)
class Channel:
    """One channel: its figure now and its highest of the last two hours, None if not known."""

    name: str
    label: str
    now: int | None
    highest: int | None
    now_text: str
    highest_text: str
    how: str
    points: Series


def channels(history: History, now_us: int) -> list[Channel]:
    """Return the channels with their last two hours."""
    span = window(history, now_us)
    return [_channel(name, series(history, (name, EXCHANGE), *span, POINTS)) for name in LISTED]


def _channel(name: str, points: Series) -> Channel:
    now = points[-1].last if points else None
    highest = max((one.highest for one in points), default=None)
    unit = MEASURES[name].unit
    texts = (_said(one, unit) for one in (now, highest))
    return Channel(name, LISTED[name], now, highest, *texts, MEASURES[name].how, points)


def _said(value: int | None, unit: Unit) -> str:
    if unit is Unit.PPM and value is not None:
        return f"{format_decimal(value // 1_000, 1)} %"
    return said(value, unit)


def drawn(
    shown: list[Channel], history: History, now_us: int
) -> list[tuple[Channel, tuple[Shape, ...]]]:
    """Return the channels with their small charts."""
    frame = Frame(*window(history, now_us), WIDTH, HEIGHT)
    return [(one, spark([Line(one.name, one.points, "info")], frame)) for one in shown]
