"""The `balances` feed: the multi-collateral wallet, when it changes and as marks move."""

from __future__ import annotations

from typing import Any, Final

from pilothouse.language.kinds import Wallet
from pilothouse.language.numbers import PPM
from pilothouse.trading_api.figures import number
from pilothouse.trading_api.futures.account import flex
from pilothouse.trading_api.futures.websocket.standing import StandingFeed
from pilothouse.trading_api.listing import Listing
from pilothouse.venue.views.accounts import balances
from pilothouse.venue.views.margin import margin

PPM_DECIMALS: Final = 6
NAMES: Final = {
    "balance_value": "balanceValue",
    "portfolio_value": "portfolioValue",
    "collateral_value": "collateralValue",
    "initial_margin": "initialMarginWithOrders",
    "initial_margin_without_orders": "initialMargin",
    "maintenance_margin": "maintenanceMargin",
    "pnl": "pnl",
    "unrealized_funding": "unrealizedFunding",
    "total_unrealized": "totalUnrealized",
    "total_unrealized_as_margin": "totalUnrealizedAsMargin",
    "margin_equity": "marginEquity",
    "available_margin": "availableMargin",
}
"""The figures of the wallet: this feed's names, and those of the accounts answer."""

Row = dict[str, Any]


class BalancesFeed(StandingFeed[Row]):
    """Wallets of futures accounts; spot money is in the spot wallet and told there."""

    name = "balances"

    def stand(self, machine: Any, listing: Listing, account: int) -> Row:
        """Return the multi-collateral wallet."""
        figures = margin(machine, account)
        held = {
            one.asset: one for one in balances(machine, account) if one.wallet == Wallet.FUTURES
        }
        known = flex(listing, figures, held)
        haircuts = {listing.assets[one.asset].short: one.haircut_ppm for one in figures.lines}
        made: Row = {name: known[word] for name, word in NAMES.items()}
        made["currencies"] = {
            name: _currency(one, haircuts.get(name, PPM))
            for name, one in known["currencies"].items()
        }
        return made

    def told(self, stand: Row) -> Row:
        """Return the wallet under its name."""
        return {"flex_futures": stand}

    def first(self, stand: Row) -> Row:
        """Return the snapshot; there are no single-collateral wallets in this release."""
        return {"feed": "balances_snapshot", "holding": {}, "futures": {}} | self.told(stand)


def _currency(one: Row, haircut_ppm: int) -> Row:
    return {
        "quantity": one["quantity"],
        "value": one["value"],
        "collateral_value": one["collateral"],
        "available": one["available"],
        "haircut": number(haircut_ppm, PPM_DECIMALS),
    }
