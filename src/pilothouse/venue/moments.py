"""Moments of the journal in words, exact enough to be named again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from pilothouse.journal.blocks import Header

NO_BLOCK: Final = "the journal has no block yet"


def said(time: int, form: str = "%Y-%m-%d %H:%M:%S.%f") -> str:
    """Return a time in microseconds since the epoch, to the microsecond if no form is given."""
    try:
        at = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=time)
    except OverflowError:
        return f"microsecond {time:,}"
    return f"{at:{form}} UTC"


def latest_moment(head: Header | None) -> str:
    """Say how far the journal reaches, by the header of its last block."""
    if head is None:
        return NO_BLOCK
    last = f"block {head.number:,}, command {head.last_position:,}"
    return f"the latest moment is {said(head.time)} ({last})"
