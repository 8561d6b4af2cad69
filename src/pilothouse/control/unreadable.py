"""A change whose words this release cannot read: it fails by itself and waits for a person."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import DatabaseError

from pilothouse.control import plan, recorded
from pilothouse.control.deed import deed, found, move
from pilothouse.control.models import Change
from pilothouse.control.moves import State, Verb, targets

CANNOT_BE_READ: Final = "cannot be read"
UNRECORDED: Final = f"{CANNOT_BE_READ}: {recorded.ODD}"
"""What somebody changed beside the audit is never said."""


def why_unreadable(change: Change) -> str:
    """Return why this release cannot read a change; empty when it can.

    A database that does not answer says nothing about the change: DatabaseError is raised.
    """
    try:
        plan.kind_of(change)
        for step in change.steps.order_by("number"):
            hearer, words = plan.said_by(step)
            hearer.signed(words, step.change_id, step.number)
    except DatabaseError:
        raise
    except Exception as error:
        return f"{CANNOT_BE_READ} by this release ({type(error).__name__}: {error})"
    return ""


def give_up(change: Change, why: str, *, now: datetime) -> Change:
    """Fail a change that cannot be read; return it as it then is.

    One that was under way says so: what its command did is seen in the journal.
    """
    with deed(Verb.GIVE_UP, None, change.subject):
        change = found(change)
        if State.FAILED in targets(Verb.GIVE_UP, State(change.state)):
            reason = why
            if change.state == State.APPLYING:
                reason += "; its command may have been executed: check the market first"
            move(change, Verb.GIVE_UP, State.FAILED, by=None, now=now, reason=reason)
        return change


def failed() -> set[int]:
    """Return the changes that failed because they cannot be read, and that nobody closed yet."""
    unread = Change.objects.filter(state=State.FAILED, state_reason__startswith=CANNOT_BE_READ)
    return set(unread.values_list("pk", flat=True))
