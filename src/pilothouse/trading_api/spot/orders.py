"""OpenOrders, ClosedOrders, QueryOrders, TradesHistory, QueryTrades: a client's own past."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from pilothouse.records.client_ids import ORDER, TRADE, number_of_txid, txid_of
from pilothouse.records.orders import Execution, OrderRecord
from pilothouse.trading_api.listing import Listing
from pilothouse.trading_api.spot.call import Call
from pilothouse.trading_api.spot.errors import INVALID_ORDER, Refused, invalid
from pilothouse.trading_api.spot.order_rows import order_row, trade_row
from pilothouse.trading_api.spot.pages import between, counted, page

IDS_MAX: Final = 50
CLOSE_TIMES: Final[dict[str, Callable[[OrderRecord], int]]] = {
    "open": lambda one: one.placed_at,
    "close": lambda one: one.updated_at,
    "both": lambda one: one.updated_at,
}
TRADE_TYPES: Final = {
    "all": True,
    "no position": True,
    "any position": False,
    "closed position": False,
    "closing position": False,
}
"""Which types of trades there can be without margin."""


async def open_orders(call: Call) -> Any:
    """Return the account's open spot orders, filtered by `userref` or `cl_ord_id`."""
    await call.door.caught_up(call.key)
    history = call.door.history
    return {
        "open": await _rows(call, lambda: _wanted(call, history.open_orders(call.key.account)))
    }


async def closed_orders(call: Call) -> Any:
    """Return the account's closed spot orders, the latest first, fifty a page."""
    await call.door.caught_up(call.key)
    time_of = call.arguments.choice("closetime", CLOSE_TIMES, "both")
    every = _spot_only(call, call.door.history.closed_orders(call.key.account))
    cut = between(call.arguments, every, time_of, ORDER, lambda one: one.number)
    found = _wanted(call, cut)
    rows = await _rows(call, lambda: page(call.arguments, found))
    return {"closed": rows, **counted(call.arguments, found)}


async def query_orders(call: Call) -> Any:
    """Return at most fifty orders by id or by `cl_ord_id`, open ones first, then the latest.

    Of many ids those that are no orders of the client's are left out; at least one has to be.
    """
    await call.door.caught_up(call.key)
    history = call.door.history
    if call.arguments.has("cl_ord_id"):
        name = call.arguments.need("cl_ord_id")
        found = _spot_only(call, history.orders_named(call.key.account, name))[:IDS_MAX]
    else:
        call.arguments.need("txid")
        numbers = call.arguments.orders(IDS_MAX)
        if not numbers:
            raise invalid("txid")
        orders = [history.order(one) for one in numbers]
        found = [one for one in orders if one is not None and one.account == call.key.account]
        found = _spot_only(call, found)
        if not found:
            raise Refused(INVALID_ORDER)
    return await _rows(call, lambda: _filtered_by_userref(call, found))


def _wanted(call: Call, found: Iterable[OrderRecord]) -> list[OrderRecord]:
    spot = _filtered_by_userref(call, _spot_only(call, found))
    name = call.arguments.text("cl_ord_id")
    return [one for one in spot if name is None or one.client_order_id == name]


def _filtered_by_userref(call: Call, found: list[OrderRecord]) -> list[OrderRecord]:
    if not call.arguments.has("userref"):
        return found
    wanted = call.arguments.integer("userref", 0, -(1 << 31), (1 << 31) - 1)
    return [one for one in found if one.user_ref == wanted]


def _spot_only(call: Call, found: Iterable[OrderRecord]) -> list[OrderRecord]:
    markets = call.door.listing().markets
    return [one for one in found if one.market in markets and markets[one.market].is_spot]


async def _rows(call: Call, find: Callable[[], Sequence[OrderRecord]]) -> dict[str, Any]:
    markets, with_trades = call.door.listing().markets, call.arguments.flag("trades")

    def made(one: OrderRecord) -> tuple[str, Any]:
        return txid_of(ORDER, one.number), order_row(markets[one.market], one, with_trades)

    return dict(await call.door.long_answers.rows(find, made))


async def trades_history(call: Call) -> Any:
    """Return the account's spot fills, the latest first, fifty a page.

    Nothing is borrowed on spot, so each is of no position: other types have none.
    """
    await call.door.caught_up(call.key)
    listing, wanted = call.door.listing(), call.arguments.choice("type", TRADE_TYPES, "all")
    every = call.door.history.executions(call.key.account) if wanted else []
    spot = [one for one in every if _is_spot(listing, one)]
    found = between(call.arguments, spot, lambda one: one.fill.time, TRADE, lambda one: one.number)
    rows = _trades(call, page(call.arguments, found), call.arguments.flag("ledgers"))
    return {"trades": rows, **counted(call.arguments, found)}


async def query_trades(call: Call) -> Any:
    """Return fills by id (at most fifty); those that are not the client's are left out."""
    await call.door.caught_up(call.key)
    call.arguments.need("txid")
    names = call.arguments.names("txid", IDS_MAX)
    numbers = [number_of_txid(TRADE, one) for one in names]
    if not numbers:
        raise invalid("txid")
    history, listing = call.door.history, call.door.listing()
    found = [history.execution(one) for one in numbers if one is not None]
    mine = (one for one in found if one and one.account == call.key.account)
    own = [one for one in mine if _is_spot(listing, one)]
    if not own:
        raise Refused(INVALID_ORDER)
    return _trades(call, own)


def _is_spot(listing: Listing, one: Execution) -> bool:
    market = listing.markets.get(one.fill.market)
    return market is not None and market.is_spot


def _trades(call: Call, found: Iterable[Execution], with_ledgers: bool = False) -> dict[str, Any]:
    listing, history = call.door.listing(), call.door.history
    return {
        txid_of(TRADE, one.number): trade_row(
            listing.markets[one.fill.market], one, history.order(one.order), with_ledgers
        )
        for one in found
    }
