"""What happens to orders."""

from pilothouse.language.kinds import CancelReason, FillKind, OrderType, Side
from pilothouse.language.schema import Event, event, word


@event(1, "order {order} is placed")
class OrderPlaced(Event):
    """An order was taken. Fills and a cancellation of its rest may follow at the same position."""

    order: int = word("its number, the position of its command")
    market: int = word("the market")
    side: Side = word("buy or sell")
    order_type: OrderType = word("limit or market")
    flags: int = word("post-only and reduce-only")
    price: int = word("its limit", unit="price units")
    quantity: int = word("how much", unit="quantity units")


@event(2, "{quantity} of market {market} trade at {price}")
class OrderFilled(Event):
    """Two orders traded. The event's account is the taker's; `side` is the taker's side.

    A contract's value and fees are in its settlement asset, a spot market's in the quote asset.
    """

    market: int = word("the market")
    trade: int = word("number of the trade")
    side: Side = word("the taker's side")
    taker_order: int = word("the order that came, 0 for an action of the venue")
    maker_order: int = word("the order that rested, 0 in an unwind")
    maker_account: int = word("the account of the other side")
    price: int = word("the resting order's price", unit="price units")
    quantity: int = word("how much", unit="quantity units")
    value: int = word("price times quantity, rounded once", unit="quote base units")
    taker_fee: int = word("the taker's fee", unit="quote base units")
    maker_fee: int = word("the maker's fee", unit="quote base units")
    fill_kind: FillKind = word("trade, liquidation or unwind")


@event(3, "the rest of order {order} is cancelled: {reason}")
class OrderCancelled(Event):
    """An order, or the rest of one, left the book unfilled."""

    order: int = word("its number")
    market: int = word("the market")
    reason: CancelReason = word("why")
    remaining: int = word("how much was left", unit="quantity units")
