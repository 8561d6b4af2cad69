"""Leveraged holders: they enter a perpetual near the limit of their margin, wait, and leave again.

A holder whom the exchange has liquidated finds no position to reduce, brings new money and comes
back, so that at every hour some accounts stand close to their margin.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pilothouse.language.commands import PlaceOrder
from pilothouse.language.commands.orders import REDUCE_ONLY
from pilothouse.language.kinds import OrderType, Side, TimeInForce
from pilothouse.language.refusals import INSUFFICIENT_MARGIN, NO_POSITION_TO_REDUCE
from pilothouse.language.schema import Command
from pilothouse.simulation.chance import Chance
from pilothouse.simulation.grid import Grid
from pilothouse.simulation.population import Holder, fund_futures, leverage
from pilothouse.simulation.prices import Prices

ENTRY_REACH_PPM: Final = 1_500
EXIT_REACH_PPM: Final = 8_000
STAYS: Final = 60
"""A holder asked to act leaves in one of so many cases, and otherwise stays. At the usual rate
that is half an hour: long enough for prices to come near the margin of the most leveraged."""


class Holders:
    """Everyone who holds, with who is in, who is out, and who needs money."""

    def __init__(self, holders: Sequence[Holder], grids: Sequence[Grid], chance: Chance) -> None:
        self._holders = {one.client.account: one for one in holders}
        self._accounts = list(self._holders)
        self._contracts = [one for one in grids if one.is_contract]
        self._chance = chance
        self._inside = set(self._accounts)
        self._broke: set[int] = set()

    def act(self, prices: Prices) -> list[Command]:
        """Return what one holder does now; often it is nothing."""
        account = self._chance.pick(self._accounts)
        holder = self._holders[account]
        if account in self._inside:
            return [self._leave(holder, prices)] if self._chance.one_in(STAYS) else []
        made: list[Command] = []
        if account in self._broke:
            self._broke.discard(account)
            made += fund_futures(account, holder.client.futures_usd * 10**6)
        return [*made, self.enter(holder, prices, leverage(self._chance))]

    def enter(self, holder: Holder, prices: Prices, leverage_tenths: int) -> PlaceOrder:
        """Return the order with which a holder enters with so many tenths of its wealth."""
        dollars = holder.client.futures_usd * leverage_tenths // 10
        return self._order(holder, prices, holder.side, dollars, ENTRY_REACH_PPM, 0)

    def _leave(self, holder: Holder, prices: Prices) -> PlaceOrder:
        # Larger than any position it can have; reduce-only cuts it to size.
        side = Side.SELL if holder.side == Side.BUY else Side.BUY
        dollars = holder.client.futures_usd * 60
        return self._order(holder, prices, side, dollars, EXIT_REACH_PPM, REDUCE_ONLY)

    def _order(
        self, holder: Holder, prices: Prices, side: Side, dollars: int, reach_ppm: int, flags: int
    ) -> PlaceOrder:
        grid = self._contracts[holder.perpetual]
        reach = reach_ppm if side == Side.BUY else -reach_ppm
        return PlaceOrder(
            account=holder.client.account,
            market=grid.market,
            side=side,
            order_type=OrderType.LIMIT,
            time_in_force=TimeInForce.IOC,
            flags=flags,
            quantity=grid.quantity(dollars, prices),
            price=grid.away(grid.fair(prices), reach),
        )

    def told(self, placed: PlaceOrder, outcome: int) -> None:
        """Learn what became of an order of a holder."""
        account = placed.account
        if placed.flags & REDUCE_ONLY:
            if outcome in (0, NO_POSITION_TO_REDUCE):
                self._inside.discard(account)
            if outcome == NO_POSITION_TO_REDUCE:
                self._broke.add(account)
        elif outcome == 0:
            self._inside.add(account)
        elif outcome == INSUFFICIENT_MARGIN:
            self._broke.add(account)

    def knows(self, account: int) -> bool:
        """Tell whether an account is a holder's."""
        return account in self._holders
