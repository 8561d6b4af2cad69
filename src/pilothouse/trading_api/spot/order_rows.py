"""Orders and fills as Kraken's spot API lays them out."""

from __future__ import annotations

from typing import Any, Final

from pilothouse.language.commands.orders import POST_ONLY, REDUCE_ONLY
from pilothouse.language.kinds import CancelReason, OrderType, Side
from pilothouse.language.numbers import format_decimal
from pilothouse.records.client_ids import ORDER, TRADE, txid_of
from pilothouse.records.orders import Execution, OrderRecord, OrderStatus
from pilothouse.trading_api.figures import average_price, rescaled, seconds
from pilothouse.trading_api.listing import Market
from pilothouse.trading_api.spot.ledger import ids_of_fill

STATUS_WORDS: Final = {
    OrderStatus.OPEN: "open",
    OrderStatus.CLOSED: "closed",
    OrderStatus.CANCELLED: "canceled",
}
REASONS: Final = {
    CancelReason.BY_CLIENT: "User requested",
    CancelReason.IMMEDIATE_REST: "Unfilled rest of an immediate order",
    CancelReason.SELF_TRADE: "Self trade prevention",
    CancelReason.MARGIN: "Insufficient margin",
    CancelReason.LIQUIDATION: "Liquidation",
    CancelReason.MARKET_STATUS: "Market status",
    CancelReason.FILLS_CAPPED: "Too many fills",
    CancelReason.PRICE_BAND: "Price band",
    CancelReason.FUNDS: "Insufficient funds",
    CancelReason.REDUCE_ONLY: "Reduce only",
    CancelReason.POST_ONLY: "Post only order",
    CancelReason.STALE_INDEX: "Stale index",
}
SIDES: Final = {Side.BUY: "buy", Side.SELL: "sell"}
TYPES: Final = {OrderType.LIMIT: "limit", OrderType.MARKET: "market"}


def description(market: Market, side: Side, kind: OrderType, quantity: int, price: int) -> str:
    """Return an order in Kraken's words: buy 0.10000000 XBTUSD @ limit 100.0."""
    volume = rescaled(quantity, market.quantity_decimals, market.lot_decimals)
    said = f"{SIDES[side]} {volume} {market.altname} @ {TYPES[kind]}"
    if kind == OrderType.MARKET:
        return said
    return f"{said} {format_decimal(price, market.price_decimals)}"


def order_row(market: Market, order: OrderRecord, with_trades: bool) -> dict[str, Any]:
    """Return an order as OpenOrders, ClosedOrders and QueryOrders show it."""
    made = {
        "refid": None,
        "userref": order.user_ref or None,
        "status": STATUS_WORDS[order.status],
        "opentm": seconds(order.placed_at),
        "starttm": 0,
        "expiretm": 0,
        "descr": _descr(market, order),
        "vol": rescaled(order.quantity, market.quantity_decimals, market.lot_decimals),
        "vol_exec": rescaled(order.executed, market.quantity_decimals, market.lot_decimals),
        "cost": format_decimal(order.value, market.cost_decimals),
        "fee": format_decimal(order.fee, market.cost_decimals),
        "price": average_price(order.price_quantity, order.executed, market.price_decimals, 5),
        "stopprice": "0.00000",
        "limitprice": "0.00000",
        "misc": "",
        "oflags": "fciq,post" if order.flags & POST_ONLY else "fciq",
    }
    return made | _extras(order, with_trades)


def _extras(order: OrderRecord, with_trades: bool) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if order.client_order_id:
        made["cl_ord_id"] = order.client_order_id
    if order.flags & REDUCE_ONLY:
        made["reduce_only"] = True
    if not order.is_open:
        made["closetm"] = seconds(order.updated_at)
        made["reason"] = None if order.reason is None else REASONS[order.reason]
    if with_trades and order.fills:
        made["trades"] = [txid_of(TRADE, one) for one in order.fills]
    return made


def _descr(market: Market, order: OrderRecord) -> dict[str, str]:
    is_market = order.order_type == OrderType.MARKET
    price = "0" if is_market else format_decimal(order.price, market.price_decimals)
    said = description(market, order.side, order.order_type, order.quantity, order.price)
    return {
        "pair": market.altname,
        "type": SIDES[order.side],
        "ordertype": TYPES[order.order_type],
        "price": price,
        "price2": "0",
        "leverage": "none",
        "order": said,
        "close": "",
    }


def trade_row(
    market: Market, execution: Execution, order: OrderRecord | None, with_ledgers: bool = False
) -> dict[str, Any]:
    """Return one side of a fill as TradesHistory and QueryTrades show it."""
    fill = execution.fill
    kind = order.order_type if order else OrderType.MARKET
    made = {
        "ordertxid": txid_of(ORDER, execution.order),
        "postxid": txid_of(TRADE, execution.number),
        "pair": market.symbol,
        "time": seconds(fill.time),
        "type": SIDES[execution.side],
        "ordertype": TYPES[kind],
        "price": format_decimal(fill.price, market.price_decimals),
        "cost": format_decimal(fill.value, market.cost_decimals),
        "fee": format_decimal(execution.fee, market.cost_decimals),
        "vol": rescaled(fill.quantity, market.quantity_decimals, market.lot_decimals),
        "margin": format_decimal(0, market.cost_decimals),
        "leverage": "0",
        "misc": "",
        "trade_id": fill.trade,
        "maker": execution.maker,
    }
    return made | ({"ledgers": ids_of_fill(execution)} if with_ledgers else {})
