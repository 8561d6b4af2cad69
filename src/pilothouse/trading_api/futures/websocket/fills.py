"""The `fills` feed: a client's own fills in contracts."""

from __future__ import annotations

from typing import Any, Final

from pilothouse.language.kinds import FillKind, OrderType, Side
from pilothouse.records.client_ids import uuid_of
from pilothouse.records.orders import Execution, OrderRecord
from pilothouse.trading_api.feeds.accounts import Accounts
from pilothouse.trading_api.feeds.moments import AccountReport, Moment
from pilothouse.trading_api.feeds.socket import frame_of
from pilothouse.trading_api.feeds.stream import Stream, Updates
from pilothouse.trading_api.figures import number
from pilothouse.trading_api.futures.arguments import ORDER
from pilothouse.trading_api.futures.order_rows import fill_type, type_of
from pilothouse.trading_api.futures.websocket.feed import Subscription
from pilothouse.trading_api.listing import Market
from pilothouse.venue.catalogue import to_json

SNAPSHOT: Final = 100
DEEDS: Final = {FillKind.LIQUIDATION: "liquidation", FillKind.UNWIND: "unwind"}
"""The order types of what the venue itself does."""
TYPES: Final = {"mkt": "market", "fok": "fillOrKill"}
"""Where this feed has another word than sendorder."""

Row = dict[str, Any]


class FillsFeed:
    """Fills of futures accounts; `product_ids` may name the contracts that count."""

    name = "fills"

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._accounts: Accounts[Subscription] = Accounts(stream)

    def enter(self, subscription: Subscription) -> None:
        """Begin."""
        self._accounts.add(subscription)

    def leave(self, subscription: Subscription) -> None:
        """End."""
        self._accounts.remove(subscription)

    def snapshot(self, subscription: Subscription) -> bytes:
        """Return the last hundred fills, oldest first."""
        history = self._stream.door.history
        wanted = [
            (one, history.order(one.order))
            for one in history.executions(subscription.account)
            if self._is_wanted(subscription, one)
        ]
        return self._message(subscription, "fills_snapshot", wanted[:SNAPSHOT][::-1])

    def hear(self, moment: Moment, updates: Updates) -> None:
        """Tell the fills of each block together."""
        for account in moment.accounts:
            for one in self._accounts.of(account.account):
                fills = [fill for fill in _fills(account) if self._is_wanted(one, fill[0])]
                if fills:
                    frame = frame_of(self._message(one, "fills", fills))
                    self._stream.flush.push([one.outlet], frame)

    def tick(self) -> None:
        """Nothing is due by time."""

    def _is_wanted(self, subscription: Subscription, execution: Execution) -> bool:
        market = self._stream.door.listing().markets[execution.fill.market]
        products = subscription.products
        return not market.is_spot and (products is None or market.number in products)

    def _message(
        self,
        subscription: Subscription,
        feed: str,
        fills: list[tuple[Execution, OrderRecord | None]],
    ) -> bytes:
        markets = self._stream.door.listing().markets
        rows = [
            _row(markets[one.fill.market], one, order, subscription.next()) for one, order in fills
        ]
        account = uuid_of("account", subscription.account)
        return to_json({"feed": feed, "account": account, "fills": rows})


def _fills(report: AccountReport) -> list[tuple[Execution, OrderRecord | None]]:
    placed: list[tuple[Execution, OrderRecord | None]] = [
        (one.execution, one.order) for one in report.orders if one.execution is not None
    ]
    # A deed of the venue (a liquidation, an unwind) has no order that anybody placed.
    deeds: list[tuple[Execution, OrderRecord | None]] = [(one, None) for one in report.deeds]
    return sorted(placed + deeds, key=lambda one: one[0].number)


def _row(market: Market, one: Execution, order: OrderRecord | None, number_of: int) -> Row:
    fill = one.fill
    made: Row = {
        "instrument": market.symbol,
        "time": fill.time // 1_000,
        "price": number(fill.price, market.price_decimals),
        "seq": number_of,
        "buy": one.side == Side.BUY,
        "qty": number(fill.quantity, market.quantity_decimals),
        "order_id": uuid_of(ORDER, one.order),
        "fill_id": uuid_of("fill", one.number),
        "fill_type": fill_type(one),
        "fee_paid": number(one.fee, market.cost_decimals),
        "fee_currency": market.quote.short,
        "taker_order_type": _taker_type(one),
        "order_type": DEEDS.get(fill.kind, "lmt"),
    }
    if order is not None:
        made["remaining_order_qty"] = number(order.remaining, market.quantity_decimals)
        made["order_type"] = _word(type_of(order))
        if order.client_order_id:
            made["cli_ord_id"] = order.client_order_id
    return made


def _taker_type(one: Execution) -> str:
    if one.fill.kind in DEEDS:
        return DEEDS[one.fill.kind]
    return "market" if one.fill.taker_type == OrderType.MARKET else "lmt"


def _word(kind: str) -> str:
    return TYPES.get(kind, kind)
