"""The `open_orders` and `open_orders_verbose` feeds: a client's own orders and what ends them."""

from __future__ import annotations

from typing import Any, Final

from pilothouse.language.commands.orders import REDUCE_ONLY
from pilothouse.language.kinds import OrderType, Side
from pilothouse.records.client_ids import uuid_of
from pilothouse.records.orders import OrderRecord, OrderStatus
from pilothouse.trading_api.feeds.accounts import Accounts
from pilothouse.trading_api.feeds.moments import Moment, OrderReport
from pilothouse.trading_api.feeds.socket import frame_of
from pilothouse.trading_api.feeds.stream import Stream, Updates
from pilothouse.trading_api.figures import number
from pilothouse.trading_api.futures.arguments import ORDER
from pilothouse.trading_api.futures.order_rows import REASONS
from pilothouse.trading_api.futures.websocket.feed import Subscription
from pilothouse.trading_api.listing import Market
from pilothouse.venue.catalogue import to_json

TYPES: Final = {OrderType.LIMIT: "limit", OrderType.MARKET: "market"}
PLACED: Final = "new_placed_order_by_user"
PARTLY: Final = "partial_fill"
WHOLE: Final = "full_fill"

Row = dict[str, Any]


class OpenOrdersFeed:
    """Orders in contracts. The verbose one repeats a cancelled order with its end."""

    def __init__(self, stream: Stream, name: str = "open_orders") -> None:
        self.name = name
        self._stream = stream
        self._accounts: Accounts[Subscription] = Accounts(stream)

    def enter(self, subscription: Subscription) -> None:
        """Begin."""
        self._accounts.add(subscription)

    def leave(self, subscription: Subscription) -> None:
        """End."""
        self._accounts.remove(subscription)

    def snapshot(self, subscription: Subscription) -> bytes:
        """Return every open order in a contract."""
        markets = self._stream.door.listing().markets
        orders = self._stream.door.history.open_orders(subscription.account)
        rows = [_row(markets[one.market], one) for one in orders if not _spot(markets, one)]
        account = uuid_of("account", subscription.account)
        return to_json({"feed": f"{self.name}_snapshot", "account": account, "orders": rows})

    def hear(self, moment: Moment, updates: Updates) -> None:
        """Tell each event of a watched account's orders, one message each."""
        for account in moment.accounts:
            subscriptions = self._accounts.of(account.account)
            if not subscriptions:
                continue
            markets = self._stream.door.listing().markets
            for report in account.orders:
                if not _spot(markets, report.order):
                    outlets = [one.outlet for one in subscriptions]
                    for row in self._told(markets[report.order.market], report):
                        self._stream.flush.push(outlets, frame_of(to_json(row)))

    def tick(self) -> None:
        """Nothing is due by time."""

    def _told(self, market: Market, report: OrderReport) -> list[Row]:
        order = report.order
        if order.is_open:
            reason = PARTLY if report.execution is not None else PLACED
            row = {"order": _row(market, order)}
            return [{"feed": self.name, **row, "is_cancel": False, "reason": reason}]
        whole: Row = {"order": _row(market, order)}
        short: Row = {"order_id": uuid_of(ORDER, order.number), **_named(order)}
        told = [whole]
        if self.name == "open_orders":
            # Kraken shows a filled order whole, but some clients end one by its id alone.
            told = [whole, short] if order.status == OrderStatus.CLOSED else [short]
        end = {"is_cancel": True, "reason": _reason(order)}
        return [{"feed": self.name, **one, **end} for one in told]


def _spot(markets: dict[int, Market], order: OrderRecord) -> bool:
    return markets[order.market].is_spot


def _reason(order: OrderRecord) -> str:
    if order.status == OrderStatus.CLOSED or order.reason is None:
        return WHOLE
    return REASONS[order.reason]


def _row(market: Market, order: OrderRecord) -> Row:
    # `qty` is what is left of an order, as Kraken's own messages have it.
    return {
        "instrument": market.symbol,
        "time": order.placed_at // 1_000,
        "last_update_time": order.updated_at // 1_000,
        "qty": number(order.remaining, market.quantity_decimals),
        "filled": number(order.executed, market.quantity_decimals),
        "limit_price": number(order.price, market.price_decimals),
        "stop_price": 0,
        "type": TYPES[order.order_type],
        "order_id": uuid_of(ORDER, order.number),
        **_named(order),
        "direction": 0 if order.side == Side.BUY else 1,
        "reduce_only": bool(order.flags & REDUCE_ONLY),
    }


def _named(order: OrderRecord) -> Row:
    return {"cli_ord_id": order.client_order_id} if order.client_order_id else {}
