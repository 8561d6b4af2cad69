"""What a futures request is charged before it is answered or the journal hears of it.

Orders are charged by their market too, once they are read: see `counted`. Cancelling has counters
that nothing else uses up.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from pilothouse.records.orders import OrderRecord
from pilothouse.trading_api import texts
from pilothouse.trading_api.futures.arguments import Arguments
from pilothouse.trading_api.futures.call import Call
from pilothouse.trading_api.futures.errors import JSON_PARSE_ERROR, Limited, Refused, invalid
from pilothouse.trading_api.rates import (
    BATCH_COST,
    FILLS_BEFORE,
    FUTURES_COSTS,
    ORDER_COST,
    listing_cost,
)

BATCH_MOST: Final = 10
HISTORY: Final = "/api/history/"
HISTORY_MAX: Final = 1_000
"""Events that one request of the history may list."""
ASKED_MAX: Final = 100
"""Orders that one request may ask about."""
ORDER_IDS: Final = ("orderIds", "orderId")
CLIENT_IDS: Final = ("cliOrdIds", "cliOrdId")


def charge_reading(call: Call, path: str) -> None:
    """Charge a request that reads, by its path and by how many orders it lists; raise Limited."""
    word = path.rpartition("/")[2]
    cost = FUTURES_COSTS.get(word, 1)
    if word == "fills" and call.arguments.text("lastFillTime"):
        cost = FILLS_BEFORE
    counter = call.meter.history if path.startswith(HISTORY) else call.meter.budget
    if not counter.take(call.payer, listing_cost(cost, _rows(call, path))):
        raise Limited


def charge_rows(call: Call, word: str, rows: int) -> None:
    """Add what a request lists beyond a hundred rows, where only listing it tells how many."""
    cost = FUTURES_COSTS.get(word, 1)
    more = listing_cost(cost, rows) - cost
    if more:
        call.meter.budget.add(call.payer, more)


def _rows(call: Call, path: str) -> int:
    # Counted before anything is copied or written: what is refused costs little. Arguments that
    # cannot be read are refused later, and list nothing.
    with contextlib.suppress(Refused):
        if path.endswith("/openorders"):
            return call.door.open_count(call.key, spot=False)
        if path.endswith("/orders/status"):
            named = call.arguments.every(ASKED_MAX, *ORDER_IDS, *CLIENT_IDS)
            return 0 if named else call.door.open_count(call.key, spot=False)
        if path == f"{HISTORY}v2/orders":
            count = call.arguments.integer("count", HISTORY_MAX, 1, 1 << 31)
            ended = call.door.history.closed_count(call.key.account, ends_asked_for(call))
            return min(count, HISTORY_MAX, ended)
    return 0


def ends_asked_for(call: Call) -> Callable[[OrderRecord], bool]:
    """Return which closed orders a request of the history of orders asks for."""
    since, before = call.arguments.date("since"), call.arguments.date("before")
    markets = call.door.listing().markets

    def wanted(one: OrderRecord) -> bool:
        in_time = (since is None or one.updated_at >= since) and (
            before is None or one.updated_at < before
        )
        return in_time and not markets[one.market].is_spot

    return wanted


def charge(call: Call, word: str) -> None:
    """Charge a request that acts by the last word of its path, readable or not; Limited."""
    payer, meter = call.payer, call.meter
    if word == "cancelallorders":
        taken = meter.cancels_of_all.take(payer)
    elif word in ("cancelorder", "cancelallordersafter"):
        taken = meter.cancels.take(payer)
    elif meter.faults.is_spent(payer):
        taken = False
    elif word == "transfer":
        taken = meter.transfers.take(payer)
    elif word == "batchorder":
        taken = _take_batch(call)
    else:
        taken = meter.budget.take(payer, ORDER_COST)
    if not taken:
        raise Limited


def _take_batch(call: Call) -> bool:
    # One that cannot be read is charged as such: see `routes`.
    try:
        asked = batch_of(call.arguments)
    except Refused:
        return True
    payer, meter = call.payer, call.meter
    cancels = sum(map(_cancels, asked))
    sends = len(asked) - cancels
    if sends and not meter.budget.take(payer, BATCH_COST + sends):
        return False
    return not cancels or meter.cancels.take(payer, cancels)


def _cancels(one: Any) -> bool:
    return isinstance(one, Mapping) and (texts.text_of(one.get("order")) or "").lower() == "cancel"


def batch_of(arguments: Arguments) -> list[Any]:
    """Return what a batch asks for, at most ten orders and cancellations."""
    try:
        whole = texts.read_object(arguments.need("json"))
    except texts.Unreadable:
        raise Refused(JSON_PARSE_ERROR) from None
    asked = whole.get("batchOrder")
    if not isinstance(asked, list) or not 1 <= len(asked) <= BATCH_MOST:
        raise invalid("batchOrder")
    return asked
