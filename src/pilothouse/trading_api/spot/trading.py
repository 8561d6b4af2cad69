"""AddOrder, AddOrderBatch, CancelOrder, CancelOrderBatch, CancelAll."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pilothouse.language import refusals
from pilothouse.language.commands import CancelOrder
from pilothouse.language.names import Receipt
from pilothouse.language.schema import Command
from pilothouse.trading_api import texts
from pilothouse.trading_api.ids import ORDER, number_of_txid, txid_of
from pilothouse.trading_api.spot.arguments import Arguments
from pilothouse.trading_api.spot.call import Call
from pilothouse.trading_api.spot.errors import UNKNOWN_ORDER, Refused, invalid
from pilothouse.trading_api.spot.place import Placing, read_order
from pilothouse.trading_api.spot.refusals import error_of

BATCH_LEAST: Final = 2
BATCH_MOST: Final = 15
CANCELS_MOST: Final = 50
NOT_THERE: Final = (refusals.UNKNOWN_ORDER, refusals.ORDER_IS_ANOTHER_ACCOUNTS)


async def add_order(call: Call) -> Any:
    """Place one order; with `validate` only read it and say how it would be described."""
    market = call.arguments.pair(call.door.listing())
    placing = read_order(call.arguments, market, call.key.account)
    if call.arguments.flag("validate"):
        return {"descr": {"order": placing.described}}
    receipt = await call.door.ask_one(call.key, placing.command)
    if not receipt.accepted:
        raise Refused(error_of(receipt.outcome))
    return {"descr": {"order": placing.described}, "txid": [txid_of(ORDER, receipt.made)]}


async def add_order_batch(call: Call) -> Any:
    """Place 2 to 15 orders of one pair. They are read first, and one that cannot be read refuses
    the batch; what the exchange refuses is said of each order.
    """
    market = call.arguments.pair(call.door.listing())
    asked = call.arguments.items("orders")
    if not BATCH_LEAST <= len(asked) <= BATCH_MOST or not all(
        isinstance(one, dict) for one in asked
    ):
        raise invalid("orders")
    placings = [read_order(Arguments(one), market, call.key.account) for one in asked]
    if call.arguments.flag("validate"):
        return {"orders": [{"descr": {"order": one.described}} for one in placings]}
    receipts = await call.door.ask(call.key, [one.command for one in placings])
    return {"orders": [_placed(*pair) for pair in zip(placings, receipts, strict=True)]}


def _placed(placing: Placing, receipt: Receipt) -> Any:
    descr = {"descr": {"order": placing.described}}
    if not receipt.accepted:
        return descr | {"error": error_of(receipt.outcome)}
    return descr | {"txid": txid_of(ORDER, receipt.made)}


async def cancel_order(call: Call) -> Any:
    """Cancel one order by id or client's name, or all of one `userref`."""
    named: Sequence[Command]
    if call.arguments.has("cl_ord_id"):
        named = [_by_name(call, call.arguments.need("cl_ord_id"))]
    else:
        named = await _by_text(call, call.arguments.need("txid"))
    return {"count": await _cancel(call, named)}


async def cancel_order_batch(call: Call) -> Any:
    """Cancel at most fifty orders by id, user reference or client's name."""
    values = call.arguments.items("orders") if call.arguments.any_named("orders") else []
    names = call.arguments.items("cl_ord_ids") if call.arguments.any_named("cl_ord_ids") else []
    if not 1 <= len(values) + len(names) <= CANCELS_MOST:
        raise invalid("orders")
    asked: list[Command] = [_by_name(call, str(one)) for one in names]
    for value in values:
        text = texts.text_of(value.get("txid") if isinstance(value, dict) else value)
        asked += await _by_text(call, text or "")
    return {"count": await _cancel(call, asked)}


def _by_name(call: Call, name: str) -> Command:
    if not name.isascii() or not name.isprintable() or not 1 <= len(name) <= 36:
        raise invalid("cl_ord_id")
    return CancelOrder(account=call.key.account, client_order_id=name)


async def _by_text(call: Call, text: str) -> Sequence[Command]:
    number = number_of_txid(ORDER, text)
    if number:
        return [CancelOrder(account=call.key.account, order=number)]
    user_ref = texts.integer_of(text)
    if not user_ref:
        raise Refused(UNKNOWN_ORDER)
    await call.door.caught_up(call.key)
    found = call.door.history.open_orders(call.key.account)
    orders = [one.number for one in found if one.user_ref == user_ref]
    return [CancelOrder(account=call.key.account, order=one) for one in orders]


async def _cancel(call: Call, asked: Sequence[Command]) -> int:
    receipts = await call.door.ask(call.key, asked) if asked else []
    count = sum(one.accepted for one in receipts)
    fault = next((one for one in receipts if not one.accepted), None)
    if count == 0:
        raise Refused(UNKNOWN_ORDER if fault is None else error_of(fault.outcome))
    return count


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
