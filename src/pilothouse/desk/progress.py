"""Progress: the verbs that take an incident from one state to another. All raise Refused."""

from __future__ import annotations

from datetime import datetime

from pilothouse.access.models import Person
from pilothouse.control.deed import moment
from pilothouse.control.said import said
from pilothouse.desk import clocks
from pilothouse.desk.clocks import Clock
from pilothouse.desk.deed import move, on
from pilothouse.desk.many import refuse_too_many_open
from pilothouse.desk.models import Incident
from pilothouse.desk.moves import Verb
from pilothouse.desk.refusals import WHY_IS_MISSING


def acknowledge(incident: Incident, *, by: Person, now: datetime | None = None) -> Incident:
    """Take an incident on; without a commander, command it."""
    now = moment(now)
    with on(incident, Verb.ACKNOWLEDGE, by, now) as held:
        clocks.read(held, Clock.ACKNOWLEDGED, now, by=by, now=now)
        held.commander = held.commander or by
        move(held, Verb.ACKNOWLEDGE, by=by, now=now, facts={"commander": held.commander_id})
        return held


def mitigate(incident: Incident, why: str, *, by: Person, now: datetime | None = None) -> Incident:
    """Say that the impact has ended, and what stopped it."""
    now = moment(now)
    with on(incident, Verb.MITIGATE, by, now) as held:
        clocks.read(held, Clock.MITIGATED, now, by=by, now=now)
        move(held, Verb.MITIGATE, by=by, now=now, why=said(why, WHY_IS_MISSING))
        return held


def resolve(incident: Incident, why: str, *, by: Person, now: datetime | None = None) -> Incident:
    """Say that all is as it should be, and how it ended; mitigated by itself or with it."""
    now = moment(now)
    with on(incident, Verb.RESOLVE, by, now) as held:
        if Clock.MITIGATED not in clocks.moments(held):
            clocks.read(held, Clock.MITIGATED, now, by=by, now=now, why="with its end")
        clocks.read(held, Clock.RESOLVED, now, by=by, now=now)
        move(held, Verb.RESOLVE, by=by, now=now, why=said(why, WHY_IS_MISSING))
        return held


def reopen(incident: Incident, why: str, *, by: Person, now: datetime | None = None) -> Incident:
    """Say that it came back: the readings of its end are withdrawn, and stay to be read."""
    now = moment(now)
    with on(incident, Verb.REOPEN, by, now) as held:
        for clock in (Clock.RESOLVED, Clock.MITIGATED):
            if clock in clocks.moments(held):
                clocks.correct(held, clock, None, by=by, now=now, why=said(why, WHY_IS_MISSING))
        was_over = not held.is_active
        move(held, Verb.REOPEN, by=by, now=now, why=said(why, WHY_IS_MISSING))
        if was_over and held.opened_by_id == by.pk:
            refuse_too_many_open(held, by)
        return held


def dismiss(incident: Incident, why: str, *, by: Person, now: datetime | None = None) -> Incident:
    """Say that it was not an incident, and what it was instead."""
    now = moment(now)
    with on(incident, Verb.DISMISS, by, now) as held:
        move(held, Verb.DISMISS, by=by, now=now, why=said(why, WHY_IS_MISSING))
        return held
