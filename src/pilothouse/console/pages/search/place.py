"""Places: what can be found, in which words, and how well it fits what was typed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

EXACT: Final = 0
BEGINS: Final = 1
WORD_BEGINS: Final = 2
INSIDE: Final = 3
BY_ANOTHER_WORD: Final = 4


@dataclass(frozen=True)
class Place:
    """One page: what it is called, what kind of thing it is, where, and a word more about it.

    `also` are other words people may type for it; they are not shown.
    """

    label: str
    kind: str
    address: str
    hint: str = ""
    also: str = ""


def fit(place: Place, wanted: str) -> int | None:
    """Return how well a place fits words in lower case, 0 best; None if one of them is missing."""
    label = place.label.lower()
    words = wanted.split()
    everything = f"{label} {place.hint} {place.also} {place.kind}".lower()
    if not all(word in everything for word in words):
        return None
    if label == wanted:
        return EXACT
    if label.startswith(wanted):
        return BEGINS
    if all(re.search(rf"\b{re.escape(word)}", label) for word in words):
        return WORD_BEGINS
    return INSIDE if all(word in label for word in words) else BY_ANOTHER_WORD


def ranked(places: list[Place], wanted: str, most: int) -> list[Place]:
    """Return the places that fit, best first; those that fit equally stay in their order."""
    fits = [(fit(one, wanted), one) for one in places]
    found = sorted((how, k) for k, (how, _) in enumerate(fits) if how is not None)
    return [places[k] for _, k in found[:most]]
