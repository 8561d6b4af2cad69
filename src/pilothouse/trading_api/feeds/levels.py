"""Level quantities of every book, derived from what happens to orders, one block after the other.

An order counts at its price from its first event on; its fills and its cancellation take it away
again. So within a block an order that never rests adds nothing, and nobody compares whole books.
"""

from __future__ import annotations

from pilothouse.language.kinds import Side
from pilothouse.records.orders import Execution, FillRecord, OrderRecord

Place = tuple[int, int, int]
"""Market, side and price of a level."""
Levels = dict[int, int]
"""Quantity by price."""


class LevelFold:
    """Every level of every market. An OrderListener; all of it runs in the follower's thread."""

    def __init__(self) -> None:
        self._sides: dict[tuple[int, int], Levels] = {}
        self._before: dict[Place, int] = {}

    def placed(self, order: OrderRecord) -> None:
        """Count a new order at its price."""
        self._add(order, order.quantity)

    def executed(self, order: OrderRecord, execution: Execution) -> None:
        """Take away what an order traded."""
        self._add(order, -execution.fill.quantity)

    def cancelled(self, order: OrderRecord) -> None:
        """Take away what was left of an order."""
        self._add(order, -order.remaining)

    def traded(self, fill: FillRecord) -> None:
        """Nothing to do: both orders of a fill are told of it."""

    def side(self, market: int, side: Side) -> Levels:
        """Return a copy of one side of a book."""
        return dict(self._sides.get((market, side), {}))

    def take_changes(self) -> dict[Place, int]:
        """Return the levels that differ from the last call, with their quantities, 0 for gone."""
        changed = {}
        for place, before in self._before.items():
            now = self._sides[place[0], place[1]].get(place[2], 0)
            if now != before:
                changed[place] = now
        self._before.clear()
        return changed

    def _add(self, order: OrderRecord, quantity: int) -> None:
        levels = self._sides.setdefault((order.market, order.side), {})
        price = order.price
        before = levels.get(price, 0)
        self._before.setdefault((order.market, order.side, price), before)
        if before + quantity:
            levels[price] = before + quantity
        else:
            levels.pop(price, None)
