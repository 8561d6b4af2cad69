"""What this person may propose for a market: the kinds of change, never a write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pilothouse.access.models import Person
from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.control.kinds import KINDS
from pilothouse.language.kinds import MarketKind

if TYPE_CHECKING:
    from pilothouse.venue.views.markets import MarketView

OF_CONTRACTS: Final = ("margin_schedule",)
"""Kinds that concern contracts alone; the others concern every market that trades."""


@dataclass(frozen=True)
class Power:
    """One kind of change, as a link to its form."""

    kind: str
    label: str


def kinds_for(market: MarketView) -> list[str]:
    """Return the kinds of change a market can have."""
    contract = market.kind == MarketKind.PERPETUAL_LINEAR
    return [name for name in KINDS if contract or name not in OF_CONTRACTS]


def powers(person: Person, market: MarketView) -> list[Power]:
    """Return what `person` may propose for a market that trades; nothing without the right."""
    if not market.tradeable or not may(person, Right.PROPOSE):
        return []
    return [Power(name, f"Change {KINDS[name].TITLE.lower()}") for name in kinds_for(market)]
