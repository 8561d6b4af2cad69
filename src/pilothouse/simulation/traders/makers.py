"""Makers: they rest post-only orders on both sides of the fair price and take old ones back."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from pilothouse.language.commands import CancelAllOrders, CancelOrder, PlaceOrder
from pilothouse.language.commands.orders import POST_ONLY
from pilothouse.language.kinds import OrderType, Side, TimeInForce
from pilothouse.simulation.chance import Chance
from pilothouse.simulation.grid import Grid
from pilothouse.simulation.population import Client
from pilothouse.simulation.prices import Prices

RESTING: Final = 160
"""How many orders a market has resting when it is full."""
NEAREST_PPM: Final = 60
STEP_PPM: Final = 70
LARGEST_USD: Final = {False: 30_000, True: 250_000}
"""The largest quote on a spot pair, and on a contract."""


WIDER: Final = 2
"""A frightened maker stands further away by fear times this,"""
THINNER_PPM: Final = 800
"""and with a size divided by one and one more for each so much of fear."""


class Makers:
    """Everyone who makes a market, with the orders they know to be resting.

    When a price falls or rises suddenly they stand further away, with less, and take what is old
    back first: that is when a liquidation finds nobody.
    """

    def __init__(self, clients: Sequence[Client], grids: Sequence[Grid], chance: Chance) -> None:
        self._clients, self._chance = clients, chance
        self._resting: dict[int, deque[CancelOrder]] = {one.market: deque() for one in grids}

    def act(self, grid: Grid, prices: Prices) -> PlaceOrder | CancelOrder:
        """Return a quote, or the cancellation of an old one once the market is full."""
        resting = self._resting[grid.market]
        if resting and abs(prices.fear_ppm(grid.base)) and self._chance.one_in(2):
            return resting.popleft()
        if len(resting) > RESTING // 2 and self._chance.below(RESTING) < len(resting) // 2:
            return self._cancel(resting)
        return self.quote(grid, prices)

    def _cancel(self, resting: deque[CancelOrder]) -> CancelOrder:
        if not self._chance.one_in(4):
            return resting.popleft()
        place = self._chance.below(len(resting))
        chosen = resting[place]
        del resting[place]
        return chosen

    def quote(self, grid: Grid, prices: Prices) -> PlaceOrder:
        """Return a post-only order somewhere near the fair price, most of them close to it."""
        chance = self._chance
        side = chance.pick((Side.BUY, Side.SELL))
        steps = 0
        while steps < 40 and chance.below(100) < 85:
            steps += 1
        distance = NEAREST_PPM + STEP_PPM * steps + chance.below(STEP_PPM)
        fear = abs(prices.fear_ppm(grid.base))
        distance += WIDER * fear
        signed = -distance if side == Side.BUY else distance
        dollars = 50 + chance.below(LARGEST_USD[grid.is_contract]) // (1 + fear // THINNER_PPM)
        return PlaceOrder(
            account=chance.pick(self._clients).account,
            market=grid.market,
            side=side,
            order_type=OrderType.LIMIT,
            time_in_force=TimeInForce.GTC,
            flags=POST_ONLY,
            quantity=grid.quantity(dollars, prices),
            price=grid.away(grid.fair(prices), signed),
        )

    def rests(self, placed: PlaceOrder, order: int) -> None:
        """Note that an order was taken under a number."""
        self._resting[placed.market].append(CancelOrder(account=placed.account, order=order))

    def withdraw(self) -> list[CancelAllOrders]:
        """Return what takes every quote of every maker back."""
        for resting in self._resting.values():
            resting.clear()
        return [CancelAllOrders(account=one.account) for one in self._clients]
