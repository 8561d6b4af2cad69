"""sendorder, cancelorder, cancelallorders, cancelallordersafter, batchorder, transfer."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from pilothouse.language.commands import CancelOrder, PlaceOrder, Transfer
from pilothouse.language.kinds import CancelReason, Wallet
from pilothouse.language.names import Receipt
from pilothouse.language.numbers import SECOND_US
from pilothouse.records.client_ids import uuid_of
from pilothouse.records.orders import Execution, OrderRecord
from pilothouse.trading_api import texts
from pilothouse.trading_api.counted import cancel, place
from pilothouse.trading_api.door import Behind
from pilothouse.trading_api.figures import iso, number
from pilothouse.trading_api.futures.arguments import ORDER, Arguments
from pilothouse.trading_api.futures.call import Call
from pilothouse.trading_api.futures.charges import batch_of
from pilothouse.trading_api.futures.errors import (
    REQUIRED_ARGUMENT_MISSING,
    UNAVAILABLE,
    Limited,
    NotTaken,
    Refused,
)
from pilothouse.trading_api.futures.order_rows import order_row
from pilothouse.trading_api.futures.place import client_name, read_order
from pilothouse.trading_api.futures.refusals import word_of
from pilothouse.trading_api.listing import Market
from pilothouse.trading_api.meter import Spent, TooManyOpen
from pilothouse.trading_api.switches import SECONDS_MAX, Full
from pilothouse.venue.clock import wall_clock_us

ACCOUNTS: Final = {
    "cash": Wallet.SPOT,
    "spot wallet": Wallet.SPOT,
    "flex": Wallet.FUTURES,
    "futures wallet": Wallet.FUTURES,
}
FAILED: Final = {
    CancelReason.IMMEDIATE_REST: ("iocWouldNotExecute", "IOC_WOULD_NOT_EXECUTE"),
    CancelReason.SELF_TRADE: ("selfFill", "WOULD_EXECUTE_SELF"),
    CancelReason.FUNDS: ("wouldCauseLiquidation", "WOULD_CAUSE_LIQUIDATION"),
    CancelReason.REDUCE_ONLY: ("wouldNotReducePosition", "WOULD_NOT_REDUCE_POSITION"),
    CancelReason.POST_ONLY: ("postWouldExecute", "POST_WOULD_EXECUTE"),
    CancelReason.STALE_INDEX: ("wouldCauseLiquidation", "WOULD_CAUSE_LIQUIDATION"),
}
"""An order that ended untouched in its own command failed, in these words."""


async def send_order(call: Call) -> dict[str, Any]:
    """Place one order and tell what became of it at once."""
    return {"sendStatus": await _send(call, call.arguments)}


async def _send(call: Call, arguments: Arguments) -> dict[str, Any]:
    market = arguments.contract(call.door.listing())
    try:
        command = read_order(arguments, market, call.key.account, call.door.now_us)
    except NotTaken as fault:
        return standing_of(fault.status)
    try:
        (receipt,) = await place(call.door, call.meter, call.key, [command], call.once)
    except TooManyOpen:
        return standing_of("tooManyOrders")
    except Spent:
        raise Limited from None
    if not receipt.accepted:
        return standing_of(_status_or_raise(receipt))
    return await _placed(call, market, command, receipt)


def _status_or_raise(receipt: Receipt) -> str:
    word = word_of(receipt.outcome)
    if not word.is_status:
        raise Refused(word.text)
    return word.text


def standing_of(word: str) -> dict[str, Any]:
    """Return the status of an order that is not taken."""
    return {"status": word, "receivedTime": iso(wall_clock_us()), "orderEvents": []}


async def _placed(
    call: Call, market: Market, command: PlaceOrder, receipt: Receipt
) -> dict[str, Any]:
    # The receipt says that it was taken; what it traded at once is in the history behind it.
    with contextlib.suppress(Behind):
        await call.door.caught_up(call.key)
    order = call.door.history.order(receipt.made)
    made = standing_of("placed") | {"order_id": uuid_of(ORDER, receipt.made)}
    if command.client_order_id:
        made["cliOrdId"] = command.client_order_id
    if order is None:
        return made | {"orderEvents": [_event("PLACE", _just_asked(market, command, receipt))]}
    return made | _events(call, market, order, command.quantity - order.quantity)


def _events(call: Call, market: Market, order: OrderRecord, reduced: int) -> dict[str, Any]:
    # An order that only reduces is taken for what there is to reduce; it was asked for more.
    fills = [call.door.history.execution(one) for one in order.fills]
    at_once = [one for one in fills if one and one.fill.position == order.number]
    if not at_once and order.closed_position == order.number and order.reason in FAILED:
        status, reason = FAILED[order.reason]
        event = _event("REJECT", _asked(market, order, reduced)) | {"reason": reason}
        return {"status": status, "orderEvents": [event]}
    events, filled = [], 0
    for one in at_once:
        events.append(_execution(market, order, one, filled, reduced))
        filled += one.fill.quantity
    if filled < order.quantity and order.closed_position != order.number:
        events.append(_place_event(market, order, filled, reduced))
    return {"orderEvents": events or [_place_event(market, order, None, reduced)]}


def _asked(
    market: Market, order: OrderRecord, reduced: int, filled: int | None = None
) -> dict[str, Any]:
    whole = number(order.quantity + reduced, market.quantity_decimals)
    return order_row(market, order, filled) | {"quantity": whole}


def _place_event(
    market: Market, order: OrderRecord, filled: int | None, reduced: int
) -> dict[str, Any]:
    event = _event("PLACE", _asked(market, order, reduced, filled))
    return event | {"reducedQuantity": _reduced(market, reduced)}


def _reduced(market: Market, reduced: int) -> Decimal | int | None:
    return number(reduced, market.quantity_decimals) if reduced else None


def _execution(
    market: Market, order: OrderRecord, execution: Execution, filled: int, reduced: int
) -> dict[str, Any]:
    return {
        "type": "EXECUTION",
        "executionId": uuid_of("fill", execution.number),
        "price": number(execution.fill.price, market.price_decimals),
        "amount": number(execution.fill.quantity, market.quantity_decimals),
        "orderPriorEdit": None,
        "orderPriorExecution": _asked(market, order, reduced, filled),
        "takerReducedQuantity": _reduced(market, reduced),
    }


def _event(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "order": row, "reducedQuantity": None}


def _just_asked(market: Market, command: PlaceOrder, receipt: Receipt) -> dict[str, Any]:
    asked = OrderRecord(
        number=receipt.made,
        account=command.account,
        market=command.market,
        side=command.side,
        order_type=command.order_type,
        time_in_force=command.time_in_force,
        flags=command.flags,
        price=command.price,
        quantity=command.quantity,
        placed_at=wall_clock_us(),
        client_order_id=command.client_order_id,
        updated_at=wall_clock_us(),
    )
    return order_row(market, asked)


async def cancel_order(call: Call) -> dict[str, Any]:
    """Cancel one order by id or by the client's own name."""
    return {"cancelStatus": await _cancel(call, call.arguments)}


