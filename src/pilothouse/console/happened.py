"""What happened between two moments, as marks on an axis of time: changes, alerts, incidents.

A status that a change set is that change; one that nobody's change set is a mark of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db.models import Q

from pilothouse.console.charts.over_time import Mark
from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.control.models import ChangeStep
from pilothouse.control.ports import NotConnected, ports
from pilothouse.control.touching import touching_markets
from pilothouse.desk import statuses
from pilothouse.desk.models import Incident
from pilothouse.desk.moves import State
from pilothouse.records.readable import readable
from pilothouse.venue.views.markets import MarketView
from pilothouse.watch.models import OF_SOURCE, Alert
from pilothouse.watch.rules import scope_of

EACH_MOST: Final = 60
"""Things of one kind, the newest of them."""
WORDS_MOST: Final = 26
"""Characters of a mark's words on the axis; its title has them all."""
TONES: Final = {"critical": "down", "high": "warn", "medium": "violet"}


def happened(
    since: datetime, until: datetime, of: Sequence[MarketView] | None = None
) -> list[Mark]:
    """Return what happened between two moments, oldest first: to some markets, or to all."""
    marks = [
        *_changes(since, until, of),
        *_alerts(since, until, of),
        *_incidents(since, until, of),
        *_statuses(since, until, of),
    ]
    return sorted(marks, key=lambda one: one.at_us)


def every_market() -> Sequence[Any]:
    """Return the markets of the exchange with number and symbol, none while it is away."""
    try:
        return ports().reader.markets()
    except NotConnected:
        return ()


def ended(since: datetime, until: datetime) -> list[Mark]:
    """Return which alerts ended and which incidents moved on between two moments."""
    alerts = Alert.objects.filter(resolved_at__gte=since, resolved_at__lte=until)
    over = [
        Mark(
            microseconds(one.resolved_at),
            _short(f"AL-{one.pk}", "over"),
            f"AL-{one.pk} resolved: {one.title}, {one.where}",
            f"/alerts/{one.pk}",
            "up",
        )
        for one in readable(alerts.order_by("-resolved_at"), EACH_MOST)
        if one.resolved_at
    ]
    moved = Incident.objects.filter(state_at__gte=since, state_at__lte=until)
    return over + [
        Mark(
            microseconds(one.state_at),
            _short(one.label, one.state),
            f"{one.label} {one.state}: {one.title}",
            f"/incidents/{one.pk}",
            TONES.get(one.severity, "violet"),
        )
        for one in readable(moved.exclude(state=State.OPENED).order_by("-state_at"), EACH_MOST)
    ]


def _short(label: str, words: str) -> str:
    said = f"{label} {words}"
    return said if len(said) <= WORDS_MOST else f"{said[: WORDS_MOST - 1].rstrip()}…"


def _changes(since: datetime, until: datetime, of: Sequence[MarketView] | None) -> list[Mark]:
    steps = ChangeStep.objects.filter(applied_at__gte=since, applied_at__lte=until)
    if of is not None:
        steps = steps.filter(change__in=touching_markets(*(one.number for one in of)))
    found = readable(steps.select_related("change").order_by("-applied_at"), EACH_MOST)
    return [
        Mark(
            microseconds(one.applied_at),
            _short(f"CH-{one.change_id}", one.change.title),
            f"CH-{one.change_id} applied: {one.change.title}",
            f"/changes/{one.change_id}",
            "up",
        )
        for one in found
        if one.applied_at and isinstance(one.change.title, str)
    ]


def _alerts(since: datetime, until: datetime, of: Sequence[MarketView] | None) -> list[Mark]:
    found = Alert.objects.filter(raised_at__gte=since, raised_at__lte=until)
    if of is not None:
        scopes = [scope_of(one.symbol) for one in of]
        sources = [Q(scope__startswith=f"{one}{OF_SOURCE}") for one in scopes]
        wanted = Q(scope__in=scopes)
        for one in sources:
            wanted |= one
        found = found.filter(wanted)
    return [
        Mark(
            microseconds(one.raised_at),
            _short(f"AL-{one.pk}", one.title),
            f"AL-{one.pk} raised: {one.title}, {one.where}",
            f"/alerts/{one.pk}",
            TONES.get(one.severity, "violet"),
        )
        for one in readable(found.order_by("-raised_at"), EACH_MOST)
    ]


def _incidents(since: datetime, until: datetime, of: Sequence[MarketView] | None) -> list[Mark]:
    found = Incident.objects.filter(opened_at__gte=since, opened_at__lte=until)
    if of is not None:
        subjects = [f"market:{one.symbol}" for one in of]
        found = found.filter(affected__subject__in=subjects).distinct()
    return [
        Mark(
            microseconds(one.opened_at),
            _short(one.label, one.title),
            f"{one.label} opened: {one.title}",
            f"/incidents/{one.pk}",
            TONES.get(one.severity, "violet"),
        )
        for one in readable(found.order_by("-opened_at"), EACH_MOST)
    ]


def _statuses(since: datetime, until: datetime, of: Sequence[MarketView] | None) -> list[Mark]:
    symbols = {one.number: one.symbol for one in (every_market() if of is None else of)}
    moves = [one for one in statuses.between(symbols, since, until) if not one.change]
    return [
        Mark(
            microseconds(one.at),
            _short(symbols[one.market], one.status.name.lower()),
            f"{symbols[one.market]} is {one.status.name.lower()}, by no change",
            f"/markets/{symbols[one.market]}",
            "warn",
        )
        for one in moves[-EACH_MOST:]
    ]
