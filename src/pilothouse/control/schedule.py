"""Schedule: give the steps their times. Times are signed, so every signature falls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pilothouse.access.models import Person
from pilothouse.control import gates, many, plan, signing
from pilothouse.control.deed import deed, locked, moment, move
from pilothouse.control.fingerprint import fingerprint_of
from pilothouse.control.models import Change
from pilothouse.control.moves import State, Verb
from pilothouse.control.ports import ports
from pilothouse.control.refusals import TIMES_MUST_RISE, Refused


def schedule(
    change: Change, times: Sequence[datetime | None], *, by: Person, now: datetime | None = None
) -> Change:
    """Give the steps other times, one for each step. Every signature falls. Raises Refused."""
    now = moment(now)
    with deed(Verb.SCHEDULE, by, change.subject, reads=True):
        change = locked(change)
        gates.pass_gate(Verb.SCHEDULE, change, by, now)
        many.refuse_too_many_edits(change, by, now)
        left = plan.steps_left(change)
        if len(times) != len(left):
            raise Refused(TIMES_MUST_RISE, f"{len(left)} times are needed")
        steps = [
            replace(plan.planned(one), not_before=at) for one, at in zip(left, times, strict=True)
        ]
        plan.check_times(steps, now)
        plan.lay(change, steps, ports().reader, [one.ceiling for one in left])
        change.fingerprint = fingerprint_of(change)
        signing.void_signatures(change, "scheduled for another time", now)
        move(change, Verb.SCHEDULE, State.PROPOSED, by=by, now=now, reason="other times")
        return change
