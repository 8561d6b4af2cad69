"""What happens in the next twelve hours: funding, scheduled changes, steps of ramps, expiries."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pilothouse.console.pages.changes.reading import due_changes
from pilothouse.language.kinds import MarketKind
from pilothouse.language.numbers import HOUR_US

if TYPE_CHECKING:
    from pilothouse.console.live.pulse import Pulse

AHEAD_US: Final = 12 * HOUR_US
CONTRACTS_NAMED: Final = 2
"""Up to how many contracts a line about funding names; above, it counts them."""


@dataclass(frozen=True)
class Coming:
    """One thing that is due: when (microseconds), in words, in a word, and its page if any."""

    time: int
    sentence: str
    short: str
    address: str = ""


def coming(pulse: Pulse | None) -> list[Coming]:
    """Return what is due within twelve hours of the exchange's clock, the nearest first."""
    if pulse is None:
        return []
    due = [
        Coming(one.time, one.sentence, one.short, one.address)
        for one in due_changes()
        if one.time < pulse.time + AHEAD_US
    ]
    return sorted([*due, *_funding(pulse)], key=lambda one: one.time)


def _funding(pulse: Pulse) -> list[Coming]:
    """Return the next funding of each hour; the ones after it repeat it and are not listed."""
    at: dict[int, list[str]] = defaultdict(list)
    for market in pulse.markets:
        if market.kind == MarketKind.PERPETUAL_LINEAR and market.next_funding_time:
            at[market.next_funding_time].append(market.symbol)
    return [
        Coming(time, f"Funding of {_named(sorted(all_of))}", "funding")
        for time, all_of in at.items()
    ]


def _named(symbols: list[str]) -> str:
    if len(symbols) <= CONTRACTS_NAMED:
        return " and ".join(symbols)
    return f"{len(symbols)} contracts, and every hour after"
