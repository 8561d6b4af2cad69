"""The `balances` channel: what an account has on spot, and every entry that changes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.language.kinds import Wallet
from pilothouse.language.numbers import format_decimal
from pilothouse.trading_api.feeds.accounts import Accounts
from pilothouse.trading_api.feeds.moments import AccountReport, Moment
from pilothouse.trading_api.feeds.socket import frame_of
from pilothouse.trading_api.feeds.stream import Stream, Updates
from pilothouse.trading_api.figures import iso_micros
from pilothouse.trading_api.listing import Asset, Listing
from pilothouse.trading_api.spot.ledger import Entry, filled, move_of, moved
from pilothouse.trading_api.spot.websocket.figures import raw
from pilothouse.trading_api.spot.websocket.options import Options
from pilothouse.trading_api.spot.websocket.params import Params
from pilothouse.trading_api.spot.websocket.private import Subscription
from pilothouse.venue.views.accounts import balances


class BalancesChannel:
    """Balances and ledger entries of spot wallets."""

    name = "balances"
    fields = frozenset({"snapshot", "rebased", "users"})
    acknowledged: tuple[str, ...] = ("snapshot",)

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._accounts: Accounts[Subscription] = Accounts(stream)

    def options(self, params: Params) -> Options:
        """Read whether a snapshot is wanted."""
        return {"snapshot": params.flag("snapshot", True)}

    def enter(self, subscription: Subscription) -> list[bytes]:
        """Begin, and return the snapshot: every asset of the spot wallet."""
        self._accounts.add(subscription)
        if not subscription.options["snapshot"]:
            return []
        with self._stream.door.follower.machine() as machine:
            listing = self._stream.door.listing(machine)
            found = balances(machine, subscription.account)
        rows = [
            _holding(listing.assets[one.asset], one.available + one.held)
            for one in found
            if one.wallet == Wallet.SPOT
        ]
        return [subscription.message("snapshot", rows)]

    def leave(self, subscription: Subscription) -> None:
        """End."""
        self._accounts.remove(subscription)

    def hear(self, moment: Moment, updates: Updates) -> None:
        """Tell the entries of each block, in their order, with the balance behind each."""
        for report in moment.accounts:
            subscriptions = self._accounts.of(report.account)
            listing = self._stream.door.listing() if subscriptions else None
            rows = _rows(listing, report) if listing is not None else []
            for one in subscriptions if rows else ():
                self._stream.flush.push([one.outlet], frame_of(one.message("update", rows)))

    def tick(self) -> None:
        """Nothing is due by time."""


def _holding(asset: Asset, total: int) -> dict[str, Any]:
    balance = raw(format_decimal(total, asset.decimals))
    return {
        "asset": asset.display,
        "asset_class": "currency",
        "balance": balance,
        "wallets": [{"type": "spot", "id": "main", "balance": balance}],
    }


def _rows(listing: Listing, report: AccountReport) -> list[dict[str, Any]]:
    entries = sorted(entries_of(listing, report), key=lambda one: (one.position, one.number))
    behind = {
        one.asset: one.available + one.held for one in report.balances if one.wallet == Wallet.SPOT
    }
    made = []
    # The balances are those behind the block: going back, each entry finds the one behind itself.
    for entry in reversed(entries):
        made.append(_row(listing.assets[entry.asset], entry, behind[entry.asset]))
        behind[entry.asset] -= entry.change
    return made[::-1]


def entries_of(listing: Listing, report: AccountReport) -> Iterator[Entry]:
    """Yield the spot ledger's entries of one block: deposits and transfers, then fills."""
    for move in report.moves:
        yield from moved(move_of(move))
    for one in report.orders:
        if one.execution is not None and listing.markets[one.order.market].is_spot:
            yield from filled(listing, one.execution)


def _row(asset: Asset, entry: Entry, balance: int) -> dict[str, Any]:
    def figure(value: int) -> Any:
        return raw(format_decimal(value, asset.decimals))

    return {
        "ledger_id": entry.id,
        "ref_id": entry.reference,
        "timestamp": iso_micros(entry.time),
        "type": entry.kind,
        "asset": asset.display,
        "asset_class": "currency",
        "category": entry.kind,
        "wallet_type": "spot",
        "wallet_id": "main",
        "amount": figure(entry.amount),
        "fee": figure(entry.fee),
        "balance": figure(balance),
    }
