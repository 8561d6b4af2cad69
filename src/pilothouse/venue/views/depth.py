"""Depth: the levels near the middle of every book at once, from one copy of all levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pilothouse.engine.machine import Machine
from pilothouse.language.numbers import PPM
from pilothouse.venue.views.markets import MarketView

Side = tuple[tuple[int, int], ...]
"""Prices and quantities of levels, in no order."""


@dataclass(frozen=True)
class NearView:
    """The levels of one market within a distance of the middle of its book."""

    bids: Side
    asks: Side


@dataclass(frozen=True)
class LevelColumns:
    """Copies of what is needed of all levels, so that the machine need not be held meanwhile."""

    book: np.ndarray[Any, np.dtype[np.int64]]
    price: np.ndarray[Any, np.dtype[np.int64]]
    quantity: np.ndarray[Any, np.dtype[np.int64]]
    books: dict[int, tuple[int, int]]


def level_columns(machine: Machine) -> LevelColumns:
    """Copy the levels in use, and the numbers of each market's two books."""
    exchange = machine.state.exchange[0]
    levels = machine.state.levels[: int(exchange["levels_used"]) + 1]
    markets = machine.state.markets[: int(exchange["markets_used"]) + 1]
    sides = zip(markets["bids"].tolist(), markets["asks"].tolist(), strict=True)
    return LevelColumns(
        levels["book"].copy(),
        levels["price"].copy(),
        levels["quantity"].copy(),
        dict(enumerate(sides)),
    )


def near(
    columns: LevelColumns, markets: Sequence[MarketView], within_ppm: int
) -> dict[int, NearView]:
    """Return the near levels of each market with two sides; the distance is rounded down."""
    two_sided = [one for one in markets if one.bid and one.ask]
    most = int(columns.book.max(initial=0)) + 1
    low, high = np.ones(most, np.int64), np.zeros(most, np.int64)
    for one in two_sided:
        # Twice the middle is exact where the middle is not.
        reach = (one.bid + one.ask) * within_ppm // (2 * PPM)
        bids, asks = columns.books[one.number]
        low[bids], high[bids] = (one.bid + one.ask + 1) // 2 - reach, one.bid
        low[asks], high[asks] = one.ask, (one.bid + one.ask) // 2 + reach
    price, book = columns.price, columns.book
    rows = np.flatnonzero((price >= low[book]) & (price <= high[book]) & (columns.quantity > 0))
    found: dict[int, list[tuple[int, int]]] = {}
    taken = (book[rows].tolist(), price[rows].tolist(), columns.quantity[rows].tolist())
    for number, at, quantity in zip(*taken, strict=True):
        found.setdefault(number, []).append((at, quantity))
    return {one.number: _view(found, columns.books[one.number]) for one in two_sided}


def _view(found: dict[int, list[tuple[int, int]]], books: tuple[int, int]) -> NearView:
    bids, asks = (tuple(found.get(number, ())) for number in books)
    return NearView(bids, asks)
