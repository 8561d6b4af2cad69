"""The impact ceiling as a form: one limit for each question that can be limited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pilothouse.control import plan
from pilothouse.control.ceiling_words import MICRO_DOLLARS
from pilothouse.control.kinds.kind import Ceiling, Unreadable
from pilothouse.control.models import Change
from pilothouse.language.numbers import MICRO_USD, NotExact, parse_decimal

DOLLAR_DECIMALS = 6


@dataclass(frozen=True)
class Limit:
    """One field of the form: its value as text, in dollars where it is money."""

    name: str
    label: str
    unit: str
    value: str


def limits(change: Change) -> list[Limit]:
    """Return the fields, filled with the ceiling of the step that is sent next."""
    step = plan.next_step(change)
    ceiling = (step.ceiling if step else None) or {}
    return [
        Limit(
            one.name,
            one.label,
            "USD" if one.unit == MICRO_DOLLARS else "",
            _text(ceiling.get(one.name, -1), one.unit),
        )
        for one in plan.kind_of(change).QUESTIONS
        if one.limited
    ]


def ceiling_of(change: Change, form: Mapping[str, str]) -> Ceiling:
    """Return the ceiling a form means; raises Unreadable."""
    made = {}
    for one in plan.kind_of(change).QUESTIONS:
        text = form.get(one.name, "").replace(",", "").strip()
        if one.limited and text:
            made[one.name] = _number(one.name, text, one.unit)
    return made


def _decimals(unit: str) -> int:
    return DOLLAR_DECIMALS if unit == MICRO_DOLLARS else 0


def _text(value: int, unit: str) -> str:
    """Return a limit as text; money in whole dollars, rounded up, so that it stays within."""
    if value < 0:
        return ""
    return str(-(-value // MICRO_USD)) if unit == MICRO_DOLLARS else str(value)


def _number(name: str, text: str, unit: str) -> int:
    try:
        return parse_decimal(text, _decimals(unit))
    except NotExact as problem:
        raise Unreadable(name, str(problem)) from None
