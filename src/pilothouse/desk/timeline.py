"""The timeline of an incident: it is read from what is kept anyway, so it fills itself.

The audit has the deeds on the incident, on its alerts and on the changes; the exchange has told
the statuses of its markets. Nothing is copied, so nothing can be missing or stand twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any, Final

from django.db.models import QuerySet

from pilothouse.access.models import Person
from pilothouse.control.ports import ports
from pilothouse.control.touching import caused_by, touching_markets
from pilothouse.desk import clocks, statuses, subjects
from pilothouse.desk.clocks import Clock
from pilothouse.desk.models import Incident
from pilothouse.records import audit
from pilothouse.records.models import AuditRow
from pilothouse.records.readable import attempt, readable
from pilothouse.watch import alerts

ROWS_MOST: Final = 500
"""Deeds of one kind that a timeline has, the newest of them."""


class About(StrEnum):
    """What a happening is about."""

    INCIDENT = "incident"
    ALERT = "alert"
    CHANGE = "change"
    STATUS = "status"
    ACCOUNT = "account"
    PERSON = "person"


LABELS: Final = {About.INCIDENT: "INC", About.ALERT: "AL", About.CHANGE: "CH"}


@dataclass(frozen=True)
class Happening:
    """One thing that happened: when, about what, in which words, and which page shows it."""

    at: datetime
    about: About
    title: str
    sentence: str
    address: str = ""
    refused: bool = False


def of_incident(incident: Incident, now: datetime) -> list[Happening]:
    """Return what happened to an incident and around it, oldest first."""
    start, end = window(incident, now)
    affected = [one.subject for one in incident.affected.all()]
    markets = market_numbers(affected)
    own = deeds_about(incident.subject)
    joined = {f"alert:{one.alert}" for one in incident.alerts.all()}
    others = set(_alerts(affected)) - joined
    caused = {f"change:{one.pk}" for one in caused_by(incident.subject)}
    beside = {f"change:{one.pk}" for one in touching_markets(*markets)} - caused
    around = [
        *_deeds(joined, About.ALERT, None, now),
        *_deeds(others, About.ALERT, start, end),
        *_deeds(caused, About.CHANGE, start, now),
        *_deeds(beside, About.CHANGE, start, end),
        *status_moves(markets, start, end),
    ]
    return sorted([*own, *around], key=lambda one: one.at)


def of_markets(
    markets: list[int], affected: list[str], start: datetime, now: datetime
) -> list[Happening]:
    """Return what happened around markets from a moment on, oldest first.

    Changes that touch them, their statuses, and the deeds on incidents that affect one of the
    subjects.
    """
    changes = {f"change:{one.pk}" for one in touching_markets(*markets)}
    found = Incident.objects.filter(affected__subject__in=affected).distinct()
    made = [
        *_deeds(changes, About.CHANGE, start, now),
        *_deeds([one.subject for one in found], About.INCIDENT, start, now),
        *_deeds(_alerts(affected), About.ALERT, start, now),
        *status_moves(markets, start, now),
    ]
    return sorted(made, key=lambda one: one.at)


def window(incident: Incident, now: datetime) -> tuple[datetime, datetime]:
    """Return from when to when what happens around an incident belongs to it."""
    read = clocks.moments(incident)
    started = [read[one] for one in (Clock.OCCURRED, Clock.DETECTED) if one in read]
    start = min([*started, incident.opened_at])
    return start, now if incident.is_active else incident.state_at


def market_numbers(affected: list[str]) -> list[int]:
    """Return the numbers of the markets among what is affected."""
    symbols = set(subjects.symbols(affected))
    return [one.number for one in ports().reader.markets() if one.symbol in symbols]


def deeds_about(subject: str) -> list[Happening]:
    """Return the newest that the audit has about an object of `About`, oldest first."""
    kind = About(subject.partition(":")[0])
    return [_own(row, kind) for row in _newest(AuditRow.objects.filter(subject=subject))]


def status_moves(markets: Iterable[int], start: datetime, end: datetime) -> list[Happening]:
    """Return the status moves of markets as happenings."""
    symbols = {one.number: one.symbol for one in ports().reader.markets()}
    return [
        Happening(
            one.at,
            About.STATUS,
            f"{symbols[one.market]} is {one.status.name.lower()}",
            f"before: {one.before.name.lower()}" + (f", by CH-{one.change}" if one.change else ""),
            f"/markets/{symbols[one.market]}",
        )
        for one in statuses.between(markets, start, end)
    ]


def _alerts(affected: list[str]) -> list[str]:
    return [one.subject for one in alerts.about_markets(subjects.symbols(affected))]


def _deeds(
    about: Iterable[str], kind: About, start: datetime | None, end: datetime
) -> list[Happening]:
    rows = AuditRow.objects.filter(subject__in=list(about), at__lte=end)
    if start is not None:
        rows = rows.filter(at__gte=start)
    made = (attempt(partial(_deed, row, kind)) for row in _newest(rows))
    return [one for one in made if one is not None]


def _newest(rows: QuerySet[AuditRow]) -> list[AuditRow]:
    # However many there are, what happened last is among them: people look for what is new.
    return readable(rows.order_by("-number"), ROWS_MOST)[::-1]


def _deed(row: AuditRow, kind: About) -> Happening:
    number = row.subject.partition(":")[2]
    label, refused = f"{LABELS[kind]}-{number}", row.outcome != audit.DONE
    title = f"{label} {_words(row.deed)}{' refused' if refused else ''}"
    return Happening(row.at, kind, title, _said(row), f"/{kind}s/{number}", refused)


def _own(row: AuditRow, kind: About) -> Happening:
    refused = row.outcome != audit.DONE
    title = f"{_words(row.deed).capitalize()}{' refused' if refused else ''}"
    return Happening(row.at, kind, title, _said(row), "", refused)


def _said(row: AuditRow) -> str:
    # Who, and the one fact people ask for: why it was done, why it was refused, what it led to.
    facts, who = row.facts, _who(row.actor)
    if row.outcome != audit.DONE:
        why = facts.get("detail") or str(facts.get("reason", "")).replace("_", " ")
    else:
        why = facts.get("why") or _where_it_led(facts)
    return f"{who}: {why}" if why else who


def _where_it_led(facts: dict[str, Any]) -> str:
    # An alert that escalates stays in its state, but it is worse and another's turn.
    if "owner" in facts:
        return f"now {facts['severity']}, turn of {facts['owner']}".replace("_", " ")
    moved = facts.get("to") if facts.get("to") != facts.get("from") else ""
    return f"now {moved}".replace("_", " ") if moved else ""


def _words(deed: str) -> str:
    return deed.rpartition(".")[2].replace("_", " ")


def _who(actor: str) -> str:
    kind, _, number = actor.partition(":")
    if kind != "person":
        return actor
    person = Person.objects.filter(pk=int(number)).first()
    return str(person) if person else actor
