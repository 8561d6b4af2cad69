"""Everything the page of an incident shows, read from the desk as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pilothouse.console.object_frame import time_lines
from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.desk import clocks, timeline
from pilothouse.desk.models import Incident

TIMELINE_MOST: Final = 200
"""Happenings on the page of an incident, the newest of them."""
READINGS_MOST: Final = 20
"""Readings of one clock, the newest of them."""


@dataclass(frozen=True)
class Head:
    """What an incident is, in plain values; times in microseconds since the epoch."""

    number: int
    label: str
    title: str
    what: str
    severity: str
    state: str
    active: bool
    owner: str
    commander: str
    opened_by: str
    opened_at: int


@dataclass(frozen=True)
class ClockLine:
    """A clock, what it says (0 if never read), and if corrected its newest readings.

    `corrected` is how often it was.
    """

    name: str
    meaning: str
    at: int
    corrected: int
    corrections: list[dict[str, Any]]


@dataclass(frozen=True)
class AffectedLine:
    """A market or a product that is affected, and its page."""

    subject: str
    name: str
    address: str


def head(incident: Incident) -> Head:
    """Return the head of an incident."""
    return Head(
        number=incident.pk,
        label=incident.label,
        title=incident.title,
        what=incident.what,
        severity=incident.severity,
        state=incident.state,
        active=incident.is_active,
        owner=incident.owner.replace("_", " "),
        commander=str(incident.commander or ""),
        opened_by=str(incident.opened_by),
        opened_at=microseconds(incident.opened_at),
    )


def incident_facts(incident: Incident, now: datetime) -> dict[str, Any]:
    """Return the facts of an incident: the same for the page and for JSON."""
    due = clocks.first_report_due(incident)
    happened = timeline.of_incident(incident, now)
    return {
        "incident": head(incident),
        "clocks": [_clock(one) for one in clocks.readings(incident)],
        "spans": [{"name": name, "seconds": seconds} for name, seconds in clocks.spans(incident)],
        "first_report_due": microseconds(due) if due else 0,
        "affected": [affected_line(one.subject) for one in incident.affected.all()],
        "timeline": time_lines(happened[-TIMELINE_MOST:]),
        "timeline_older": max(0, len(happened) - TIMELINE_MOST),
    }


def affected_line(subject: str) -> AffectedLine:
    """Return a subject with its page."""
    kind, _, name = subject.partition(":")
    return AffectedLine(subject, name, f"/{kind}s/{name}")


def _clock(reading: clocks.Reading) -> ClockLine:
    told = [
        {
            "at": microseconds(one.at) if one.at else 0,
            "noted_at": microseconds(one.noted_at),
            "by": str(one.by or "the machine"),
            "why": one.why,
        }
        for one in reversed(reading.corrections[-READINGS_MOST:])
    ]
    at = microseconds(reading.at) if reading.at else 0
    times = max(0, len(reading.corrections) - 1)
    return ClockLine(str(reading.clock), reading.meaning, at, times, told)
