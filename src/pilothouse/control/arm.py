"""Arm: let the machine send an approved change at the times that were signed."""

from __future__ import annotations

from datetime import datetime

from pilothouse.access.models import Person
from pilothouse.control import gates, unbroken
from pilothouse.control.deed import deed, locked, moment, move
from pilothouse.control.models import Change
from pilothouse.control.moves import State, Verb


def arm(change: Change, *, by: Person, now: datetime | None = None) -> Change:
    """Arm an approved change; from then on it is immutable. Raises Refused."""
    now = moment(now)
    with deed(Verb.ARM, by, change.subject):
        change = locked(change)
        gates.pass_gate(Verb.ARM, change, by, now)
        unbroken.check(change)
        change.scheduled_by = by
        move(change, Verb.ARM, State.SCHEDULED, by=by, now=now)
        return change
