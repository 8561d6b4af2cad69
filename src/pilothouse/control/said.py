"""What people write: taken as it is but for the space around it, or refused; it is never cut.

What hides, or reads otherwise than it was written, is refused as well.

What the machine composes of it, such as the title of a change, may be shortened and shows that.
"""

from __future__ import annotations

from typing import Final, TypeVar

from pilothouse.control.refusals import TEXT_HIDES, Reason, Refused, too_long
from pilothouse.language.texts import NotPlain, check_all

T = TypeVar("T")

SENTENCE_MOST: Final = 4_000
"""Characters of what somebody says: it stands in timelines, in the audit and in notices."""
TITLE_MOST: Final = 200
"""Characters of a title: it stands in tables and in notices."""


def said(text: str, missing: Reason, most: int = SENTENCE_MOST) -> str:
    """Return what somebody wrote. Raises Refused when it is nothing, too long, or hides."""
    if not any(one.isalnum() for one in text):
        raise Refused(missing)
    return not_too_long(text, most)


def not_too_long(text: str, most: int = SENTENCE_MOST) -> str:
    """Return what somebody wrote, which may be nothing. Raises Refused."""
    # A browser counts a new line as one character and sends two.
    words = text.replace("\r\n", "\n").strip()
    if len(words) > most:
        raise Refused(too_long(most), f"it has {len(words)} characters")
    return plain(words)


def plain(value: T) -> T:
    """Return a text, or plain values of texts, that read as written. Raises Refused."""
    try:
        check_all(value)
    except NotPlain as hides:
        raise Refused(TEXT_HIDES, str(hides)) from None
    return value


def shortened(text: str, most: int = TITLE_MOST) -> str:
    """Return what the machine composed in at most so many letters, the last of them … if cut."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
