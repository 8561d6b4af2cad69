"""How a deed on an incident is done: in one transaction with its audit row; refusals as well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from django.db import transaction

from pilothouse.access.models import Person
from pilothouse.access.one_look import anew
from pilothouse.control.deed import actor
from pilothouse.control.refusals import NOT_RECORDED, Refused
from pilothouse.desk import gates, notices
from pilothouse.desk.links import link
from pilothouse.desk.models import Incident
from pilothouse.desk.moves import State, Verb, target
from pilothouse.desk.told import TOLD, refuse_too_many_told
from pilothouse.records import audit


@contextmanager
def deed(verb: str, by: Person | None, subject: str) -> Iterator[None]:
    """Run a deed: all of it or nothing; what was refused is recorded when it is undone."""
    try:
        with anew(), transaction.atomic():
            yield
    except Refused as refused:
        facts = {"reason": refused.reason.name, "detail": refused.detail}
        with suppress(audit.NotRecorded):
            audit.write_refusal(actor(by), verb, subject, f"{verb} was refused: {refused}", facts)
        raise
    except audit.NotRecorded as lost:
        raise Refused(NOT_RECORDED) from lost


@contextmanager
def on(incident: Incident, verb: Verb, by: Person, now: datetime) -> Iterator[Incident]:
    """Run a deed on an incident, held until it ends, if the table and the rights allow it."""
    with deed(verb, by, incident.subject):
        held = Incident.objects.select_for_update().get(pk=incident.pk)
        gates.pass_gate(verb, held, by, now)
        yield held


def move(
    incident: Incident,
    verb: Verb,
    *,
    by: Person,
    now: datetime,
    why: str = "",
    facts: dict[str, Any] | None = None,
) -> None:
    """Take an incident along one arrow of the table and write its audit row."""
    source = State(incident.state)
    reached = target(verb, source)
    assert reached is not None, "the gate is passed before the move"
    if reached != source:
        incident.state, incident.state_at = reached, now
    incident.save()
    moved = {"from": source, "to": reached} | (facts or {})
    note(incident, verb, by=by, now=now, why=why, facts=moved)


def note(
    incident: Incident,
    verb: Verb,
    *,
    by: Person,
    now: datetime,
    why: str = "",
    facts: dict[str, Any] | None = None,
) -> None:
    """Write the audit row of a deed on an incident, and the notice if people are told of it."""
    if verb in TOLD:
        refuse_too_many_told(verb, incident.severity, by, now)
    sentence = f"{verb} by {by}: {incident}, now {incident.state}" + (f" ({why})" if why else "")
    told = {"why": why, "severity": incident.severity} | (facts or {})
    audit.write(actor(by), verb, incident.subject, sentence, facts=told, at=now)
    if verb in TOLD:
        _tell(incident, verb, why, now)


def _tell(incident: Incident, verb: Verb, why: str, now: datetime) -> None:
    affected = ", ".join(one.subject for one in incident.affected.all()) or "nothing yet"
    lines = [
        why,
        f"severity {incident.severity}, now {incident.state}, affects {affected}",
        f"commander {incident.commander or 'none yet'}, page {link(f'/incidents/{incident.pk}')}",
    ]
    notices.write(
        f"incident.{verb}",
        incident.subject,
        severity=incident.severity,
        owner=incident.owner,
        title=f"[{incident.severity.upper()}] {incident.label} {TOLD[verb]}: {incident.title}",
        body="\n".join(line for line in lines if line),
        now=now,
    )