async def _cancel(call: Call, arguments: Arguments) -> dict[str, Any]:
    number_given, account = arguments.order(), call.key.account
    if number_given is not None:
        command = CancelOrder(account=account, order=number_given)
    else:
        try:
            name = client_name(arguments)
        except NotTaken:
            return standing_of("notFound")
        if not name:
            raise Refused(REQUIRED_ARGUMENT_MISSING)
        command = CancelOrder(account=account, client_order_id=name)
    if number_given == 0:
        return standing_of("notFound")
    (receipt,) = await cancel(call.door, call.meter, call.key, [command])
    if receipt.accepted:
        return await _cancelled(call, receipt.position, arguments)
    status = _status_or_raise(receipt)
    return standing_of(await _filled_or(call, number_given, status))


async def _filled_or(call: Call, order: int | None, status: str) -> str:
    # Kraken says "filled" of an order that is gone because it traded whole.
    await call.door.caught_up(call.key)
    known = call.door.history.order(order or 0)
    own = known is not None and known.account == call.key.account
    return "filled" if own and known is not None and known.remaining == 0 else status


async def _cancelled(call: Call, position: int, arguments: Arguments) -> dict[str, Any]:
    events = await _cancel_events(call, {position})
    ids = [one["uid"] for one in events]
    given = arguments.text("order_id", "orderId")
    made = standing_of("cancelled") | {"orderEvents": events}
    return made | {"order_id": ids[0] if ids else given}


