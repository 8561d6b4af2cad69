"""The `balances` feed: the multi-collateral wallet, when it changes and as marks move."""

from __future__ import annotations

from typing import Any, Final

from pilothouse.language.kinds import Wallet
from pilothouse.language.numbers import PPM
from pilothouse.trading_api.feeds.accounts import Accounts
from pilothouse.trading_api.feeds.moments import Moment
from pilothouse.trading_api.feeds.socket import frame_of
from pilothouse.trading_api.feeds.stream import Stream, Updates
from pilothouse.trading_api.figures import number
from pilothouse.trading_api.futures.account import flex
from pilothouse.trading_api.futures.websocket.feed import Subscription
from pilothouse.trading_api.ids import uuid_of
from pilothouse.venue.catalogue import to_json
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


class BalancesFeed:
    """Wallets of futures accounts; spot money is in the spot wallet and told there."""

    name = "balances"

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._accounts: Accounts[Subscription] = Accounts(stream)
        self._said: dict[int, Row] = {}

    def enter(self, subscription: Subscription) -> None:
        """Begin."""
        self._accounts.add(subscription)

    def leave(self, subscription: Subscription) -> None:
        """End."""
        self._accounts.remove(subscription)
        if not self._accounts.of(subscription.account):
            self._said.pop(subscription.account, None)

    def snapshot(self, subscription: Subscription) -> bytes:
        """Return the wallet; there are no single-collateral wallets in this release."""
        with self._stream.door.follower.machine() as machine:
            wallet = self._wallet(machine, subscription.account)
        self._said.setdefault(subscription.account, wallet)
        empty: Row = {"holding": {}, "futures": {}}
        return self._message(subscription, "balances_snapshot", empty | {"flex_futures": wallet})

    def hear(self, moment: Moment, updates: Updates) -> None:
        """Tell the wallets of accounts to which something happened."""
        self._tell(dict.fromkeys(one.account for one in moment.accounts))

    def tick(self) -> None:
        """Tell the wallets whose figures moved."""
        self._tell(dict.fromkeys(self._accounts))

    def _tell(self, accounts: dict[int, None]) -> None:
        wanted = [one for one in accounts if self._accounts.of(one)]
        if not wanted:
            return
        with self._stream.door.follower.machine() as machine:
            wallets = {one: self._wallet(machine, one) for one in wanted}
        for account, wallet in wallets.items():
            if self._said.get(account) != wallet:
                self._said[account] = wallet
                for one in self._accounts.of(account):
                    text = self._message(one, self.name, {"flex_futures": wallet})
                    self._stream.flush.push([one.outlet], frame_of(text))

    def _wallet(self, machine: Any, account: int) -> Row:
        listing, figures = self._stream.door.listing(machine), margin(machine, account)
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

    def _message(self, subscription: Subscription, feed: str, more: Row) -> bytes:
        made = {
            "feed": feed,
            "account": uuid_of("account", subscription.account),
            **more,
            "timestamp": self._stream.door.time // 1_000,
            "seq": subscription.next(),
        }
        return to_json(made)


def _currency(one: Row, haircut_ppm: int) -> Row:
    return {
        "quantity": one["quantity"],
        "value": one["value"],
        "collateral_value": one["collateral"],
        "available": one["available"],
        "haircut": number(haircut_ppm, PPM_DECIMALS),
    }
