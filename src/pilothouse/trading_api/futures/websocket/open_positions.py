"""The `open_positions` feed: a client's positions, when they change and as marks move."""

from __future__ import annotations

from typing import Any, Final

from pilothouse.language.numbers import MARK_DECIMALS
from pilothouse.trading_api.feeds.accounts import Accounts
from pilothouse.trading_api.feeds.moments import Moment
from pilothouse.trading_api.feeds.socket import frame_of
from pilothouse.trading_api.feeds.stream import Stream, Updates
from pilothouse.trading_api.figures import number, ratio
from pilothouse.trading_api.futures.account import MICRO_DECIMALS, entry_price
from pilothouse.trading_api.futures.websocket.feed import Subscription
from pilothouse.trading_api.ids import uuid_of
from pilothouse.trading_api.listing import Listing
from pilothouse.venue.catalogue import to_json
from pilothouse.venue.views.accounts import positions
from pilothouse.venue.views.margin import margin
from pilothouse.venue.views.markets import market as market_view

RATIO_DECIMALS: Final = 6

Rows = list[dict[str, Any]]


class OpenPositionsFeed:
    """Positions of futures accounts; a move of the mark alone is told with the next second."""

    name = "open_positions"

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._accounts: Accounts[Subscription] = Accounts(stream)
        self._said: dict[int, Rows] = {}

    def enter(self, subscription: Subscription) -> None:
        """Begin."""
        self._accounts.add(subscription)

    def leave(self, subscription: Subscription) -> None:
        """End."""
        self._accounts.remove(subscription)
        if not self._accounts.of(subscription.account):
            self._said.pop(subscription.account, None)

    def snapshot(self, subscription: Subscription) -> bytes:
        """Return every open position."""
        with self._stream.door.follower.machine() as machine:
            rows = _rows(machine, self._stream.door.listing(machine), subscription.account)
        self._said.setdefault(subscription.account, rows)
        return self._message(subscription, rows)

    def hear(self, moment: Moment, updates: Updates) -> None:
        """Tell the positions of accounts to which something happened."""
        self._tell(dict.fromkeys(one.account for one in moment.accounts))

    def tick(self) -> None:
        """Tell the positions whose figures moved."""
        self._tell(dict.fromkeys(self._accounts))

    def _tell(self, accounts: dict[int, None]) -> None:
        wanted = [one for one in accounts if self._accounts.of(one)]
        if not wanted:
            return
        with self._stream.door.follower.machine() as machine:
            listing = self._stream.door.listing(machine)
            rows = {one: _rows(machine, listing, one) for one in wanted}
        for account, found in rows.items():
            if self._said.get(account) != found:
                self._said[account] = found
                for one in self._accounts.of(account):
                    frame = frame_of(self._message(one, found))
                    self._stream.flush.push([one.outlet], frame)

    def _message(self, subscription: Subscription, rows: Rows) -> bytes:
        made = {
            "feed": self.name,
            "account": uuid_of("account", subscription.account),
            "positions": rows,
            "seq": subscription.next(),
            "timestamp": self._stream.door.time // 1_000,
        }
        return to_json(made)


def _rows(machine: Any, listing: Listing, account: int) -> Rows:
    equity = margin(machine, account).equity
    found = [one for one in positions(machine, account) if one.quantity]
    return [_row(machine, listing, one, equity) for one in found]


def _row(machine: Any, listing: Listing, one: Any, equity: int) -> dict[str, Any]:
    market = listing.markets[one.market]
    live: Any = market_view(machine, one.market)
    decimals, marks = market.quote.decimals, market.price_decimals + MARK_DECIMALS
    profit = number(one.unrealised, decimals)
    initial = number(one.initial, MICRO_DECIMALS)
    leverage = ratio(one.notional_micro_usd, equity, RATIO_DECIMALS)
    gain = ratio(one.unrealised * 10**MICRO_DECIMALS, one.initial * 10**decimals, RATIO_DECIMALS)
    return {
        "instrument": market.symbol,
        "balance": number(one.quantity, market.quantity_decimals),
        "pnl": profit,
        "entry_price": entry_price(market, one),
        "mark_price": number(live.mark, marks),
        "index_price": number(live.index, marks),
        "effective_leverage": number(leverage, RATIO_DECIMALS),
        "return_on_equity": number(gain, RATIO_DECIMALS),
        "unrealized_funding": number(one.funding, decimals),
        "initial_margin": initial,
        "initial_margin_with_orders": number(one.initial_with_orders, MICRO_DECIMALS),
        "maintenance_margin": number(one.maintenance, MICRO_DECIMALS),
        "pnl_currency": market.quote.short,
    }
