"""What people write: taken as it is but for the space around it, or refused; it is never cut.

What the machine composes of it, such as the title of a change, may be shortened and shows that.
"""

from __future__ import annotations

from typing import Final

from pilothouse.control.refusals import Reason, Refused, too_long

SENTENCE_MOST: Final = 4_000
"""Letters of what somebody says: it stands in lines of time, in the audit and in notices."""
TITLE_MOST: Final = 200
"""Letters of a title: it stands in tables and in notices."""


def said(text: str, missing: Reason, most: int = SENTENCE_MOST) -> str:
    """Return what somebody wrote. Raises Refused when it is nothing, or too long."""
    if not text.strip():
        raise Refused(missing)
    return not_too_long(text, most)


def not_too_long(text: str, most: int = SENTENCE_MOST) -> str:
    """Return what somebody wrote, which may be nothing. Raises Refused when it is too long."""
    # A browser counts a new line as one letter and sends two.
    words = text.replace("\r\n", "\n").strip()
    if len(words) > most:
        raise Refused(too_long(most), f"it has {len(words)} letters")
    return words


def shortened(text: str, most: int = TITLE_MOST) -> str:
    """Return what the machine composed in at most so many letters, the last of them … if cut."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
