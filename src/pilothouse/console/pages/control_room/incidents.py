"""Active incidents as a strip above everything: how bad, who commands, and the clocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.console.pages.incidents.reading import IncidentLine
from pilothouse.desk.clocks import FIRST_REPORT_WITHIN, Clock
from pilothouse.desk.models import ClockReading

SHOWN_MOST: Final = 3


@dataclass(frozen=True)
class Strip:
    """One incident. Times in microseconds, 0 where a clock was not read."""

    line: IncidentLine
    acknowledged: int
    mitigated: int
    first_report_due: int


def strips(lines: list[IncidentLine]) -> list[Strip]:
    """Return the worst active incidents with their clocks."""
    shown = lines[:SHOWN_MOST]
    read = _readings([one.number for one in shown]) if shown else {}
    return [_strip(one, read.get(one.number, {})) for one in shown]


def _readings(incidents: list[int]) -> dict[int, dict[str, int]]:
    # The last reading of a clock holds; without a moment it was withdrawn.
    made: dict[int, dict[str, int]] = {}
    for one in ClockReading.objects.filter(incident__in=incidents).order_by("id"):
        at = microseconds(one.at) if one.at else 0
        made.setdefault(one.incident_id, {})[one.clock] = at
    return made


def _strip(line: IncidentLine, read: dict[str, int]) -> Strip:
    aware = read.get(Clock.AWARE, 0)
    within_us = int(FIRST_REPORT_WITHIN.total_seconds()) * 1_000_000
    return Strip(
        line,
        read.get(Clock.ACKNOWLEDGED, 0),
        read.get(Clock.MITIGATED, 0),
        aware + within_us if aware else 0,
    )
