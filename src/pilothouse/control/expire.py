"""Expire: windows and signatures run out. What is late is never run late."""

from __future__ import annotations

from datetime import datetime

from pilothouse.control import inherited, plan, signing
from pilothouse.control.deed import deed, found, move
from pilothouse.control.models import Change
from pilothouse.control.moves import State, Verb, targets
from pilothouse.control.policy import PROPOSAL_LASTS


def why_expired(change: Change, now: datetime) -> str:
    """Return what has run out at a moment, or an empty text when nothing has."""
    number, not_after = plan.next_window(change)
    if not_after is not None and not_after < now:
        return f"the window of step {number} is over"
    if change.state in (State.PROPOSED, State.PREVIEWED):
        return "nobody continued it in time" if now - change.state_at > PROPOSAL_LASTS else ""
    if change.state in (State.APPROVED, State.SCHEDULED):
        return inherited.why_over(change, now)
    return ""


def expire(change: Change, *, now: datetime) -> Change:
    """Expire a change if something has run out; return it as it then is."""
    with deed(Verb.EXPIRE, None, change.subject):
        change = found(change)
        reason = why_expired(change, now)
        if reason and targets(Verb.EXPIRE, State(change.state)):
            signing.void_signatures(change, reason, now)
            move(change, Verb.EXPIRE, State.EXPIRED, by=None, now=now, reason=reason)
        return change
