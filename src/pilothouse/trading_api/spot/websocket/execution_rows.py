"""Orders and fills as the `executions` channel lays them out."""

from __future__ import annotations

from typing import Any, Final

from pilothouse.language.commands.orders import POST_ONLY, REDUCE_ONLY
from pilothouse.language.kinds import FillKind, OrderType
from pilothouse.language.numbers import INDEX_DECIMALS, format_decimal
from pilothouse.records.client_ids import ORDER, TRADE, txid_of
from pilothouse.records.orders import Execution, OrderRecord, OrderStatus
from pilothouse.trading_api.feeds.moments import OrderReport
from pilothouse.trading_api.figures import iso_micros
from pilothouse.trading_api.listing import Market
from pilothouse.trading_api.spot.order_rows import REASONS, SIDES, TYPES
from pilothouse.trading_api.spot.websocket.figures import average, cost, price, quantity, raw

NEW: Final = "new"
PENDING: Final = "pending_new"
TRADED: Final = "trade"
FILLED: Final = "filled"
CANCELLED: Final = "canceled"
PARTLY: Final = "partially_filled"
ENDS: Final = {OrderStatus.CLOSED: FILLED, OrderStatus.CANCELLED: CANCELLED}

Row = dict[str, Any]


def reported(market: Market, report: OrderReport, index_e12: int) -> list[Row]:
    """Return what one event of an order is told as: new, a trade, its end.

    `index_e12` values fees in dollars: the quote asset's index, 0 if it has none.
    """
    order = report.order
    if report.execution is not None:
        rows = [trade_row(market, order, report.execution, index_e12)]
        return rows if order.is_open else [*rows, order_row(market, order, FILLED)]
    if order.is_open:
        return [order_row(market, order, PENDING), order_row(market, order, NEW)]
    return [order_row(market, order, CANCELLED)]


def order_row(market: Market, order: OrderRecord, kind: str) -> Row:
    """Return an order as it stands, as a report of one kind."""
    made: Row = {
        "exec_type": kind,
        "order_id": txid_of(ORDER, order.number),
        "order_userref": order.user_ref,
        "symbol": market.pair_name,
        "side": SIDES[order.side],
        "order_type": TYPES[order.order_type],
        "order_qty": quantity(market, order.quantity),
        "order_status": PENDING if kind == PENDING else status_word(order),
        "time_in_force": order.time_in_force.name,
        "cum_qty": quantity(market, order.executed),
        "cum_cost": cost(market, order.value),
        "avg_price": average(market, order.price_quantity, order.executed),
        "fee_ccy_pref": "fciq",
        "timestamp": iso_micros(order.updated_at),
    }
    if order.order_type == OrderType.LIMIT:
        made["limit_price"] = price(market, order.price)
        made["limit_price_type"] = "static"
    if order.reason is not None and kind == CANCELLED:
        made["reason"] = made["cancel_reason"] = REASONS[order.reason]
    return made | _named(order)


def _named(order: OrderRecord) -> Row:
    made: Row = {}
    if order.client_order_id:
        made["cl_ord_id"] = order.client_order_id
    if order.flags & POST_ONLY:
        made["post_only"] = True
    if order.flags & REDUCE_ONLY:
        made["reduce_only"] = True
    return made


def status_word(order: OrderRecord) -> str:
    """Return Kraken's word for how far an order is."""
    if order.is_open:
        return PARTLY if order.executed else NEW
    return ENDS[order.status]


def trade_row(
    market: Market, order: OrderRecord | None, execution: Execution, index_e12: int
) -> Row:
    """Return one side of a fill; `order` is its order right after it, if it is remembered."""
    fill = execution.fill
    made: Row = {
        "exec_type": TRADED,
        "exec_id": txid_of(TRADE, execution.number),
        "trade_id": fill.trade,
        "order_id": txid_of(ORDER, execution.order),
        "symbol": market.pair_name,
        "side": SIDES[execution.side],
        "last_qty": quantity(market, fill.quantity),
        "last_price": price(market, fill.price),
        "cost": cost(market, fill.value),
        "liquidity_ind": "m" if execution.maker else "t",
        "fees": [{"asset": market.quote.display, "qty": cost(market, execution.fee)}],
        "order_status": FILLED,
        "timestamp": iso_micros(fill.time),
    }
    if index_e12:
        value = execution.fee * index_e12 // 10**INDEX_DECIMALS
        made["fee_usd_equiv"] = raw(format_decimal(value, market.cost_decimals))
    if fill.kind == FillKind.LIQUIDATION:
        made["liquidated"] = True
    return made if order is None else made | _of_order(market, order)


def _of_order(market: Market, order: OrderRecord) -> Row:
    # The report of the end follows in a message of its own: until then the order is partly done.
    return {
        "order_userref": order.user_ref,
        "order_type": TYPES[order.order_type],
        "order_qty": quantity(market, order.quantity),
        "order_status": PARTLY,
        "cum_qty": quantity(market, order.executed),
        "cum_cost": cost(market, order.value),
        "avg_price": average(market, order.price_quantity, order.executed),
        **_named(order),
    }
