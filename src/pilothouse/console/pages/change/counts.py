"""The questions of a change, each with what was predicted, what was signed, what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pilothouse.console.templatetags.figures import NONE, count, usd_short
from pilothouse.control.ceiling_words import MICRO_DOLLARS
from pilothouse.control.kinds.kind import Question
from pilothouse.control.policy import UNFINISHED


@dataclass(frozen=True)
class Count:
    """One question. The numbers have the question's unit; None is not known or no limit."""

    name: str
    label: str
    unit: str
    predicted: int | None
    limit: int | None
    actual: int | None
    at_least: bool = False

    @property
    def predicted_text(self) -> str:
        """Return what the rehearsal counted, as far as it saw."""
        return f"{'at least ' if self.at_least else ''}{said(self.predicted, self.unit)}"

    @property
    def limit_text(self) -> str:
        """Return the ceiling that is signed."""
        return said(self.limit, self.unit)

    @property
    def actual_text(self) -> str:
        """Return what the exchange told when it executed the command."""
        return said(self.actual, self.unit)

    @property
    def tone(self) -> str:
        """Return how a predicted count looks: what can liquidate is critical."""
        if not self.predicted:
            return ""
        return "down" if "maintenance" in self.name else "warn"


def said(value: int | None, unit: str) -> str:
    """Return a count in its unit as text."""
    if value is None:
        return NONE
    return usd_short(value) if unit == MICRO_DOLLARS else count(value)


def counts(
    questions: Sequence[Question],
    predicted: Mapping[str, int] | None,
    ceiling: Mapping[str, int] | None,
    actual: Mapping[str, int] | None,
) -> list[Count]:
    """Return the questions with their numbers; a limit below zero is none."""
    return [
        Count(
            one.name,
            one.label,
            one.unit,
            (predicted or {}).get(one.name),
            _limit(ceiling, one.name),
            (actual or {}).get(one.name),
            at_least=not one.limited and UNFINISHED in (predicted or {}),
        )
        for one in questions
    ]


def _limit(ceiling: Mapping[str, int] | None, name: str) -> int | None:
    limit = (ceiling or {}).get(name, -1)
    return limit if limit >= 0 else None
