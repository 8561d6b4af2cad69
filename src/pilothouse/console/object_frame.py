"""The frame every object's page has: head with state, facts, timeline, audit.

`templates/object.html` draws it. The audit is shown to those whose role may read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.http import HttpRequest
from django.utils import timezone

from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.console.pages.audit.reading import lines
from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.console.rights import person_of
from pilothouse.desk import timeline
from pilothouse.desk.timeline import Happening
from pilothouse.records.models import AuditRow
from pilothouse.records.readable import Unreadable, each

ROWS_MOST: Final = 12
LINES_MOST: Final = 40
LATELY: Final = timedelta(days=7)


def audit_of(request: HttpRequest, *subjects: str) -> dict[str, Any]:
    """Return the newest audit rows about an object, None for those who may not read them."""
    if not may(person_of(request), Right.READ_AUDIT):
        return {"audit": None}
    return {"audit": lines(_newest(subjects))}


@dataclass(frozen=True)
class TimeLine:
    """One happening, its time in microseconds."""

    at: int
    about: str
    title: str
    sentence: str
    address: str
    refused: bool


@dataclass(frozen=True)
class Queue:
    """Where an object stands among those that wait, and the pages before and after it."""

    place: int
    length: int
    previous: str
    next: str


def queue_of(address: str, waiting: Sequence[str]) -> Queue | None:
    """Return the place of a page among the pages of what waits, None if it does not wait."""
    if address not in waiting:
        return None
    at = waiting.index(address)
    before = waiting[at - 1] if at else ""
    after = waiting[at + 1] if at + 1 < len(waiting) else ""
    return Queue(at + 1, len(waiting), before, after)


def lately(markets: list[int], affected: list[str]) -> dict[str, Any]:
    """Return what happened around markets in the last week, newest first."""
    now = timezone.now()
    found = timeline.of_markets(markets, affected, now - LATELY, now)
    return {"timeline": time_lines(found[-LINES_MOST:])}


def deeds_about(subject: str) -> list[TimeLine]:
    """Return what people did about an object of which nothing else is told, newest first."""
    return time_lines(timeline.deeds_about(subject)[-LINES_MOST:])


def time_lines(happenings: list[Happening]) -> list[TimeLine]:
    """Return happenings as plain values, newest first: people look for what is new."""
    return [
        TimeLine(
            microseconds(one.at),
            str(one.about),
            one.title,
            one.sentence,
            one.address,
            one.refused,
        )
        for one in reversed(happenings)
    ]


def _newest(subjects: Sequence[str]) -> list[AuditRow | Unreadable]:
    about = AuditRow.objects.filter(subject__in=subjects).order_by("-number")
    return each(about, ROWS_MOST)
