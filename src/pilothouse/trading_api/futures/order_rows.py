"""Orders and fills as Kraken's futures API lays them out."""

from __future__ import annotations

from typing import Any, Final

from pilothouse.language.commands.orders import POST_ONLY, REDUCE_ONLY
from pilothouse.language.kinds import CancelReason, FillKind, OrderType, Side, TimeInForce
from pilothouse.records.client_ids import uuid_of
from pilothouse.records.orders import Execution, OrderRecord, OrderStatus
from pilothouse.trading_api.figures import iso, number
from pilothouse.trading_api.futures.arguments import ORDER
from pilothouse.trading_api.listing import Market

SIDES: Final = {Side.BUY: "buy", Side.SELL: "sell"}
HISTORY_TYPES: Final = {OrderType.LIMIT: "Limit", OrderType.MARKET: "Market"}
STATUS_WORDS: Final = {
    OrderStatus.OPEN: "ENTERED_BOOK",
    OrderStatus.CLOSED: "FULLY_EXECUTED",
    OrderStatus.CANCELLED: "CANCELLED",
}
REASONS: Final = {
    CancelReason.BY_CLIENT: "cancelled_by_user",
    CancelReason.IMMEDIATE_REST: "ioc_order_failed_because_it_would_not_be_executed",
    CancelReason.SELF_TRADE: "would_execute_self",
    CancelReason.MARGIN: "not_enough_margin",
    CancelReason.LIQUIDATION: "liquidation",
    CancelReason.MARKET_STATUS: "market_inactive",
    CancelReason.FILLS_CAPPED: "cancelled_by_admin",
    CancelReason.PRICE_BAND: "cancelled_by_admin",
    CancelReason.FUNDS: "not_enough_margin",
    CancelReason.REDUCE_ONLY: "would_not_reduce_position",
    CancelReason.POST_ONLY: "post_order_failed_because_it_would_filled",
    CancelReason.STALE_INDEX: "not_enough_margin",
}


def type_of(order: OrderRecord) -> str:
    """Return an order's type in the words of sendorder."""
    if order.order_type == OrderType.MARKET:
        return "mkt"
    if order.flags & POST_ONLY:
        return "post"
    forces = {TimeInForce.IOC: "ioc", TimeInForce.FOK: "fok"}
    return forces.get(order.time_in_force, "lmt")


def history_type(order: OrderRecord) -> str:
    """Return an order's type in the words of the history."""
    words = {"mkt": "Market", "post": "Post", "ioc": "IoC", "fok": "FillOrKill", "lmt": "Limit"}
    return words[type_of(order)]


def order_row(market: Market, order: OrderRecord, filled: int | None = None) -> dict[str, Any]:
    """Return an order as order events show it; `filled` is what had traded at that moment."""
    executed = order.executed if filled is None else filled
    return {
        "orderId": uuid_of(ORDER, order.number),
        "cliOrdId": order.client_order_id or None,
        "type": type_of(order),
        "symbol": market.symbol,
        "side": SIDES[order.side],
        "quantity": number(order.quantity, market.quantity_decimals),
        "filled": number(executed, market.quantity_decimals),
        "limitPrice": number(order.price, market.price_decimals),
        "reduceOnly": bool(order.flags & REDUCE_ONLY),
        "timestamp": iso(order.placed_at),
        "lastUpdateTimestamp": iso(order.updated_at),
    }


def open_row(market: Market, order: OrderRecord) -> dict[str, Any]:
    """Return an order as openorders shows it."""
    made = {
        "order_id": uuid_of(ORDER, order.number),
        "symbol": market.symbol,
        "side": SIDES[order.side],
        "orderType": type_of(order),
        "limitPrice": number(order.price, market.price_decimals),
        "unfilledSize": number(order.remaining, market.quantity_decimals),
        "filledSize": number(order.executed, market.quantity_decimals),
        "receivedTime": iso(order.placed_at),
        "lastUpdateTime": iso(order.updated_at),
        "status": "partiallyFilled" if order.executed else "untouched",
        "reduceOnly": bool(order.flags & REDUCE_ONLY),
    }
    return made | ({"cliOrdId": order.client_order_id} if order.client_order_id else {})


def status_row(market: Market, order: OrderRecord) -> dict[str, Any]:
    """Return an order as orders/status shows it."""
    return {
        "order": {"type": "ORDER", **order_row(market, order)},
        "status": STATUS_WORDS[order.status],
        "updateReason": _update_reason(order),
        "error": None,
    }


def _update_reason(order: OrderRecord) -> str | None:
    # The words of the WebSocket, in capitals.
    if order.reason is not None:
        return REASONS[order.reason].upper()
    if not order.executed:
        return None
    return "PARTIAL_FILL" if order.is_open else "FULL_FILL"


def history_row(market: Market, order: OrderRecord) -> dict[str, Any]:
    """Return an order's end as the history's order events show it."""
    row = {
        "uid": uuid_of(ORDER, order.number),
        "tradeable": market.symbol,
        "direction": "Buy" if order.side == Side.BUY else "Sell",
        "quantity": str(number(order.remaining, market.quantity_decimals)),
        "filled": str(number(order.executed, market.quantity_decimals)),
        "timestamp": order.placed_at // 1_000,
        "limitPrice": str(number(order.price, market.price_decimals)),
        "orderType": history_type(order),
        "clientId": order.client_order_id,
        "reduceOnly": bool(order.flags & REDUCE_ONLY),
        "lastUpdateTimestamp": order.updated_at // 1_000,
    }
    if order.status == OrderStatus.CLOSED:
        event = {"OrderUpdated": {"newOrder": row, "reason": "full_fill"}}
    else:
        reason = REASONS[order.reason or CancelReason.BY_CLIENT]
        event = {"OrderCancelled": {"order": row, "reason": reason}}
    uid = uuid_of("order event", order.number)
    return {"uid": uid, "timestamp": order.updated_at // 1_000, "event": event}


def fill_row(market: Market, execution: Execution, order: OrderRecord | None) -> dict[str, Any]:
    """Return one side of a fill as fills shows it."""
    fill = execution.fill
    made = {
        "fill_id": uuid_of("fill", execution.number),
        "symbol": market.symbol,
        "side": SIDES[execution.side],
        "order_id": uuid_of(ORDER, execution.order),
        "fillTime": iso(fill.time),
        "size": number(fill.quantity, market.quantity_decimals),
        "price": number(fill.price, market.price_decimals),
        "fillType": fill_type(execution),
    }
    name = order.client_order_id if order else ""
    return made | ({"cliOrdId": name} if name else {})


def fill_type(execution: Execution) -> str:
    """Return Kraken's word for what one side of a fill was."""
    if execution.fill.kind == FillKind.UNWIND:
        return "unwindCounterparty" if execution.maker else "unwindBankrupt"
    if execution.maker:
        return "maker"
    return "liquidation" if execution.fill.kind == FillKind.LIQUIDATION else "taker"
