"""The `executions` channel: a client's own orders and fills, as they happen."""

from __future__ import annotations

from typing import Any, Final

from pilothouse.records.orders import Execution
from pilothouse.trading_api.feeds.accounts import Accounts
from pilothouse.trading_api.feeds.moments import Moment
from pilothouse.trading_api.feeds.socket import frame_of
from pilothouse.trading_api.feeds.stream import Stream, Updates
from pilothouse.trading_api.listing import Listing, Market, index_of
from pilothouse.trading_api.spot.websocket.execution_rows import (
    CANCELLED,
    FILLED,
    NEW,
    TRADED,
    Row,
    order_row,
    reported,
    trade_row,
)
from pilothouse.trading_api.spot.websocket.options import Options
from pilothouse.trading_api.spot.websocket.params import Params
from pilothouse.trading_api.spot.websocket.private import Subscription
from pilothouse.venue.views.assets import asset

SNAPSHOT_TRADES: Final = 50
TRANSITIONS: Final = (NEW, FILLED, CANCELLED, TRADED)
"""What is told without `order_status`: that an order opens, trades, ends."""


class ExecutionsChannel:
    """Orders and fills of spot accounts."""

    name = "executions"
    fields = frozenset(
        {
            "snap_trades", "snap_orders", "order_status", "ratecounter", "snapshot",
            "snapshot_trades", "rebased", "users",
        }
    )  # fmt: skip
    acknowledged: tuple[str, ...] = ("snap_orders", "snap_trades")

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._accounts: Accounts[Subscription] = Accounts(stream)

    def options(self, params: Params) -> Options:
        """Read which snapshots and which transitions are wanted."""
        whole = params.flag("snapshot", True)
        only_trades = params.flag("snapshot_trades", False)
        return {
            "snap_orders": params.flag("snap_orders", whole and not only_trades),
            "snap_trades": params.flag("snap_trades", only_trades),
            "order_status": params.flag("order_status", True),
        }

    def enter(self, subscription: Subscription) -> list[bytes]:
        """Begin, and return the snapshots: the last fills, then the open orders."""
        self._accounts.add(subscription)
        listing, account = self._stream.door.listing(), subscription.account
        made = []
        if subscription.options["snap_trades"]:
            made.append(subscription.message("snapshot", self._trades(listing, account)))
        if subscription.options["snap_orders"]:
            orders = self._stream.door.history.open_orders(account)
            rows = [
                order_row(listing.markets[one.market], one, NEW)
                for one in orders
                if listing.markets[one.market].is_spot
            ]
            made.append(subscription.message("snapshot", rows))
        return made

    def leave(self, subscription: Subscription) -> None:
        """End."""
        self._accounts.remove(subscription)

    def hear(self, moment: Moment, updates: Updates) -> None:
        """Tell each event of a watched account's spot orders, one message each."""
        listing = self._stream.door.listing() if moment.accounts else None
        for account in moment.accounts:
            subscriptions = self._accounts.of(account.account)
            for report in account.orders if subscriptions and listing else ():
                market = listing.markets[report.order.market] if listing else None
                if market is not None and market.is_spot:
                    rows = reported(market, report, self._index(market))
                    self._tell(subscriptions, rows)

    def tick(self) -> None:
        """Nothing is due by time."""

    def _tell(self, subscriptions: Any, rows: list[Row]) -> None:
        for row in rows:
            for one in subscriptions:
                if one.options["order_status"] or row["exec_type"] in TRANSITIONS:
                    frame = frame_of(one.message("update", [row]))
                    self._stream.flush.push([one.outlet], frame)

    def _trades(self, listing: Listing, account: int) -> list[Row]:
        found = [
            one
            for one in self._stream.door.history.executions(account)
            if listing.markets[one.fill.market].is_spot
        ]
        return [self._trade(listing, one) for one in found[:SNAPSHOT_TRADES]]

    def _trade(self, listing: Listing, one: Execution) -> Row:
        # Of a fill long ago only what the fill itself says is told: its order has moved on.
        market = listing.markets[one.fill.market]
        row = trade_row(market, None, one, self._index(market))
        order = self._stream.door.history.order(one.order)
        if order is not None:
            more = order_row(market, order, TRADED)
            names = ("order_userref", "order_type", "order_status", "cl_ord_id")
            row |= {name: more[name] for name in names if name in more}
        return row

    def _index(self, market: Market) -> int:
        with self._stream.door.follower.machine() as machine:
            found = asset(machine, market.quote.number)
        return index_of(market.quote, found.index_e12 if found else 0)
