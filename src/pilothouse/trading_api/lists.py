"""The one way a list of names in a request is taken apart: bounded first, then each name once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

NAMES_MAX: Final = 1_000
"""Names in one list; a list of what is listed may have as many more as are listed."""


class TooManyNames(ValueError):
    """A list has more names than a request may have, repeated ones included."""


def names_of(texts: Iterable[str], most: int = NAMES_MAX) -> list[str]:
    """Return the names that commas separate, each once, in order; raise TooManyNames.

    No text is split further than the bound, and nothing is looked up here.
    """
    found: dict[str, None] = {}
    for text in texts:
        parts = text.split(",", most)
        most -= len(parts)
        if most < 0:
            raise TooManyNames
        found.update((name, None) for part in parts if (name := part.strip()))
    return list(found)