async def _cancel_events(call: Call, positions: set[int]) -> list[dict[str, Any]]:
    await call.door.caught_up(call.key)
    markets = call.door.listing().markets
    return [
        {
            "uid": uuid_of(ORDER, one.number),
            "order": order_row(markets[one.market], one),
            "type": "CANCEL",
        }
        for one in call.door.history.closed_orders(
            call.key.account, lambda one: one.closed_position in positions
        )
    ]


async def cancel_all_orders(call: Call) -> dict[str, Any]:
    """Cancel every open order in contracts, or in the one of `symbol`; spot orders stay."""
    listing = call.door.listing()
    await call.door.caught_up(call.key)
    symbol = call.arguments.text("symbol")
    if symbol is not None:
        markets = {call.arguments.contract(listing).number}
    else:
        found = call.door.history.open_orders(call.key.account)
        markets = {one.market for one in found if not listing.markets[one.market].is_spot}
    receipts = await call.door.cancel_all(call.key, sorted(markets))
    for receipt in receipts:
        if not receipt.accepted:
            _status_or_raise(receipt)
    events = await _cancel_events(call, {one.position for one in receipts})
    status = standing_of("cancelled" if events else "noOrdersToCancel")
    orders = [{"order_id": one["uid"]} for one in events]
    rest = {"cancelOnly": symbol or "all", "cancelledOrders": orders, "orderEvents": events}
    return {"cancelStatus": status | rest}


async def cancel_all_orders_after(call: Call) -> dict[str, Any]:
    """Cancel the key's open orders in contracts in `timeout` seconds unless it asks again; 0
    never.
    """
    call.arguments.need("timeout")
    seconds = call.arguments.integer("timeout", 0, 0, SECONDS_MAX)
    try:
        call.door.switches.set(call.key.public, call.key.account, spot=False, seconds=seconds)
    except Full:
        raise Refused(UNAVAILABLE) from None
    now = wall_clock_us()
    due = iso(now + seconds * SECOND_US) if seconds else "0"
    return {"status": {"currentTime": iso(now), "triggerTime": due}}


async def batch_order(call: Call) -> dict[str, Any]:
    """Send and cancel at most ten orders, one after the other, each with its own status."""
    return {"batchStatus": [await _one_of_batch(call, one) for one in batch_of(call.arguments)]}


async def _one_of_batch(call: Call, asked: Any) -> dict[str, Any]:
    if not isinstance(asked, Mapping):
        return standing_of(REQUIRED_ARGUMENT_MISSING)
    arguments = Arguments(list(asked.items()))
    handlers = {"send": _send, "cancel": _cancel}
    try:
        handler = arguments.choice("order", handlers)
        made: dict[str, Any] = await handler(call, arguments)
    except Refused as refused:
        made = standing_of(refused.error)
    tag = texts.text_of(asked.get("order_tag"))
    return made | ({"order_tag": tag} if tag else {})


async def transfer(call: Call) -> dict[str, Any]:
    """Move money between the spot wallet (cash) and the futures wallet (flex)."""
    asset = call.door.listing().asset(call.arguments.need("unit"))
    if asset is None:
        raise Refused("invalidUnit")
    source, target = (_account(call, name) for name in ("fromAccount", "toAccount"))
    amount = texts.decimal_of(call.arguments.need("amount"), asset.decimals)
    if amount is None:
        raise Refused("invalidAmount")
    command = Transfer(
        account=call.key.account, asset=asset.number, source=source, target=target, amount=amount
    )
    receipt = await call.door.ask_one(call.key, command)
    if not receipt.accepted:
        word = word_of(receipt.outcome)
        raise Refused("insufficientFunds" if word.is_status else word.text)
    return {}


def _account(call: Call, name: str) -> Wallet:
    found = ACCOUNTS.get(call.arguments.need(name).lower())
    if found is None:
        raise Refused("invalidAccount")
    return found
