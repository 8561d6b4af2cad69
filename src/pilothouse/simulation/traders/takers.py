"""Takers: small orders that take at once, and some that take what has become too cheap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pilothouse.language.commands import PlaceOrder
from pilothouse.language.kinds import OrderType, Side, TimeInForce
from pilothouse.simulation.chance import Chance
from pilothouse.simulation.grid import Grid
from pilothouse.simulation.population import Client
from pilothouse.simulation.prices import Prices

REACH_PPM: Final = 2_500
LARGEST_USD: Final = 6_000
ARBITRAGE_USD: Final = 80_000
LEAN_USD: Final = 400_000
"""The flow of a market leans back once one side is ahead by some part of this."""
FEAR_USD: Final = 40
"""The flow of a market leans with its fear by so many dollars for each part in a million."""


class Takers:
    """Everyone who takes, with the net flow of each market, so that makers' books stay even.

    While a price falls suddenly they sell, while it rises they buy.
    """

    def __init__(self, clients: Sequence[Client], chance: Chance) -> None:
        self._clients, self._chance = clients, chance
        self._net_usd: dict[int, int] = {}

    def act(self, grid: Grid, prices: Prices) -> PlaceOrder:
        """Return an order that takes, or in one of three cases one that takes only a bargain."""
        if self._chance.below(3) == 0:
            side = self._chance.pick((Side.BUY, Side.SELL))
            return self._order(grid, prices, side, ARBITRAGE_USD, 0)
        dollars = 10 + self._chance.below(LARGEST_USD)
        side = self._side(grid.market, dollars, prices.fear_ppm(grid.base))
        return self._order(grid, prices, side, dollars, REACH_PPM)

    def _side(self, market: int, dollars: int, fear_ppm: int) -> Side:
        net = self._net_usd.get(market, 0)
        lean = max(-LEAN_USD, min(LEAN_USD, net - FEAR_USD * fear_ppm))
        buys = self._chance.below(2 * LEAN_USD) >= LEAN_USD + lean
        self._net_usd[market] = net + (dollars if buys else -dollars)
        return Side.BUY if buys else Side.SELL

    def _order(
        self, grid: Grid, prices: Prices, side: Side, dollars: int, reach_ppm: int
    ) -> PlaceOrder:
        chance = self._chance
        is_market = reach_ppm > 0 and chance.one_in(3)
        reach = reach_ppm if side == Side.BUY else -reach_ppm
        fair = grid.fair(prices)
        return PlaceOrder(
            account=chance.pick(self._clients).account,
            market=grid.market,
            side=side,
            order_type=OrderType.MARKET if is_market else OrderType.LIMIT,
            time_in_force=TimeInForce.FOK if chance.one_in(20) else TimeInForce.IOC,
            flags=0,
            quantity=grid.quantity(dollars, prices),
            price=0 if is_market else grid.away(fair, reach),
        )
