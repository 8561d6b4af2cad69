"""Edit: anything that is signed changes, so every signature falls and the change begins again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from pilothouse.access.models import Person
from pilothouse.control import gates, many, plan, signing
from pilothouse.control.deed import deed, locked, moment, move
from pilothouse.control.fingerprint import fingerprint_of
from pilothouse.control.kinds.kind import Ceiling, Fields, PlannedStep
from pilothouse.control.models import Change
from pilothouse.control.moves import State, Verb
from pilothouse.control.ports import ports
from pilothouse.control.propose import plan_for, write_plan
from pilothouse.control.refusals import CEILING_IS_NEGATIVE, UNKNOWN_ALTERNATIVE, Refused
from pilothouse.control.said import plain, shortened


def edit(
    change: Change,
    fields: Fields,
    *,
    by: Person,
    steps: Sequence[PlannedStep] | None = None,
    ceiling: Ceiling | None = None,
    now: datetime | None = None,
) -> Change:
    """Put another wish in the place of the old one. Raises Refused."""
    now = moment(now)

    def rewrite(change: Change) -> str:
        plain([fields, [plan.stored(one) for one in steps or ()]])
        change.fields, change.chosen = fields, ""
        write_plan(change, steps or plan_for(change, now), ceiling, now)
        return "another wish"

    return _edit(change, rewrite, by, now)


def choose(change: Change, key: str, *, by: Person, now: datetime | None = None) -> Change:
    """Take one of the alternatives the preview offered instead of the wish. Raises Refused."""
    now = moment(now)

    def rewrite(change: Change) -> str:
        found = [one for one in change.alternatives if one["key"] == key]
        if not found:
            raise Refused(UNKNOWN_ALTERNATIVE, key)
        change.chosen = key
        write_plan(change, [plan.as_stored(one) for one in found[0]["steps"]], None, now)
        change.title = shortened(f"{change.title} ({found[0]['title'].lower()})")
        return f"the alternative: {found[0]['title'].lower()}"

    return _edit(change, rewrite, by, now)


def set_ceiling(
    change: Change,
    ceiling: Ceiling,
    *,
    by: Person,
    step: int | None = None,
    now: datetime | None = None,
) -> Change:
    """Set the impact ceiling of one step, or of every step still to be sent. Raises Refused."""
    now = moment(now)

    def rewrite(change: Change) -> str:
        if any(limit < 0 for limit in ceiling.values()):
            raise Refused(CEILING_IS_NEGATIVE)
        plan.relay(change, ports().reader)
        for one in plan.waiting_steps(change):
            if step in (None, one.number):
                plan.limit(change, one, {**(one.ceiling or {}), **ceiling})
        return "another ceiling"

    return _edit(change, rewrite, by, now)


def _edit(change: Change, rewrite: Callable[[Change], str], by: Person, now: datetime) -> Change:
    with deed(Verb.EDIT, by, change.subject, reads=True):
        change = locked(change)
        gates.pass_gate(Verb.EDIT, change, by, now)
        many.refuse_too_many_edits(change, by, now)
        reason = rewrite(change)
        change.fingerprint = fingerprint_of(change)
        signing.void_signatures(change, f"edited: {reason}", now)
        facts = {"difference": change.difference}
        move(change, Verb.EDIT, State.PROPOSED, by=by, now=now, reason=reason, facts=facts)
        return change
