"""What is counted above its ceiling, in words and dollars: the one place that says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pilothouse.control.kinds.kind import Question
from pilothouse.control.policy import above_ceiling
from pilothouse.language.numbers import MICRO_USD, format_decimal

MICRO_DOLLARS: Final = "micro-dollars"
MICRO_DECIMALS: Final = 6


def above_words(
    counts: Mapping[str, int], ceiling: Mapping[str, int] | None, questions: Sequence[Question]
) -> str:
    """Return what is counted above its limit, each with its ceiling, "" if nothing is."""
    units = {one.name: one.unit for one in questions}
    limits = ceiling or {}
    return "; ".join(
        _words(name, counts[name], limits[name], units.get(name, ""))
        for name in above_ceiling(counts, ceiling)
    )


def _words(name: str, counted: int, limit: int, unit: str) -> str:
    said, most = f"{counted:,}", f"{limit:,}"
    if unit == MICRO_DOLLARS:
        said, most = _dollars(counted), _dollars(limit)
        if said == most:
            said, most = _exactly(counted), _exactly(limit)
    return f"{name.replace('_', ' ')}: {said}, ceiling {most}"


def _dollars(micro_usd: int) -> str:
    return f"${(micro_usd + MICRO_USD // 2) // MICRO_USD:,}"


def _exactly(micro_usd: int) -> str:
    # Less than a dollar above: in whole dollars both would read the same.
    whole, _, rest = format_decimal(micro_usd, MICRO_DECIMALS).partition(".")
    return f"${int(whole):,}.{rest}"
