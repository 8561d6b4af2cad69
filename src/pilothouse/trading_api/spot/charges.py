"""What a spot request is charged before it is answered or the journal hears of it.

Orders are charged by their market, once they are read: see `counted`. Cancelling has counters that
nothing else uses up.
"""

from __future__ import annotations

from typing import Final

from pilothouse.trading_api.meter import Spent
from pilothouse.trading_api.rates import SPOT_COSTS, listing_cost
from pilothouse.trading_api.spot.arguments import Arguments
from pilothouse.trading_api.spot.call import Call
from pilothouse.trading_api.spot.errors import ORDER_RATE_LIMIT, RATE_LIMIT, Limited

CANCELS_MOST: Final = 50
"""Orders that one batch of cancellations may name."""


def charge_reading(call: Call, method: str) -> None:
    """Charge a request that reads, by its method and the orders it lists; raise Limited."""
    rows = call.door.open_count(call.key, spot=True) if method == "OpenOrders" else 0
    cost = listing_cost(SPOT_COSTS.get(method, 1), rows)
    if not call.meter.calls.take(call.key.account, cost):
        raise Limited(RATE_LIMIT)


def charge(call: Call, method: str) -> None:
    """Charge a request that acts by its method, readable or not; raise Limited."""
    account, meter = call.key.account, call.meter
    if method == "CancelAll":
        if not meter.cancels_of_all.take(account):
            raise Limited(ORDER_RATE_LIMIT)
    elif method in ("CancelOrder", "CancelOrderBatch", "CancelAllOrdersAfter"):
        try:
            meter.cancel(account, _named(call.arguments))
        except Spent:
            raise Limited(ORDER_RATE_LIMIT) from None
    elif meter.faults.is_spent(account):
        raise Limited(RATE_LIMIT)
    if method == "WalletTransfer" and not meter.transfers.take(account):
        raise Limited(RATE_LIMIT)


def _named(arguments: Arguments) -> int:
    # One that cannot be read names none, and is charged as one.
    count = arguments.count("orders") + arguments.count("cl_ord_ids")
    return max(1, min(count, CANCELS_MOST))
