"""What this person may propose for a market: the kinds of change, never a write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pilothouse.access.models import Person
from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.control import market_subject
from pilothouse.control.kinds import KINDS
from pilothouse.control.ports import ports

if TYPE_CHECKING:
    from pilothouse.venue.views.markets import MarketView


@dataclass(frozen=True)
class Power:
    """One kind of change, as a link to its form."""

    kind: str
    label: str


def kinds_for(market: MarketView) -> list[str]:
    """Return the kinds of change a market can have."""
    about_markets = [one for one in KINDS.values() if one.SUBJECT == market_subject.NAME]
    reader, named = ports().reader, (str(market.number), market.symbol)
    return [one.NAME for one in about_markets if named in one.subjects(reader)]


def powers(person: Person, market: MarketView) -> list[Power]:
    """Return what `person` may propose for a market that trades; nothing without the right."""
    if not market.tradeable or not may(person, Right.PROPOSE):
        return []
    return [Power(name, f"Change {KINDS[name].TITLE.lower()}") for name in kinds_for(market)]
