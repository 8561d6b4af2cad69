"""Reading forms: text to exact integers, or the field and why it cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from pilothouse.control.kinds.kind import Unreadable
from pilothouse.language.numbers import NotExact, parse_decimal

PERCENT_DECIMALS: Final = 4
"""A percentage with four decimals is a whole number of parts per million."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def number(form: Mapping[str, str], name: str, *, absent: str = "") -> int:
    """Return a whole number; raises Unreadable."""
    return _decimal(form, name, 0, absent)


def percent(form: Mapping[str, str], name: str) -> int:
    """Return a percentage in ppm; raises Unreadable."""
    return _decimal(form, name, PERCENT_DECIMALS, "")


def _decimal(form: Mapping[str, str], name: str, decimals: int, absent: str) -> int:
    try:
        return parse_decimal(form.get(name, "").strip() or absent, decimals)
    except NotExact as problem:
        raise Unreadable(name, str(problem)) from None


def moment_us(form: Mapping[str, str], name: str) -> int:
    """Return a moment in microseconds since the epoch, UTC if it says no zone; 0 if empty."""
    text = form.get(name, "").strip()
    if not text:
        return 0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable(name, "it is no moment like 2026-11-23T14:00") from None
    return microseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def microseconds(moment: datetime) -> int:
    """Return a moment as microseconds since the epoch, exactly."""
    return (moment - EPOCH) // timedelta(microseconds=1)
