"""Orders: placing and cancelling them."""

from pilothouse.language.kinds import OrderType, Side, TimeInForce
from pilothouse.language.schema import Command, command, text, word

POST_ONLY = 1
REDUCE_ONLY = 2
ALL_FLAGS = POST_ONLY | REDUCE_ONLY


@command(200, "Account {account} places an order to {side} {quantity} in market {market}")
class PlaceOrder(Command):
    """Place an order. Its number is its position in the journal.

    `flags` is the sum of POST_ONLY and REDUCE_ONLY. A market order may carry the worst price it
    takes; with 0 the market's band alone protects it.
    """

    account: int = word("the account")
    market: int = word("the market")
    side: Side = word("buy or sell")
    order_type: OrderType = word("limit or market")
    time_in_force: TimeInForce = word("how long its rest stays")
    flags: int = word("post-only and reduce-only")
    quantity: int = word("how much", unit="quantity units")
    price: int = word("its limit, 0 for a market order without one", unit="price units")
    user_ref: int = word("the client's number for it, never read by the engine", default=0)
    client_order_id: str = text("the client's own name for it", size=40, default="")


@command(201, "Account {account} cancels order {order}")
class CancelOrder(Command):
    """Cancel one open order, named by its number or by the client's own name for it."""

    account: int = word("the account")
    order: int = word("the order's number, 0 if the client's name is given", default=0)
    client_order_id: str = text("the client's own name for it", size=40, default="")


@command(202, "Account {account} cancels all its orders")
class CancelAllOrders(Command):
    """Cancel every open order of an account, in one market or in all. `made` counts them."""

    account: int = word("the account")
    market: int = word("the market, 0 for all", default=0)
