"""Plans: ordered steps, each its own words on the version the step before it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from pilothouse.control.hearers import hearer_of
from pilothouse.control.hearers.hearer import Hearer, Words
from pilothouse.control.kinds import KINDS
from pilothouse.control.kinds.kind import Ceiling, Kind, PlannedStep
from pilothouse.control.models import Change, ChangeStep
from pilothouse.control.policy import FARTHEST, STEP_WINDOW
from pilothouse.control.ports import Reader
from pilothouse.control.refusals import (
    NAMES_ARE_USED_UP,
    TIME_IS_PAST,
    TIME_IS_TOO_FAR,
    TIMES_MUST_RISE,
    UNKNOWN_KIND,
    Refused,
)

At = ChangeStep.At
STEPS_MAX: Final = 63
"""Steps of one change, those that were tried again among them."""
LEFT: Final = (At.WAITING, At.REFUSED)
"""Steps that have not changed the exchange."""
EXECUTED: Final = (At.APPLIED, At.VERIFIED)
"""Steps that have."""


def kind_of(change: Change) -> Kind:
    """Return the kind of a change."""
    return kind_named(change.kind)


def kind_named(name: str) -> Kind:
    """Return a kind by its name; refuse what is not listed."""
    if name not in KINDS:
        raise Refused(UNKNOWN_KIND, name)
    return KINDS[name]


def hearer(change: Change) -> Hearer:
    """Return who hears the words of a change: the exchange, or the register."""
    return hearer_of(kind_of(change).WORD)


def said_by(step: ChangeStep) -> tuple[Hearer, Words]:
    """Return the words of a step and who hears them."""
    hears = hearer(step.change)
    return hears, hears.words(step.words)


def waiting_steps(change: Change) -> list[ChangeStep]:
    """Return the steps still to be sent, in order."""
    return list(change.steps.filter(state=At.WAITING).order_by("number"))


def steps_left(change: Change) -> list[ChangeStep]:
    """Return the steps that have not changed the exchange: waiting, or refused."""
    return list(change.steps.filter(state__in=LEFT).order_by("number"))


def next_step(change: Change) -> ChangeStep | None:
    """Return the step that would be sent next, if one is left."""
    return change.steps.filter(state=At.WAITING).order_by("number").first()


def next_window(change: Change) -> tuple[int, datetime | None]:
    """Return the number of the step that would be sent next and when its window ends, if it does.

    No other word of it is read: one that cannot be read keeps no change from running out. A state
    that no release writes counts as waiting.
    """
    steps = change.steps.exclude(state__in=[one for one in At if one is not At.WAITING])
    found = steps.order_by("number").values_list("number", "not_after").first()
    return found or (0, None)


def last_sent(change: Change) -> ChangeStep | None:
    """Return the step that was sent last, if one was."""
    sent = change.steps.exclude(sent_at=None)
    return sent.order_by("-number").first()


def applied_steps(change: Change) -> list[ChangeStep]:
    """Return the steps that have changed the exchange, in order."""
    return list(change.steps.filter(state__in=EXECUTED).order_by("number"))


def check_times(steps: Sequence[PlannedStep], now: datetime) -> None:
    """Refuse times that are past or do not rise from step to step."""
    times = [one.not_before for one in steps if one.not_before is not None]
    if any(time > now + FARTHEST for time in times):
        raise Refused(TIME_IS_TOO_FAR)
    if any(time < now for time in times):
        raise Refused(TIME_IS_PAST)
    if any(later <= earlier for earlier, later in pairwise(times)):
        raise Refused(TIMES_MUST_RISE)
    if any(one.not_before is None for one in steps[1:]):
        raise Refused(TIMES_MUST_RISE, "only the first step may be without a time")


def lay(
    change: Change,
    steps: Sequence[PlannedStep],
    reader: Reader,
    ceilings: Sequence[Ceiling | None] | None = None,
) -> None:
    """Lay down the steps still to be sent, on the version that holds now.

    Steps never sent vanish, those refused are replaced, those applied stay: a number is used once.
    """
    change.steps.filter(state=At.WAITING).delete()
    change.steps.filter(state=At.REFUSED).update(state=At.REPLACED)
    last = change.steps.order_by("-number").values_list("number", flat=True).first() or 0
    if last + len(steps) > STEPS_MAX:
        raise Refused(NAMES_ARE_USED_UP)
    kind, hears = kind_of(change), hearer(change)
    base = kind.base_version(steps[0].fields, reader)
    limits = ceilings or [None] * len(steps)
    for place, (one, ceiling) in enumerate(zip(steps, limits, strict=True)):
        words = kind.words(one.fields, base + place, ceiling)
        window = one.not_before + STEP_WINDOW if one.not_before else None
        change.steps.create(
            number=last + place + 1,
            fields=one.fields,
            words=hears.stored(words),
            base_version=base + place,
            ceiling=ceiling,
            not_before=one.not_before,
            not_after=window,
            conditions=list(one.conditions),
            soak_s=one.soak_s,
        )


def relay(change: Change, reader: Reader) -> None:
    """Lay the steps that are left down again, on the version that holds now."""
    left = steps_left(change)
    lay(change, [planned(one) for one in left], reader, [one.ceiling for one in left])


def planned(step: ChangeStep) -> PlannedStep:
    """Return a step as it was planned."""
    return PlannedStep(step.fields, step.not_before, tuple(step.conditions), step.soak_s)


def stored(step: PlannedStep) -> dict[str, Any]:
    """Return a planned step as plain JSON."""
    return {
        "fields": step.fields,
        "not_before": step.not_before.isoformat() if step.not_before else None,
        "conditions": list(step.conditions),
        "soak_s": step.soak_s,
    }


def as_stored(stored: dict[str, Any]) -> PlannedStep:
    """Return the planned step that plain JSON holds."""
    at = stored["not_before"]
    return PlannedStep(
        stored["fields"],
        datetime.fromisoformat(at) if at else None,
        tuple(stored.get("conditions", ())),
        stored.get("soak_s", 0),
    )


def stages_before(step: ChangeStep) -> list[ChangeStep]:
    """Return the stages still to be sent that a stage builds on, none for any other step."""
    if not step.conditions:
        return []
    return [one for one in waiting_steps(step.change) if one.number < step.number]


def limit(change: Change, step: ChangeStep, ceiling: Ceiling) -> None:
    """Write a ceiling into a step and its command."""
    words = kind_of(change).words(step.fields, step.base_version, ceiling)
    step.ceiling = ceiling
    step.words = hearer(change).stored(words)
    step.save()
