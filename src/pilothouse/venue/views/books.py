"""Order books."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pilothouse.engine.machine import Machine

Level = tuple[int, int, int]
"""Price, quantity, and how many orders."""


@dataclass(frozen=True)
class BookView:
    """The best levels of a market, best first."""

    market: int
    position: int
    time: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


def book(machine: Machine, market: int, depth: int) -> BookView:
    """Return at most `depth` levels of each side of a market that exists."""
    m = machine.state.markets[market]
    bids = tuple(_levels(machine, int(m["bids"]), "highest", "below", depth))
    asks = tuple(_levels(machine, int(m["asks"]), "lowest", "above", depth))
    return BookView(market, machine.position, machine.time, bids, asks)


def _levels(
    machine: Machine, number: int, first: str, following: str, depth: int
) -> Iterator[Level]:
    state = machine.state
    level = int(state.books[number][first])
    while level and depth:
        one = state.levels[level]
        yield int(one["price"]), int(one["quantity"]), _count(machine, int(one["first"]))
        level, depth = int(one[following]), depth - 1


def _count(machine: Machine, row: int) -> int:
    count = 0
    while row:
        count, row = count + 1, int(machine.state.orders[row]["next"])
    return count


def best_prices(machine: Machine) -> tuple[list[int], list[int]]:
    """Return the best bid and the best ask of every market by its number, 0 for none."""
    state = machine.state
    markets = state.markets[: int(state.exchange[0]["markets_used"]) + 1]
    bids = state.levels["price"][state.books["highest"][markets["bids"]]]
    asks = state.levels["price"][state.books["lowest"][markets["asks"]]]
    return bids.tolist(), asks.tolist()
