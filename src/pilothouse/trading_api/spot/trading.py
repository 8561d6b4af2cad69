"""AddOrder, AddOrderBatch, CancelOrder, CancelOrderBatch, CancelAll, CancelAllOrdersAfter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pilothouse.language.commands import CancelOrder
from pilothouse.language.names import Receipt
from pilothouse.language.numbers import SECOND_US
from pilothouse.records.client_ids import ORDER, number_of_txid, txid_of
from pilothouse.trading_api import texts
from pilothouse.trading_api.counted import cancel, place
from pilothouse.trading_api.figures import iso_seconds
from pilothouse.trading_api.listing import Market
from pilothouse.trading_api.meter import Spent, TooManyOpen
from pilothouse.trading_api.spot.arguments import Arguments
from pilothouse.trading_api.spot.call import Call
from pilothouse.trading_api.spot.charges import CANCELS_MOST
from pilothouse.trading_api.spot.errors import (
    BUSY,
    ORDER_RATE_LIMIT,
    ORDERS_LIMIT,
    UNKNOWN_ORDER,
    Limited,
    Refused,
    invalid,
)
from pilothouse.trading_api.spot.place import Placing, read_order
from pilothouse.trading_api.spot.refusals import error_of
from pilothouse.trading_api.switches import SECONDS_MAX, Full

BATCH_LEAST: Final = 2
BATCH_MOST: Final = 15


async def add_order(call: Call) -> Any:
    """Place one order; with `validate` only read it and say how it would be described."""
    market = call.arguments.pair(call.door.listing())
    placing = read_order(call.arguments, market, call.key.account, call.door.now_us)
    if call.arguments.flag("validate"):
        await _only_read(call, [placing])
        return {"descr": {"order": placing.described}}
    (receipt,) = await _place(call, [placing])
    if not receipt.accepted:
        raise Refused(error_of(receipt.outcome))
    return {"descr": {"order": placing.described}, "txid": [txid_of(ORDER, receipt.made)]}


async def add_order_batch(call: Call) -> Any:
    """Place 2 to 15 orders of one pair. What is wrong with one is said in its own entry, and the
    others are placed; a batch of which none can be read is refused.
    """
    market = call.arguments.pair(call.door.listing())
    asked = call.arguments.items("orders", BATCH_MOST)
    if len(asked) < BATCH_LEAST or not all(isinstance(one, dict) for one in asked):
        raise invalid("orders")
    read = [_read_one(call, market, one) for one in asked]
    placings = [one for one in read if isinstance(one, Placing)]
    faults = [one for one in read if isinstance(one, Refused)]
    if not placings:
        raise faults[0]
    if call.arguments.flag("validate"):
        await _only_read(call, placings)
        rows = [{"descr": {"order": one.described}} for one in placings]
    else:
        receipts = await _place(call, placings)
        rows = [_placed(*pair) for pair in zip(placings, receipts, strict=True)]
    # The batch was let in with those that can be read: the others are charged as what they are.
    for _ in faults:
        call.meter.fault(call.key.account)
    told = iter(rows)
    return {
        "orders": [
            {"error": one.error} if isinstance(one, Refused) else next(told) for one in read
        ]
    }


def _read_one(call: Call, market: Market, asked: dict[str, Any]) -> Placing | Refused:
    try:
        return read_order(Arguments(asked), market, call.key.account, call.door.now_us)
    except Refused as refused:
        return refused


async def _only_read(call: Call, placings: Sequence[Placing]) -> None:
    # It uses its nonce in the journal, so it costs what an order costs.
    try:
        call.meter.place(call.key.account, placings[0].command.market, len(placings), 0)
    except Spent:
        raise Limited(ORDER_RATE_LIMIT) from None
    await call.once()


async def _place(call: Call, placings: Sequence[Placing]) -> list[Receipt]:
    commands = [one.command for one in placings]
    try:
        return await place(call.door, call.meter, call.key, commands, call.once)
    except TooManyOpen:
        raise Refused(ORDERS_LIMIT) from None
    except Spent:
        raise Limited(ORDER_RATE_LIMIT) from None


def _placed(placing: Placing, receipt: Receipt) -> Any:
    descr = {"descr": {"order": placing.described}}
    if not receipt.accepted:
        return descr | {"error": error_of(receipt.outcome)}
    return descr | {"txid": txid_of(ORDER, receipt.made)}


async def cancel_order(call: Call) -> Any:
    """Cancel one order by id or client's name, or all of one `userref`."""
    named: Sequence[CancelOrder]
    if call.arguments.has("cl_ord_id"):
        named = [_by_name(call, call.arguments.need("cl_ord_id"))]
    else:
        named = await _by_texts(call, [call.arguments.need("txid")])
    return {"count": await _cancel(call, named)}


