"""Questions to the rehearsal: made while the change is held, asked when it is let go.

A rehearsal may take a second, and an open transaction keeps everybody else from writing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pilothouse.control import evidence, plan
from pilothouse.control.hearers.hearer import Hearer
from pilothouse.control.models import ChangeStep
from pilothouse.control.ports import ports
from pilothouse.control.refusals import Refused

Answer = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """A question for the rehearsal: the words of a step, and the stages they come after."""

    hearer: Hearer
    words: Any
    change: int
    step: int
    after: tuple[Any, ...] = ()

    def answer(self) -> Answer:
        """Ask it. It takes as long as a rehearsal: ask while no transaction is open."""
        more = {"after": list(self.after)} if self.after else {}
        return evidence.answer(self.hearer.impact(self.words, self.change, self.step, **more))


Ahead = list[tuple[Asked, Answer]]
"""Questions that were asked a moment ago, with their answers."""


def ask_ahead(asked: Sequence[Asked]) -> Ahead:
    """Ask while no transaction is open. What is refused is refused again where it is recorded."""
    try:
        return [(one, one.answer()) for one in asked]
    except Refused:
        return []


def answer_of(step: ChangeStep, ahead: Ahead) -> Answer:
    """Return what was answered a moment ago; ask anew if the exchange has moved the base since."""
    asked = question_of(step)
    found = [answer for one, answer in ahead if one == asked]
    return found[0] if found else asked.answer()


def question_of(step: ChangeStep) -> Asked:
    """Return what to ask about a step. A stage is asked after the stages before it; any other
    later step as if it came now, all in one.
    """
    hearer, words = plan.said_by(step)
    if step.conditions:
        stages = tuple(plan.said_by(one)[1] for one in plan.stages_before(step))
        return Asked(hearer, words, step.change_id, step.number, stages)
    ahead = step.change.steps.filter(state=ChangeStep.At.WAITING, number__lt=step.number)
    if ahead.exists():
        present = plan.kind_of(step.change).base_version(step.fields, ports().reader)
        said: Any = words
        words = replace(said, base_version=present)
    return Asked(hearer, words, step.change_id, step.number)
