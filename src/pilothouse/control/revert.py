"""Revert: the undo of a change is a change like any other.

It was generated and signed together with what it undoes, so for a while, and as long as nobody
else has touched the same object, it needs no new signature (`inherited`). Its ceiling is zero: if
bringing the old value back would hurt anyone, the exchange refuses and people decide.
"""

from __future__ import annotations

from datetime import datetime

from pilothouse.access.models import Person
from pilothouse.control import conflicts, gates, inherited, plan, signing
from pilothouse.control.deed import deed, locked, moment, move, note
from pilothouse.control.kinds.kind import PlannedStep
from pilothouse.control.models import Change
from pilothouse.control.moves import State, Verb
from pilothouse.control.ports import ports
from pilothouse.control.propose import write_plan
from pilothouse.control.said import not_too_long, shortened


def revert(change: Change, why: str, *, by: Person, now: datetime | None = None) -> Change:
    """Open the undo of a change and return it, the new change. Raises Refused."""
    now = moment(now)
    with deed(Verb.REVERT, by, change.subject, reads=True):
        change = locked(change)
        gates.pass_gate(Verb.REVERT, change, by, now)
        undo = _open(change, why, by, now)
        reason = f"its undo is change {undo.pk}"
        move(change, Verb.REVERT, State.REVERTING, by=by, now=now, reason=reason)
        undo.reverts = change
        undo.save()
        note(undo, Verb.PROPOSE, by, now, f"the undo of change {change.pk}")
        conflicts.mark(undo, now)
        return undo


def _open(change: Change, why: str, by: Person, now: datetime) -> Change:
    undo = Change.objects.create(
        kind=change.kind,
        why=not_too_long(why) or f"undo of change {change.pk}",
        state_at=now,
        proposer=by,
        proposed_at=now,
        reversible=change.reversible,
        cause=change.cause,
        fields=change.rollback[-1],
        reverts=change,
    )
    undo.is_recorded = True
    steps = [PlannedStep(wish) for wish in change.rollback]
    if len(steps) == 1:
        # The way back may have grown longer since: a market that was halted opens in stages.
        steps = list(plan.kind_of(change).plan(change.rollback[0], ports().reader, now))
    limited = [one.name for one in plan.kind_of(change).QUESTIONS if one.limited]
    write_plan(undo, steps, dict.fromkeys(limited, 0), now)
    undo.title = shortened(f"Undo: {undo.title}")
    undo.preapproved = _is_signed_still(change, undo, now)
    undo.save()
    return undo


def _is_signed_still(change: Change, undo: Change, now: datetime) -> bool:
    # Only within its time, only on the version this change itself left behind, and only if the
    # signatures are those the undo itself needs: who stops alone does not resume alone.
    if not signing.is_complete(undo, signing.live_signatures(change)):
        return False
    last = plan.applied_steps(change)[-1]
    base = plan.kind_of(change).base_version(last.fields, ports().reader)
    return base == last.base_version + 1 and not inherited.why_ended(undo, now)
