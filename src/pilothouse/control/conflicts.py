"""Conflicts: two open changes that touch the same object. The later one stops, but for a stop."""

from __future__ import annotations

from datetime import datetime

from pilothouse.control.deed import found, move, note
from pilothouse.control.many import is_stop
from pilothouse.control.models import Change, Touched
from pilothouse.control.moves import OPEN, State, Verb, targets
from pilothouse.records.readable import readable


def overlapping(change: Change) -> list[Change]:
    """Return the other open changes that touch an object of this one, oldest first.

    One that cannot be read is left out: nobody can end it, and it would block its object for ever.
    """
    touching = Touched.objects.filter(name__in=change.objects_touched).values("change")
    others = Change.objects.filter(state__in=OPEN, pk__in=touching).exclude(pk=change.pk)
    return readable(others.order_by("id"))


def in_the_way(change: Change) -> list[Change]:
    """Return the open changes that keep this one from going on."""
    return [one for one in overlapping(change) if one.state != State.CONFLICTED]


def mark(change: Change, now: datetime) -> None:
    """Find what a new change conflicts with and tell both timelines.

    The later change is conflicted. A stop that one person may do alone is not kept waiting: there
    the others are.
    """
    others = in_the_way(change)
    if not others:
        return
    stops = is_stop(change)
    for other in others:
        if stops and targets(Verb.CONFLICT, State(other.state)):
            _stop(found(other), change, now)
        else:
            why = f"change {change.pk} touches the same object"
            note(found(other), Verb.CONFLICT, None, now, why)
    if not stops:
        _stop(change, others[0], now)


def _stop(change: Change, other: Change, now: datetime) -> None:
    reason = f"change {other.pk} touches the same object"
    move(change, Verb.CONFLICT, State.CONFLICTED, by=None, now=now, reason=reason)
