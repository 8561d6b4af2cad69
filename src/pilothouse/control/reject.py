"""Reject: someone who may sign says no, and why. It is over; one decline blocks."""

from __future__ import annotations

from datetime import datetime

from pilothouse.access.models import Person
from pilothouse.control import gates, signing
from pilothouse.control.deed import deed, found, moment, move
from pilothouse.control.models import Change
from pilothouse.control.moves import State, Verb
from pilothouse.control.refusals import REASON_IS_MISSING
from pilothouse.control.said import said


def reject(change: Change, why: str, *, by: Person, now: datetime | None = None) -> Change:
    """Reject a change with a reason. Steps already applied stay applied; they can be reverted."""
    now = moment(now)
    with deed(Verb.REJECT, by, change.subject):
        change = found(change)
        gates.pass_gate(Verb.REJECT, change, by, now)
        why = said(why, REASON_IS_MISSING)
        signing.void_signatures(change, "the change was rejected", now)
        move(change, Verb.REJECT, State.REJECTED, by=by, now=now, reason=why)
        return change
