"""What a futures request that acts is charged before the journal hears of it, readable or not.

Orders are charged by their market too, once they are read: see `counted`. Cancelling has counters
that nothing else uses up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pilothouse.trading_api import texts
from pilothouse.trading_api.futures.arguments import Arguments
from pilothouse.trading_api.futures.call import Call
from pilothouse.trading_api.futures.errors import JSON_PARSE_ERROR, Limited, Refused, invalid
from pilothouse.trading_api.rates import BATCH_COST, ORDER_COST

BATCH_MOST: Final = 10


def charge(call: Call, word: str) -> None:
    """Charge a request by the last word of its path; raise Limited."""
    payer, meter = call.payer, call.meter
    if word == "cancelallorders":
        taken = meter.cancels_of_all.take(payer)
    elif word == "cancelorder":
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
