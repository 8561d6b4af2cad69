"""What the doors remember of an order and of a fill."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from enum import IntEnum

from pilothouse.language.kinds import CancelReason, FillKind, OrderType, Side, TimeInForce


class OrderStatus(IntEnum):
    """What became of an order. CLOSED is filled whole."""

    OPEN = 1
    CLOSED = 2
    CANCELLED = 3


@dataclass(slots=True)
class OrderRecord:
    """An order as its owner sees it: what was asked, and what became of it.

    Prices in price units, quantities in quantity units, money in base units of the quote asset
    (of a contract's settlement asset), times in microseconds.
    """

    number: int
    account: int
    market: int
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    flags: int
    price: int
    quantity: int
    placed_at: int
    user_ref: int = 0
    client_order_id: str = ""
    status: OrderStatus = OrderStatus.OPEN
    executed: int = 0
    value: int = 0
    fee: int = 0
    price_quantity: int = 0
    """The sum of price times quantity of its fills, exact: the average price is made from it."""
    updated_at: int = 0
    closed_position: int = 0
    """Position of the command that closed it, 0 while it is open."""
    reason: CancelReason | None = None
    fills: list[int] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Tell whether a rest of it may still trade."""
        return self.status == OrderStatus.OPEN

    @property
    def remaining(self) -> int:
        """Return what has not traded, in quantity units."""
        return self.quantity - self.executed

    def copied(self) -> OrderRecord:
        """Return a copy that does not change with the order."""
        made = copy.copy(self)
        made.fills = list(self.fills)
        return made


@dataclass(frozen=True, slots=True)
class FillRecord:
    """A trade with both its sides. An order number of 0 is a deed of the venue."""

    trade: int
    """Its number among all trades and unwinds of the exchange."""
    sequence: int
    """Its number among the trades of its market; an unwind has the number of the one before."""
    market: int
    position: int
    time: int
    nanoseconds: int
    """A moment of its own: times of trades in one market rise by at least one nanosecond."""
    price: int
    quantity: int
    value: int
    side: Side
    kind: FillKind
    taker_order: int
    taker_account: int
    taker_fee: int
    taker_type: OrderType
    maker_order: int
    maker_account: int
    maker_fee: int


@dataclass(frozen=True, slots=True)
class Execution:
    """A fill from the view of one of its two sides."""

    fill: FillRecord
    maker: bool

    @property
    def number(self) -> int:
        """Return a number of its own: the two sides of a fill have different ones."""
        return 2 * self.fill.trade + int(self.maker)

    @property
    def order(self) -> int:
        """Return the order of this side, 0 for an action of the venue."""
        return self.fill.maker_order if self.maker else self.fill.taker_order

    @property
    def account(self) -> int:
        """Return the account of this side."""
        return self.fill.maker_account if self.maker else self.fill.taker_account

    @property
    def fee(self) -> int:
        """Return what this side paid, in base units of the quote asset."""
        return self.fill.maker_fee if self.maker else self.fill.taker_fee

    @property
    def side(self) -> Side:
        """Return what this side did."""
        if not self.maker:
            return self.fill.side
        return Side.SELL if self.fill.side == Side.BUY else Side.BUY
