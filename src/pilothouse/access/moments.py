"""Moments as the database holds them: one text for each, so that nobody reads two into it.

Python reads `2026-W49-1T00:00:00` as a day of that week, and for a query of SQLite it is later
than every day of the year. So what gives or ends a right is read here, from the stored text.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import BinaryField, Func

NO_TEXT: Final = b""
"""What is read where a column holds no text, but bytes or a number."""


class Stored(Func):
    """A text as it is stored, in bytes; None for NULL, and NO_TEXT for whatever is no text."""

    template = (
        "CASE typeof(%(expressions)s) WHEN 'null' THEN NULL "
        "WHEN 'text' THEN CAST(%(expressions)s AS BLOB) ELSE x'' END"
    )

    def __init__(self, column: str, **more: Any) -> None:
        super().__init__(column, output_field=BinaryField(), **more)


class OddMoment(ValueError):
    """A stored moment is not written as this program writes it."""


def moment_of(stored: bytes) -> datetime:
    """Return the moment of a stored text, as `2026-11-30 12:00:00.000001`, in UTC.

    Microseconds stand there where there are any. Raises OddMoment for every other writing.
    """
    try:
        text = stored.decode("ascii")
        made = datetime.fromisoformat(text)
    except ValueError:
        raise OddMoment(repr(stored)) from None
    if str(made) != text or made.tzinfo is not None:
        raise OddMoment(repr(stored))
    return made.replace(tzinfo=UTC)
