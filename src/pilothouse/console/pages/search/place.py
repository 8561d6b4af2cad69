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
    names: tuple[str, ...] = ()
    """Other names in lower case: one that is typed finds it as its label does."""


def fit(place: Place, wanted: str) -> int | None:
    """Return how well a place fits words in lower case, 0 best; None if one of them is missing."""
    words = wanted.split()
    called = (place.label.lower(), *place.names)
    best = min(_fit_of(one, wanted, words) for one in called)
    if best < BY_ANOTHER_WORD:
        return best
    everything = f"{' '.join(called)} {place.hint} {place.also} {place.kind}".lower()
    return best if all(word in everything for word in words) else None


def _fit_of(name: str, wanted: str, words: list[str]) -> int:
    if name == wanted:
        return EXACT
    if name.startswith(wanted):
        return BEGINS
    if not all(word in name for word in words):
        return BY_ANOTHER_WORD
    return WORD_BEGINS if all(re.search(rf"\b{re.escape(one)}", name) for one in words) else INSIDE


def ranked(places: list[Place], wanted: str, most: int) -> list[Place]:
    """Return the places that fit, best first; those that fit equally stay in their order."""
    fits = [(fit(one, wanted), one) for one in places]
    found = sorted((how, k) for k, (how, _) in enumerate(fits) if how is not None)
    return [places[k] for _, k in found[:most]]
