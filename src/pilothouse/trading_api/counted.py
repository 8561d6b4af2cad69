"""Orders and cancellations of both APIs, counted on their way to the exchange."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from pilothouse.language.commands import CancelOrder, PlaceOrder
from pilothouse.language.kinds import OrderType, TimeInForce
from pilothouse.language.names import Receipt
from pilothouse.records.orders import OrderRecord
from pilothouse.trading_api.door import Door
from pilothouse.trading_api.meter import Meter
from pilothouse.trading_api.ports import Key


def may_rest(command: PlaceOrder) -> bool:
    """Tell whether an order may stay open."""
    limit = command.order_type != OrderType.MARKET
    return limit and command.time_in_force == TimeInForce.GTC


async def _nothing() -> None:
    """What only reads is not remembered."""


class Once:
    """How the journal hears of a request that acts: at most once, before what it asks for."""

    def __init__(self, tell: Callable[[], Awaitable[None]] = _nothing) -> None:
        self._tell = tell
        self.tried = False
        """Whether the journal was asked; what it refused ended the request."""

    async def __call__(self) -> None:
        """Have the journal remember the request, if it was not asked yet."""
        if not self.tried:
            self.tried = True
            await self._tell()


async def place(
    door: Door, meter: Meter, key: Key, commands: Sequence[PlaceOrder], once: Once
) -> list[Receipt]:
    """Send orders of one market; raises Spent or TooManyOpen, and writes nothing then.

    What the journal refuses to remember sends none: their market is not charged for it.
    """
    market, resting = commands[0].market, sum(map(may_rest, commands))
    meter.place(key.account, market, len(commands), resting)
    accepted: list[int] = []
    try:
        try:
            await once()
        except Exception:
            meter.not_placed(key.account, market, len(commands))
            raise
        receipts = await door.ask(key, commands)
        pairs = zip(commands, receipts, strict=True)
        accepted = [one.position for command, one in pairs if one.accepted and may_rest(command)]
        return receipts
    finally:
        meter.placed(key.account, market, resting, accepted)


async def cancel(
    door: Door, meter: Meter, key: Key, commands: Sequence[CancelOrder], paid: int = 1
) -> list[Receipt]:
    """Send cancellations, and charge each order's age to its pair; `paid` of them are charged."""
    if not commands:
        return []
    meter.cancel_more(key.account, len(commands) - paid)
    orders = _orders(door, key, commands)
    receipts = await door.ask(key, commands)
    for order, receipt in zip(orders, receipts, strict=True):
        if order is not None and receipt.accepted:
            meter.cancelled(key.account, order.market, door.time - order.placed_at)
    return receipts


def _orders(door: Door, key: Key, commands: Sequence[CancelOrder]) -> list[OrderRecord | None]:
    # By name only what is open is looked through, once for all of them.
    named: dict[str, OrderRecord] = {}
    if any(one.client_order_id for one in commands):
        found = door.history.open_orders(key.account)
        named = {one.client_order_id: one for one in found if one.client_order_id}
    return [
        door.history.order(one.order) if one.order else named.get(one.client_order_id)
        for one in commands
    ]
