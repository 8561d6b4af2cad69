"""Record: the verbs that change what is known of an incident, not its state. All raise Refused."""

from __future__ import annotations

from datetime import datetime

from pilothouse.access.models import Person
from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.control.deed import moment
from pilothouse.control.refusals import Refused
from pilothouse.control.said import said
from pilothouse.control.severity import Severity
from pilothouse.desk import clocks, refusals, subjects
from pilothouse.desk.clocks import Clock
from pilothouse.desk.deed import move, on
from pilothouse.desk.models import Incident
from pilothouse.desk.moves import Verb


def note(incident: Incident, text: str, *, by: Person, now: datetime | None = None) -> Incident:
    """Write a note into the timeline; it stays as it was written."""
    now = moment(now)
    with on(incident, Verb.NOTE, by, now) as held:
        move(held, Verb.NOTE, by=by, now=now, why=said(text, refusals.WHY_IS_MISSING))
        return held


def hand_over(
    incident: Incident, to: Person, *, by: Person, now: datetime | None = None
) -> Incident:
    """Give the command to another person, who must have the right to work on incidents."""
    now = moment(now)
    with on(incident, Verb.HAND_OVER, by, now) as held:
        if not may(to, Right.RESPOND, now):
            raise Refused(refusals.PERSON_MAY_NOT_COMMAND, str(to))
        if held.commander_id == to.pk:
            raise Refused(refusals.NOTHING_CHANGES)
        before, held.commander = held.commander_id, to
        facts = {"commander": to.pk, "before": before}
        move(held, Verb.HAND_OVER, by=by, now=now, why=f"to {to}", facts=facts)
        return held


def regrade(
    incident: Incident, severity: Severity, why: str, *, by: Person, now: datetime | None = None
) -> Incident:
    """Call it worse, or less bad, and say why; what it was called stays in the audit."""
    now = moment(now)
    with on(incident, Verb.REGRADE, by, now) as held:
        if held.severity == severity:
            raise Refused(refusals.NOTHING_CHANGES)
        before, held.severity = held.severity, Severity(severity)
        words = f"{before} becomes {severity}: {said(why, refusals.WHY_IS_MISSING)}"
        move(held, Verb.REGRADE, by=by, now=now, why=words, facts={"before": before})
        return held


def affect(
    incident: Incident, subject: str, *, by: Person, now: datetime | None = None
) -> Incident:
    """Say that a market or a product is affected."""
    now = moment(now)
    with on(incident, Verb.AFFECT, by, now) as held:
        _, new = held.affected.get_or_create(subject=subjects.known(subject))
        if not new:
            raise Refused(refusals.NOTHING_CHANGES, subject)
        move(held, Verb.AFFECT, by=by, now=now, why=subject, facts={"subject": subject})
        return held


def spare(
    incident: Incident, subject: str, why: str, *, by: Person, now: datetime | None = None
) -> Incident:
    """Say that a market or a product is not affected after all, and why."""
    now = moment(now)
    with on(incident, Verb.SPARE, by, now) as held:
        gone, _ = held.affected.filter(subject=subject).delete()
        if not gone:
            raise Refused(refusals.NOTHING_CHANGES, subject)
        words = f"{subject}: {said(why, refusals.WHY_IS_MISSING)}"
        move(held, Verb.SPARE, by=by, now=now, why=words, facts={"subject": subject})
        return held


def correct(
    incident: Incident,
    clock: Clock,
    at: datetime,
    why: str,
    *,
    by: Person,
    now: datetime | None = None,
) -> Incident:
    """Correct a clock, or read one that was not read, and say why; the old reading stays."""
    now = moment(now)
    with on(incident, Verb.CORRECT, by, now) as held:
        before = clocks.moments(held).get(clock)
        why = said(why, refusals.WHY_IS_MISSING)
        clocks.correct(held, clock, at, by=by, now=now, why=why)
        facts = {"clock": clock, "at": at.isoformat(), "before": before and before.isoformat()}
        words = f"{clock} is {at:%Y-%m-%d %H:%M:%S}: {why}"
        move(held, Verb.CORRECT, by=by, now=now, why=words, facts=facts)
        return held
