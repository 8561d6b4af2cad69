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


def moment(form: Mapping[str, str], name: str) -> datetime:
    """Return a moment in UTC, which is meant if it says no zone; raises Unreadable."""
    try:
        written = datetime.fromisoformat(form.get(name, "").strip())
        return written.astimezone(UTC) if written.tzinfo else written.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Unreadable(name, "not a date and time; example: 2026-11-23T14:00:30") from None


def moment_us(form: Mapping[str, str], name: str) -> int:
    """Return a moment in microseconds since the epoch, 0 if empty; raises Unreadable."""
    return microseconds(moment(form, name)) if form.get(name, "").strip() else 0


def microseconds(moment: datetime) -> int:
    """Return a moment as microseconds since the epoch, exactly."""
    return (moment - EPOCH) // timedelta(microseconds=1)
