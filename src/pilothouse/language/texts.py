"""Texts that read as they were written: what hides or turns the order of reading is refused.

It is judged by the properties of Unicode, not by a list of ours: format, control, private and
unassigned characters, lone surrogates, line and paragraph separators, every blank but the space,
everything of a script that is read from right to left, and characters whose own name says that
they show nothing (variation selectors, fillers, joiners). A new line and a tab are ordinary. In
rows of before, such characters are shown as their codes. Nor may a text push its rest out of sight
with a long run of blanks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

LETTERS_LEAST: Final = 3
"""Letters and digits in a purpose: less says nothing."""
MARKS_MOST: Final = 3
"""Marks above and below one letter: more of them cover the lines around it."""
BLANKS_MOST: Final = 100
"""Spaces, tabs and line breaks in a row: more of them move the rest out of sight."""
BREAKS_MOST: Final = 5
"""Line breaks among them."""
_ORDINARY: Final = frozenset(" \n\r\t")
_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})
_BLANKS: Final = re.compile(rf"[ \n\r\t]{{{BREAKS_MOST + 1},}}")
_LEFT_TO_RIGHT: Final = frozenset({"L", "EN", "ES", "ET", "CS", "NSM", "BN", "B", "S", "WS", "ON"})
_SHOWS_NOTHING: Final = (
    "VARIATION SELECTOR",
    "FILLER",
    "JOINER",
    "OBJECT REPLACEMENT",
    "VOWEL INHERENT",
    "BLANK",
    "NULL NOTEHEAD",
    "LETTER SELECTOR",
)


class NotPlain(ValueError):
    """A text holds a character that hides, or that turns the order of reading."""


@lru_cache(maxsize=4_096)
def is_hidden(character: str) -> bool:
    """Tell whether a character shows nothing, or turns the order in which others are read."""
    if character in _ORDINARY:
        return False
    if unicodedata.category(character) in _HIDDEN_CATEGORIES:
        return True
    if unicodedata.bidirectional(character) not in _LEFT_TO_RIGHT:
        return True
    name = unicodedata.name(character, "")
    return any(word in name for word in _SHOWS_NOTHING)


def code_of(character: str) -> str:
    """Return how a character is named where it cannot be shown: U+202E."""
    return f"U+{ord(character):04X}"


def is_plain(text: str) -> bool:
    """Tell whether a text reads as it was written."""
    if _long_run(text) is not None:
        return False
    if text.isascii() and text.isprintable():
        return True
    return not _hidden_in(text) and _piled_up(text) is None


def check_text(text: str) -> str:
    """Return a text that reads as it was written; raise NotPlain, which names what does not."""
    if is_plain(text):
        return text
    for place, one in enumerate(text, 1):
        if is_hidden(one):
            known = unicodedata.name(one, "not a character of any language")
            raise NotPlain(f"character {place} is {code_of(one)} ({known.lower()}), {_why(one)}")
    run = _long_run(text)
    if run is not None:
        raise NotPlain(
            f"{len(run[0]):,} blanks and line breaks follow each other from character "
            f"{run.start() + 1} on; at most {BLANKS_MOST}, of them {BREAKS_MOST} line breaks, may"
        )
    raise NotPlain(
        f"more than {MARKS_MOST} marks stand on character {_piled_up(text)}; remove some"
    )


def _why(hides: str) -> str:
    if unicodedata.category(hides) == "Zs":
        return "which looks like a space or like nothing; write a space"
    return "which is invisible or turns the order of reading; remove it"


def check_all(value: Any) -> Any:
    """Return plain values whose every text, names included, reads as written; raise NotPlain."""
    for text in texts_in(value):
        check_text(text)
    return value


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text within plain values: names of mappings, members of lists."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield str(name)
            yield from texts_in(one)
    elif isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from texts_in(one)


def shown(text: str) -> str:
    """Return a text with every character that hides as its code: what rows of before may hold."""
    if text.isascii() and text.isprintable():
        return text
    for one in _hidden_in(text):
        text = text.replace(one, f"[{code_of(one)}]")
    return text


def all_shown(value: Any) -> Any:
    """Return plain values with every text as `shown` shows it."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, Mapping):
        return {
            shown(name) if isinstance(name, str) else name: all_shown(one)
            for name, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [all_shown(one) for one in value]
    return value


def says_something(text: str) -> bool:
    """Tell whether a text has at least three letters or digits."""
    return sum(one.isalnum() for one in text) >= LETTERS_LEAST


def _hidden_in(text: str) -> set[str]:
    # A page has few different characters, however long it is.
    return {one for one in set(text) if is_hidden(one)}


def _long_run(text: str) -> re.Match[str] | None:
    # The first run of blanks that is too long, or breaks too many lines.
    for run in _BLANKS.finditer(text):
        breaks = max(run[0].count("\n"), run[0].count("\r"))
        if len(run[0]) > BLANKS_MOST or breaks > BREAKS_MOST:
            return run
    return None


def _is_mark(character: str) -> bool:
    # One without a place of its own: it stands above, below or around the letter before it.
    return unicodedata.category(character) in ("Mn", "Me")


def _piled_up(text: str) -> int | None:
    # Returns the place of the letter under the first pile, counted from 1.
    if not any(map(_is_mark, set(text))):
        return None
    pile = 0
    for place, one in enumerate(text):
        pile = pile + 1 if _is_mark(one) else 0
        if pile > MARKS_MOST:
            return place - MARKS_MOST
    return None
