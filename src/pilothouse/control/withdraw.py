"""Withdraw: the proposer takes a change back. A plan half applied stops where it is."""

from __future__ import annotations

from datetime import datetime

from pilothouse.access.models import Person
from pilothouse.control import gates, signing
from pilothouse.control.deed import deed, found, moment, move
from pilothouse.control.models import Change
from pilothouse.control.moves import State, Verb
from pilothouse.control.said import not_too_long


def withdraw(change: Change, why: str = "", *, by: Person, now: datetime | None = None) -> Change:
    """Take a change back. Steps already applied stay applied; they can be reverted."""
    now = moment(now)
    with deed(Verb.WITHDRAW, by, change.subject):
        change = found(change)
        gates.pass_gate(Verb.WITHDRAW, change, by, now)
        why = not_too_long(why)
        signing.void_signatures(change, "the change was withdrawn", now)
        move(change, Verb.WITHDRAW, State.WITHDRAWN, by=by, now=now, reason=why)
        return change
