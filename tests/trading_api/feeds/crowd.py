"""Two accounts that place and cancel in one market, straight through the venue's socket."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence

from pilothouse.language.commands import CancelAllOrders, CancelOrder, PlaceOrder
from pilothouse.language.kinds import OrderType, Side, TimeInForce
from pilothouse.language.names import Name, Receipt, Sender
from pilothouse.language.rows import Message
from pilothouse.language.schema import Command
from tests.trading_api.running import Exchange

SERIES = itertools.count(1)
OPEN_MOST = 60


class Crowd:
    """Prices in price units around `price`, quantities in quantity units."""

    def __init__(self, exchange: Exchange, symbol: str, accounts: Sequence[int]) -> None:
        self.market = exchange.numbers[symbol]
        self.sent = 0
        self._venue, self._accounts = exchange.venue, accounts
        self._chance, self._series = random.Random(5), 1_000 + next(SERIES)
        self._open: list[tuple[int, int]] = []
        self._price, self._step, self._quantity = 0, 1, 1

    def fill(self, price: int, step: int, quantity: int) -> None:
        """Put twelve levels on each side, so far out that nothing is likely to take them."""
        self._price, self._step, self._quantity = price, step, quantity
        for away in range(100, 112):
            for side, sign in ((Side.BUY, -1), (Side.SELL, 1)):
                self._place(self._accounts[0], side, price + sign * away * step, quantity)

    def step(self) -> None:
        """Place one order near the middle; cancel one when many are open."""
        chance = self._chance
        side, away = chance.choice([Side.BUY, Side.SELL]), chance.randrange(-2, 40)
        price = self._price + (-1 if side == Side.BUY else 1) * away * self._step
        quantity = chance.randrange(1, 9) * self._quantity
        account = chance.choice(self._accounts)
        receipt = self._place(account, side, price, quantity)
        if receipt.accepted:
            self._open.append((account, receipt.made))
        if len(self._open) > OPEN_MOST:
            account, order = self._open.pop(chance.randrange(len(self._open)))
            self._ask(CancelOrder(account=account, order=order))

    def trade_until(self, enough: Callable[[], bool]) -> None:
        """Go on until it is enough."""
        while not enough():
            self.step()

    def leave(self) -> None:
        """Cancel everything."""
        for account in self._accounts:
            self._ask(CancelAllOrders(account=account, market=self.market))

    def _place(self, account: int, side: Side, price: int, quantity: int) -> Receipt:
        return self._ask(
            PlaceOrder(
                account=account,
                market=self.market,
                side=side,
                order_type=OrderType.LIMIT,
                time_in_force=TimeInForce.GTC,
                flags=0,
                price=price,
                quantity=quantity,
                user_ref=0,
                client_order_id="",
            )
        )

    def _ask(self, command: Command) -> Receipt:
        self.sent += 1
        (receipt,) = self._venue.submit(
            [Message(command, Name(Sender.SIMULATION, self._series, self.sent))]
        )
        return receipt
