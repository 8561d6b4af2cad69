"""Propose: a wish becomes a change, with its audit row, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from pilothouse.access.models import Person
from pilothouse.control import conflicts, gates, many, plan
from pilothouse.control.deed import deed, moment, note
from pilothouse.control.fingerprint import fingerprint_of
from pilothouse.control.kinds.kind import Ceiling, Fields, Kind, PlannedStep, Weight
from pilothouse.control.models import Change
from pilothouse.control.moves import Verb
from pilothouse.control.ports import Reader, ports
from pilothouse.control.refusals import BUNDLED_LOOSENING, NO_RIGHT, REASON_IS_MISSING, Refused
from pilothouse.control.said import plain, said, shortened


def propose(
    kind: str,
    fields: Fields,
    *,
    by: Person,
    why: str,
    steps: Sequence[PlannedStep] | None = None,
    ceiling: Ceiling | None = None,
    guards: dict[str, int] | None = None,
    cause: str = "",
    now: datetime | None = None,
) -> Change:
    """Open a change of a kind. Raises Refused; the attempt is recorded either way.

    `steps` are given for a plan of one's own; otherwise the kind plans what leads to `fields`. A
    `ceiling` holds for every step; without one the first preview proposes it. `guards` are
    `soak_s` and `accounts_below_maintenance`. `cause` is what led to it, as the audit calls it.
    """
    now = moment(now)
    with deed(Verb.PROPOSE, by, f"kind:{kind}", reads=True):
        if not gates.has_right(Verb.PROPOSE, kind, by, now):
            raise Refused(NO_RIGHT, Verb.PROPOSE)
        why = said(why, REASON_IS_MISSING)
        plain([fields, guards or {}, cause, [plan.stored(one) for one in steps or ()]])
        change = _open(kind, fields, by, why, guards or {}, cause, now)
        write_plan(change, steps or plan_for(change, now), ceiling, now)
        many.refuse_too_many(change, by, now)
        note(
            change, Verb.PROPOSE, by, now, facts={"difference": change.difference, "cause": cause}
        )
        conflicts.mark(change, now)
        return change


def _open(
    kind: str,
    fields: Fields,
    by: Person,
    why: str,
    guards: dict[str, int],
    cause: str,
    now: datetime,
) -> Change:
    known = plan.kind_named(kind)
    made = Change.objects.create(
        kind=kind,
        why=why,
        cause=cause,
        state_at=now,
        proposer=by,
        proposed_at=now,
        reversible=known.reversible(fields, ports().reader),
        fields=fields,
        guards=guards,
    )
    made.is_recorded = True
    return made


def plan_for(change: Change, now: datetime) -> Sequence[PlannedStep]:
    """Return the plan by which the kind of a change leads to its wish."""
    return plan.kind_of(change).plan(change.fields, ports().reader, now)


def write_plan(
    change: Change, steps: Sequence[PlannedStep], ceiling: Ceiling | None, now: datetime
) -> None:
    """Check a plan and write it into a change with class, difference, undo and fingerprint."""
    kind, reader = plan.kind_of(change), ports().reader
    for one in steps:
        reason = kind.check(one.fields, reader, now)
        if reason is not None:
            raise Refused(reason)
    plan.check_times(steps, now)
    plan.lay(change, steps, reader, [ceiling] * len(steps))
    describe(change, kind, steps, reader)
    change.fingerprint = fingerprint_of(change)
    change.save()


def describe(change: Change, kind: Kind, steps: Sequence[PlannedStep], reader: Reader) -> None:
    """Write what a plan means into a change: title, difference, class, direction, undo."""
    last = steps[-1].fields
    weights = [kind.weight(one.fields, reader) for one in steps]
    heaviest = max(weights, key=lambda one: one.change_class)
    _one_direction(weights)
    change.title = shortened(kind.title(last, reader))
    change.difference = [asdict(one) for one in kind.difference(last, reader)]
    change.change_class, change.class_reasons = heaviest.change_class, list(heaviest.reasons)
    change.direction = heaviest.direction
    touched = {name for one in steps for name in kind.objects(one.fields)}
    _touch(change, touched)
    # What some of its steps have changed already is undone to what held before the first of them.
    if not plan.applied_steps(change):
        change.reversible = kind.reversible(last, reader)
        change.rollback = _distinct([kind.undo(one.fields, reader) for one in steps])


def _touch(change: Change, names: set[str]) -> None:
    change.touched.exclude(name__in=names).delete()
    for name in names:
        change.touched.get_or_create(name=name)


def _one_direction(weights: Sequence[Weight]) -> None:
    if len({one.direction for one in weights}) > 1:
        raise Refused(BUNDLED_LOOSENING)


def _distinct(wishes: Sequence[Fields]) -> list[Fields]:
    made: list[Fields] = []
    for one in wishes:
        if one not in made:
            made.append(one)
    return made
