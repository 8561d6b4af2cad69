"""Evidence: what the rehearsal answered, kept with its hash and position, and when it suffices."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pilothouse.control import plan, refusals
from pilothouse.control.canonical import plain_hash
from pilothouse.control.ceiling_words import above_words
from pilothouse.control.kinds.kind import Counts
from pilothouse.control.models import Change, ChangeStep, Preview
from pilothouse.control.policy import PREVIEW_LASTS
from pilothouse.control.refusals import Refused
from pilothouse.language.refusals import IMPACT_ABOVE_WHAT_WAS_SIGNED, MARKET_IS_NOT_EMPTY

Question = Preview.Question


def plain(answer: Any) -> Any:
    """Return an answer of the rehearsal as plain values: dataclasses become dictionaries."""
    if dataclasses.is_dataclass(answer) and not isinstance(answer, type):
        return {one.name: plain(getattr(answer, one.name)) for one in dataclasses.fields(answer)}
    if isinstance(answer, dict):
        return {str(key): plain(value) for key, value in answer.items()}
    if isinstance(answer, list | tuple):
        return [plain(one) for one in answer]
    if isinstance(answer, enum.Enum):
        return answer.name.lower()
    if answer is None or isinstance(answer, str | bool):
        return answer
    return int(answer)


def answer(told: Any) -> dict[str, Any]:
    """Return a first answer of the rehearsal as a dictionary of plain values."""
    made = plain(told)
    assert isinstance(made, dict)
    return made


def keep(
    change: Change,
    question: str,
    body: Any,
    *,
    now: datetime,
    step: int = 1,
    way: str = "",
    position: int | None = None,
) -> Preview:
    """Keep one answer beside what it was asked about, in the place of the one before.

    What somebody signed on stays. The audit has the hashes of the others.
    """
    at = body["position"] if position is None else position
    before = change.previews.filter(question=question, plan=way, step=step)
    _let_go(change, list(before.only("pk", "fingerprint", "at")))
    return Preview.objects.create(
        change=change,
        plan=way,
        step=step,
        question=question,
        fingerprint=change.fingerprint,
        position=at,
        body=body,
        hash=plain_hash(body),
        at=now,
    )


def _let_go(change: Change, before: list[Preview]) -> None:
    # Each press of Preview would leave one more, which every page and comparison reads.
    signed = list(change.signatures.values_list("fingerprint", "signed_at"))
    gone = [
        one.pk
        for one in before
        if not any(what == one.fingerprint and at >= one.at for what, at in signed)
    ]
    change.previews.filter(pk__in=gone).delete()


def latest(
    change: Change, question: str = Question.FIRST, *, step: int | None = None, way: str = ""
) -> Preview | None:
    """Return the newest answer to a question about the change, a step, or another way."""
    asked = change.previews.filter(question=question, plan=way)
    if step is not None:
        asked = asked.filter(step=step)
    return asked.order_by("-id").first()


def latest_of_ways(change: Change) -> dict[tuple[str, int], Preview]:
    """Return the newest first answer about each step of each other way, by way and step."""
    asked = change.previews.filter(question=Question.FIRST).exclude(plan="").order_by("id")
    return {(one.plan, one.step): one for one in asked}


def hashes(change: Change) -> dict[int, str]:
    """Return the hash of the newest first answer about each step of the plan itself."""
    asked = change.previews.filter(question=Question.FIRST, plan="").order_by("id")
    return dict(asked.values_list("step", "hash"))


def of_this_plan(change: Change, step: ChangeStep) -> Preview | None:
    """Return the newest first answer about a step as it stands now."""
    asked = change.previews.filter(
        question=Question.FIRST, plan="", step=step.number, fingerprint=change.fingerprint
    )
    return asked.order_by("-id").first()


def counts(change: Change, preview: Preview) -> Counts:
    """Return what a first answer counts."""
    return plan.kind_of(change).impact(preview.body)


def why_not_enough(change: Change, waiting: Sequence[ChangeStep], now: datetime) -> Refused | None:
    """Return why the previews of the steps still to be sent do not suffice to sign a change, or
    nothing if they do.
    """
    for step in waiting:
        preview = of_this_plan(change, step)
        if preview is None:
            return Refused(refusals.PREVIEW_IS_MISSING, f"step {step.number}")
        if now - preview.at > PREVIEW_LASTS:
            return Refused(refusals.PREVIEW_IS_OLD)
        questions = plan.kind_of(change).QUESTIONS
        above = above_words(counts(change, preview), step.ceiling, questions)
        outcome = preview.body["outcome"]
        if above or outcome == IMPACT_ABOVE_WHAT_WAS_SIGNED:
            return Refused(refusals.PREVIEW_IS_ABOVE_THE_CEILING, above)
        if outcome:
            return Refused(refusals.PREVIEW_IS_REFUSED, _why_refused(change, preview))
    return None


def _why_refused(change: Change, preview: Preview) -> str:
    # The engine's sentence, with what the preview counted in a market that is not empty.
    outcome = preview.body["outcome"]
    sentence = refusals.of_the_engine(outcome).sentence
    if outcome != MARKET_IS_NOT_EMPTY:
        return sentence
    counted = counts(change, preview)
    holders, orders = counted["holders"], counted["resting_orders"]
    return f"{sentence}: {holders} accounts with a position, {orders} resting orders"
