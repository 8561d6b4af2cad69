"""Preview: the very words on a copy of the exchange. The answers are kept as evidence.

`first` answers at once and moves the change; `instead`, `play_out` and `shocks` add what takes
longer, and move nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from pilothouse.access.models import Person
from pilothouse.control import conflicts, evidence, gates, inherited, many, plan, signing
from pilothouse.control.ceiling_words import above_words
from pilothouse.control.deed import deed, locked, moment, move, note
from pilothouse.control.fingerprint import fingerprint_of
from pilothouse.control.hearers.hearer import Words
from pilothouse.control.kinds.kind import Alternative, Counts, PlannedStep
from pilothouse.control.measures import note_predicted, note_protected
from pilothouse.control.models import Change, ChangeStep, Preview
from pilothouse.control.moves import MENDABLE, State, Verb, targets
from pilothouse.control.policy import class_by_impact, default_ceiling
from pilothouse.control.ports import ports, reach
from pilothouse.control.propose import describe
from pilothouse.control.questions import Ahead, Asked, answer_of, ask_ahead, question_of
from pilothouse.control.refusals import CONFLICT_IS_OPEN, Refused, of_the_engine

Question = Preview.Question
FIRM = (State.APPROVED, State.SCHEDULED)


def first(change: Change, *, by: Person, now: datetime | None = None) -> Change:
    """Ask the rehearsal whom the change hurts, keep the answers, and move the change.

    A change on its way to be signed is laid on the present version first, which voids signatures
    if anything signed moved. A firm one is only measured: above what was signed it is held.
    Raises Refused.
    """
    now = moment(now)
    ahead = _ask_ahead(change, by, now)
    with deed(Verb.PREVIEW, by, change.subject, reads=True):
        change = locked(change)
        gates.pass_gate(Verb.PREVIEW, change, by, now)
        many.refuse_too_many_previews(change, by, now)
        if change.state in FIRM:
            return _measure_again(change, by, now, ahead)
        return _prepare(change, by, now, ahead)


def _ask_ahead(change: Change, by: Person, now: datetime) -> Ahead:
    # The rehearsal may take a second, and a transaction keeps everybody from writing. So the
    # steps are laid once in a transaction that is undone, and asked about when it is over.
    try:
        reach()
        with transaction.atomic():
            held = locked(change)
            gates.pass_gate(Verb.PREVIEW, held, by, now)
            many.refuse_too_many_previews(held, by, now)
            asked = _questions_of(held, now)
            transaction.set_rollback(True)
    except Refused:
        # It is refused again where it is recorded.
        return []
    return ask_ahead(asked)


def _questions_of(change: Change, now: datetime) -> list[Asked]:
    if not targets(Verb.PREVIEW, State(change.state)):
        return []
    if change.state not in FIRM:
        _lay_on_present(change, change.state in MENDABLE, now)
    return [question_of(one) for one in plan.waiting_steps(change)]


def _prepare(change: Change, by: Person, now: datetime, ahead: Ahead) -> Change:
    if conflicts.in_the_way(change):
        raise Refused(CONFLICT_IS_OPEN)
    before = change.fingerprint
    again = change.state in MENDABLE
    _lay_on_present(change, again, now)
    answers = [(step, answer_of(step, ahead)) for step in plan.waiting_steps(change)]
    for step, answer in answers:
        if step.ceiling is None:
            _propose_ceiling(change, step, answer)
    _weigh(change, [_counts(change, answer) for _, answer in answers])
    change.fingerprint = fingerprint_of(change)
    if again or change.fingerprint != before:
        signing.void_signatures(change, "the change was laid on another state", now)
    for step, answer in answers:
        evidence.keep(change, Question.FIRST, answer, now=now, step=step.number)
        note_predicted(change, step, _counts(change, answer))
    change.previewed_at = change.previewed_at or now
    _move_on(change, by, now)
    return change


def _move_on(change: Change, by: Person, now: datetime) -> None:
    # Without need of a second person a change is approved by a preview that finds nothing amiss;
    # the undo that was signed with its change is approved with it.
    carried = not signing.need_of(change).signatures or inherited.carries(change, now)
    ready = carried and evidence.why_not_enough(change, plan.waiting_steps(change), now) is None
    target = State.APPROVED if ready else State.PREVIEWED
    if target is State.APPROVED:
        change.approved_at = now
    move(change, Verb.PREVIEW, target, by=by, now=now, facts=_facts(change))


_FRESH = (State.PROPOSED, State.PREVIEWED)


def _lay_on_present(change: Change, again: bool, now: datetime) -> None:
    reader, kind = ports().reader, plan.kind_of(change)
    left = plan.steps_left(change)
    if not again and left[0].base_version == kind.base_version(left[0].fields, reader):
        return
    for one in left:
        reason = kind.check(one.fields, reader, now)
        if reason is not None:
            raise Refused(reason)
    plan.relay(change, reader)
    steps = [plan.planned(one) for one in plan.waiting_steps(change)]
    describe(change, kind, steps, reader)


def _weigh(change: Change, counted: Sequence[Counts]) -> None:
    # From the difference anew, so that an impact that fell lowers the class again.
    reader, kind = ports().reader, plan.kind_of(change)
    weights = [kind.weight(one.fields, reader) for one in plan.waiting_steps(change)]
    heaviest = max(weights, key=lambda one: one.change_class)
    change.change_class, change.class_reasons = heaviest.change_class, list(heaviest.reasons)
    for counts in counted:
        change.change_class, why = class_by_impact(change.change_class, counts)
        if why:
            change.class_reasons = [*change.class_reasons, why]


def _propose_ceiling(change: Change, step: ChangeStep, answer: dict[str, Any]) -> None:
    limited = tuple(one.name for one in plan.kind_of(change).QUESTIONS if one.limited)
    plan.limit(change, step, default_ceiling(_counts(change, answer), limited))


def _measure_again(change: Change, by: Person, now: datetime, ahead: Ahead) -> Change:
    steps = plan.waiting_steps(change)
    kind = plan.kind_of(change)
    if steps[0].base_version != kind.base_version(steps[0].fields, ports().reader):
        move(change, Verb.PREVIEW, State.STALE, by=by, now=now, reason="the base version moved")
        return change
    for step in steps:
        answer = answer_of(step, ahead)
        evidence.keep(change, Question.FIRST, answer, now=now, step=step.number)
        above = above_what_was_signed(change, step, answer)
        if above:
            move(change, Verb.PREVIEW, State.HELD, by=by, now=now, reason=above)
            return change
    move(change, Verb.PREVIEW, State(change.state), by=by, now=now, facts=_facts(change))
    return change


def above_what_was_signed(change: Change, step: ChangeStep, answer: dict[str, Any]) -> str:
    """Return what in a first answer is above ceiling or class, in words, or nothing."""
    counted = _counts(change, answer)
    above = above_words(counted, step.ceiling, plan.kind_of(change).QUESTIONS)
    if above:
        return above
    risen, why = class_by_impact(change.change_class, counted)
    return why if risen > change.change_class else ""


def instead(change: Change, *, now: datetime | None = None) -> list[Alternative]:
    """Find the alternatives and preview each; store both with the change. Moves nothing."""
    now, kind, reader = moment(now), plan.kind_of(change), ports().reader
    # What needs no second person is approved by its first preview, and a lone shift most of all is
    # to see what has less impact.
    open_to_others = change.state in (*_FRESH, State.APPROVED)
    ways = list(kind.instead(change.fields, reader, now)) if open_to_others else []
    answers = [(way, number, _rehearse_way(change, way, number)) for way, number in _each(ways)]
    with transaction.atomic():
        held = locked(change)
        held.alternatives = [_stored(way) for way in ways]
        held.save(update_fields=["alternatives"])
        kept = [
            evidence.keep(held, Question.FIRST, answer, now=now, step=number, way=way.key)
            for way, number, answer in answers
        ]
        told = {"previews": [one.hash for one in kept]}
        note(held, Verb.PREVIEW, None, now, "its alternatives", told)
    change.refresh_from_db()
    return ways


def _each(ways: Sequence[Alternative]) -> list[tuple[Alternative, int]]:
    return [(way, number) for way in ways for number in range(1, len(way.steps) + 1)]


def _rehearse_way(change: Change, way: Alternative, number: int) -> dict[str, Any]:
    *stages, words = _unlimited(change, way.steps[:number])
    return evidence.answer(plan.hearer(change).impact(words, change.pk, number, after=stages))


def _unlimited(change: Change, steps: Sequence[PlannedStep]) -> list[Words]:
    # The words of the last step, behind those of the stages it builds on.
    kind = plan.kind_of(change)
    asked = steps if steps[-1].conditions else steps[-1:]
    base = kind.base_version(steps[-1].fields, ports().reader)
    return [kind.words(one.fields, base + place, None) for place, one in enumerate(asked)]


def _stored(way: Alternative) -> dict[str, Any]:
    steps = [plan.stored(one) for one in way.steps]
    return {"key": way.key, "title": way.title, "sentence": way.sentence, "steps": steps}


def play_out(change: Change, *, way: str = "", now: datetime | None = None) -> Preview | None:
    """Let the whole plan, or another way, run at present marks; keep the answer. None if over."""
    told = _asked_of_the_whole(change, way, plan.hearer(change).play_out)
    if told is None:
        return None
    answer, now = evidence.plain(told), moment(now)
    with transaction.atomic():
        held = locked(change)
        kept = evidence.keep(held, Question.PLAY_OUT, answer, now=now, way=way)
        note(held, Verb.PREVIEW, None, now, "its play-out", {"preview": kept.hash})
    return kept


def shocks(change: Change, *, way: str = "", now: datetime | None = None) -> Preview | None:
    """Ask who would be below maintenance if marks fell, with and without; keep the answer."""
    told = _asked_of_the_whole(change, way, plan.hearer(change).shocks)
    if told is None:
        return None
    answer, now = evidence.plain(told), moment(now)
    at = ports().follower.position
    with transaction.atomic():
        held = locked(change)
        kept = evidence.keep(held, Question.SHOCKS, answer, now=now, way=way, position=at)
        if not way:
            note_protected(held, answer)
        note(held, Verb.PREVIEW, None, now, "its shocks", {"preview": kept.hash})
    change.refresh_from_db()
    return kept


def _asked_of_the_whole(change: Change, way: str, ask: Callable[..., Any]) -> Any:
    # The last step says what holds in the end; it is asked as if it came now, and without its
    # ceiling: the question is what it would do, not whether it would be refused.
    found = [one["steps"] for one in change.alternatives if one["key"] == way]
    steps = [plan.planned(one) for one in plan.waiting_steps(change)]
    if way:
        steps = [plan.as_stored(one) for one in found[0]] if found else []
    if not steps:
        return None
    *stages, words = _unlimited(change, steps)
    return ask(words, change.pk, len(steps), after=stages)


def _counts(change: Change, answer: dict[str, Any]) -> Counts:
    return plan.kind_of(change).impact(answer)


def _facts(change: Change) -> dict[str, Any]:
    kept = evidence.latest(change)
    missing = of_the_engine(kept.body["outcome"]).sentence if kept and kept.body["outcome"] else ""
    return {
        "class": change.change_class,
        "predicted": change.predicted,
        "preview": kept.hash if kept else "",
        "previews": list(evidence.hashes(change).values()),
        "position": kept.position if kept else 0,
        "would_be_refused": missing,
    }
