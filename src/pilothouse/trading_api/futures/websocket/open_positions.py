"""The `open_positions` feed: a client's positions, when they change and as marks move."""

from __future__ import annotations

from typing import Any, Final

from pilothouse.language.numbers import MARK_DECIMALS
from pilothouse.trading_api.figures import number, ratio
from pilothouse.trading_api.futures.account import MICRO_DECIMALS, entry_price
from pilothouse.trading_api.futures.websocket.standing import StandingFeed
from pilothouse.trading_api.listing import Listing
from pilothouse.venue.views.accounts import positions
from pilothouse.venue.views.margin import margin
from pilothouse.venue.views.markets import listed

RATIO_DECIMALS: Final = 6

Rows = list[dict[str, Any]]


class OpenPositionsFeed(StandingFeed[Rows]):
    """Positions of futures accounts; a move of the mark alone is told with the next second."""

    name = "open_positions"

    def stand(self, machine: Any, listing: Listing, account: int) -> Rows:
        """Return every open position."""
        equity = margin(machine, account).equity
        found = [one for one in positions(machine, account) if one.quantity]
        return [_row(machine, listing, one, equity) for one in found]

    def told(self, stand: Rows) -> dict[str, Any]:
        """Return the positions under their name."""
        return {"positions": stand}


def _row(machine: Any, listing: Listing, one: Any, equity: int) -> dict[str, Any]:
    market = listing.markets[one.market]
    live = listed(machine, one.market)
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
