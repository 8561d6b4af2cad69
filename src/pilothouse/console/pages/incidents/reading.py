"""Incidents as lines of a table: what other pages show of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Case, QuerySet, Value, When

from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.console.query import row_number
from pilothouse.control.severity import ORDER
from pilothouse.desk.models import Affected, Incident
from pilothouse.desk.moves import ACTIVE

LINES_MOST: Final = 100
"""Incidents in a list of incidents; a page about something else has fewer."""
AFFECTING_MOST: Final = 20
Order = tuple[Case | str, ...]
NEWEST_FIRST: Final[Order] = ("-id",)
_BADNESS: Final = [When(severity=one, then=Value(place)) for place, one in enumerate(ORDER)]
WORST_FIRST: Final[Order] = (
    Case(When(state__in=ACTIVE, then=Value(0)), default=Value(1)),
    Case(*_BADNESS, default=Value(len(ORDER))),
    *NEWEST_FIRST,
)
"""Active ones, the worst, the newest. The database sorts before it cuts: no number of small ones
hides a critical one."""


@dataclass(frozen=True)
class IncidentLine:
    """One incident in a table. `since` is when it came into its state, microseconds."""

    number: int
    title: str
    severity: str
    state: str
    owner: str
    commander: str
    affected: tuple[str, ...]
    opened: int
    since: int

    @property
    def label(self) -> str:
        """Return what people call it."""
        return f"INC-{self.number}"

    @property
    def address(self) -> str:
        """Return its page."""
        return f"/incidents/{self.number}"


def line(incident: Incident) -> IncidentLine:
    """Return an incident as a line."""
    return IncidentLine(
        number=incident.pk,
        title=incident.title,
        severity=incident.severity,
        state=incident.state,
        owner=incident.owner.replace("_", " "),
        commander=str(incident.commander or ""),
        affected=tuple(one.subject.partition(":")[2] for one in incident.affected.all()),
        opened=microseconds(incident.opened_at),
        since=microseconds(incident.state_at),
    )


def _lines(
    incidents: QuerySet[Incident], most: int = LINES_MOST, order: Order = WORST_FIRST
) -> list[IncidentLine]:
    wanted = incidents.select_related("commander").prefetch_related("affected")
    return [line(one) for one in wanted.order_by(*order)[:most]]


def active_incidents() -> list[IncidentLine]:
    """Return what is somebody's turn, the worst first, then the newest."""
    return _lines(_active())


def active_count() -> int:
    """Return how many incidents are somebody's turn."""
    return _active().count()


def ended_incidents() -> list[IncidentLine]:
    """Return the newest incidents that are over."""
    return _lines(Incident.objects.exclude(state__in=ACTIVE), order=NEWEST_FIRST)


def incidents_affecting(*subjects: str) -> list[IncidentLine]:
    """Return incidents that affect a market or a product: active ones first, then the worst."""
    return _lines(_affecting(subjects), AFFECTING_MOST)


def active_incidents_affecting(*subjects: str) -> list[IncidentLine]:
    """Return what is somebody's turn and affects one of some subjects, the worst first."""
    return _lines(_affecting(subjects).filter(state__in=ACTIVE), AFFECTING_MOST)


def count_affecting(*subjects: str, active: bool = False) -> int:
    """Return how many incidents affect one of some subjects, the active ones alone or all."""
    found = _affecting(subjects)
    return (found.filter(state__in=ACTIVE) if active else found).count()


def _active() -> QuerySet[Incident]:
    return Incident.objects.filter(state__in=ACTIVE)


def _affecting(subjects: tuple[str, ...]) -> QuerySet[Incident]:
    return Incident.objects.filter(
        pk__in=Affected.objects.filter(subject__in=subjects).values("incident")
    )


def incidents_like(wanted: str) -> list[IncidentLine]:
    """Return the incidents whose number or title has these letters."""
    number = row_number(wanted.removeprefix("inc-").removeprefix("#"))
    if number is not None:
        return _lines(Incident.objects.filter(pk=number))
    return _lines(Incident.objects.filter(title__icontains=wanted), order=NEWEST_FIRST)