async def cancel_order_batch(call: Call) -> Any:
    """Cancel at most fifty orders by id, user reference or client's name."""
    values, names = _entries(call, "orders"), _entries(call, "cl_ord_ids")
    if not 1 <= len(values) + len(names) <= CANCELS_MOST:
        raise invalid("orders")
    asked: list[CancelOrder] = [_by_name(call, one) for one in dict.fromkeys(map(str, names))]
    named = (one.get("txid") if isinstance(one, dict) else one for one in values)
    asked += await _by_texts(call, [texts.text_of(one) or "" for one in named])
    return {"count": await _cancel(call, asked, len(values) + len(names))}


def _entries(call: Call, name: str) -> list[Any]:
    return call.arguments.items(name, CANCELS_MOST) if call.arguments.any_named(name) else []


def _by_name(call: Call, name: str) -> CancelOrder:
    if not name.isascii() or not name.isprintable() or not 1 <= len(name) <= 36:
        raise invalid("cl_ord_id")
    return CancelOrder(account=call.key.account, client_order_id=name)


async def _by_texts(call: Call, said: Sequence[str]) -> list[CancelOrder]:
    # By number, not by text: a reference can be spelled in many ways, and names many orders.
    ids = [number_of_txid(ORDER, one) for one in said]
    references = {
        texts.integer_of(one) for one, number in zip(said, ids, strict=True) if not number
    }
    if not all(references):
        raise Refused(UNKNOWN_ORDER)
    numbers = dict.fromkeys(one for one in ids if one)
    if references:
        await call.door.caught_up(call.key)
        found = call.door.history.open_orders(call.key.account)
        numbers |= dict.fromkeys(one.number for one in found if one.user_ref in references)
    return [CancelOrder(account=call.key.account, order=one) for one in numbers]


async def _cancel(call: Call, asked: Sequence[CancelOrder], paid: int = 1) -> int:
    receipts = await cancel(call.door, call.meter, call.key, asked, paid)
    count = sum(one.accepted for one in receipts)
    fault = next((one for one in receipts if not one.accepted), None)
    if count == 0:
        raise Refused(UNKNOWN_ORDER if fault is None else error_of(fault.outcome))
    return count


async def cancel_all_orders_after(call: Call) -> Any:
    """Cancel the key's open spot orders in `timeout` seconds unless it asks again; 0 never."""
    call.arguments.need("timeout")
    seconds = call.arguments.integer("timeout", 0, 0, SECONDS_MAX)
    try:
        call.door.switches.set(call.key.public, call.key.account, spot=True, seconds=seconds)
    except Full:
        raise Refused(BUSY) from None
    now = call.door.now_us
    due = iso_seconds(now + seconds * SECOND_US) if seconds else "0"
    return {"currentTime": iso_seconds(now), "triggerTime": due}


async def cancel_all(call: Call) -> Any:
    """Cancel every open spot order; futures orders stay, as with Kraken."""
    await call.door.caught_up(call.key)
    markets = call.door.listing().markets
    found = call.door.history.open_orders(call.key.account)
    spot = sorted({one.market for one in found if markets[one.market].is_spot})
    receipts = await call.door.cancel_all(call.key, spot)
    fault = next((one for one in receipts if not one.accepted), None)
    if fault is not None:
        raise Refused(error_of(fault.outcome))
    return {"count": sum(one.made for one in receipts)}
