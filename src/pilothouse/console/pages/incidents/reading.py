"""Incidents as lines of a table: what other pages show of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet

from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.console.query import row_number
from pilothouse.control.severity import ORDER, Severity
from pilothouse.desk.models import Incident
from pilothouse.desk.moves import ACTIVE

LINES_MOST: Final = 100


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


def _lines(incidents: QuerySet[Incident]) -> list[IncidentLine]:
    wanted = incidents.select_related("commander").prefetch_related("affected")
    return [line(one) for one in wanted.order_by("-id")[:LINES_MOST]]


def active_incidents() -> list[IncidentLine]:
    """Return what is somebody's turn, the worst first."""
    found = _lines(Incident.objects.filter(state__in=ACTIVE))
    return sorted(found, key=lambda one: ORDER.index(Severity(one.severity)))


def ended_incidents() -> list[IncidentLine]:
    """Return the newest incidents that are over."""
    return _lines(Incident.objects.exclude(state__in=ACTIVE))


def incidents_affecting(subject: str) -> list[IncidentLine]:
    """Return the newest incidents that affect a market or a product."""
    return _lines(Incident.objects.filter(affected__subject=subject))


def active_incidents_affecting(subjects: list[str]) -> list[IncidentLine]:
    """Return what is somebody's turn and affects one of some subjects, newest first."""
    found = Incident.objects.filter(affected__subject__in=subjects, state__in=ACTIVE)
    return _lines(found.distinct())


def incidents_like(wanted: str) -> list[IncidentLine]:
    """Return the incidents whose number or title has these letters."""
    number = row_number(wanted.removeprefix("inc-").removeprefix("#"))
    if number is not None:
        return _lines(Incident.objects.filter(pk=number))
    return _lines(Incident.objects.filter(title__icontains=wanted))
