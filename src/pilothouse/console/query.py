"""Numbers in a query: read whole and bounded, so that no text of digits is work or a fault."""

from __future__ import annotations

from typing import Final

DIGITS_MAX: Final = 18
"""More digits than any number of a row has."""


def row_number(text: str) -> int | None:
    """Return the number that a text means, None if it is none that a row could have."""
    if not text.isascii() or not text.isdigit() or len(text) > DIGITS_MAX:
        return None
    return int(text)
