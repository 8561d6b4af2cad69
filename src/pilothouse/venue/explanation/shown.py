"""What every door shows of an explanation: the page, its JSON, the command line and Python."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.venue.explanation.before import how_far, looked_back, nothing_in
from pilothouse.venue.explanation.facts import Deed, Explanation
from pilothouse.venue.explanation.paragraph import paragraph
from pilothouse.venue.past import Past
from pilothouse.venue.views.markets import MarketView


@dataclass(frozen=True)
class Shown:
    """An explanation in words. `looked` says how much of `before` is told, or since when.

    `nothing` says so where nothing is told: then it is not silent about how far it was looked.
    """

    explanation: Explanation
    paragraph: str
    comparisons: tuple[str, ...]
    before: tuple[Deed, ...]
    looked: str
    nothing: str
    market: MarketView | None


def shown(past: Past, made: Explanation) -> Shown:
    """Return what is shown of an explanation, with enough of what the account did before."""
    found = looked_back(past, made)
    return Shown(
        explanation=found,
        paragraph=paragraph(found),
        comparisons=tuple(one.text for one in found.comparisons),
        before=found.before.deeds[::-1],
        looked=how_far(found.before),
        nothing=nothing_in(found.before),
        market=found.listed,
    )
