"""The `balances` channel: what an account has on spot, and every entry that changes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pilothouse.language.events import Deposited, Transferred
from pilothouse.language.kinds import Side, Wallet
from pilothouse.language.numbers import format_decimal
from pilothouse.language.rows import Happened
from pilothouse.records.orders import Execution
from pilothouse.trading_api.feeds.accounts import Accounts
from pilothouse.trading_api.feeds.moments import AccountReport, Moment
from pilothouse.trading_api.feeds.socket import frame_of
from pilothouse.trading_api.feeds.stream import Stream, Updates
from pilothouse.trading_api.figures import iso_micros
from pilothouse.trading_api.ids import TRADE, txid_of
from pilothouse.trading_api.listing import Asset, Listing
from pilothouse.trading_api.spot.websocket.figures import raw
from pilothouse.trading_api.spot.websocket.options import Options
from pilothouse.trading_api.spot.websocket.params import Params
from pilothouse.trading_api.spot.websocket.private import Subscription
from pilothouse.venue.views.accounts import balances

LEDGER: Final = "L"
OF_MOVES: Final = 1 << 62
"""Ledger numbers of deposits and transfers begin here, those of fills below."""


@dataclass(frozen=True)
class Entry:
    """One entry of an account's spot ledger. `amount` is before the fee, both in base units."""

    position: int
    number: int
    reference: str
    asset: int
    amount: int
    fee: int
    time: int
    kind: str
    category: str

    @property
    def change(self) -> int:
        """Return what the balance changed by."""
        return self.amount - self.fee


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
        yield from _moved(move)
    for one in report.orders:
        if one.execution is not None and listing.markets[one.order.market].is_spot:
            yield from _filled(listing, one.execution)


def _moved(move: Happened) -> Iterator[Entry]:
    event, number = move.event, OF_MOVES + move.position
    reference = txid_of(LEDGER, move.position)
    if isinstance(event, Deposited):
        known = event.asset, event.amount, 0, move.time, "deposit", "deposit"
        yield Entry(move.position, number, reference, *known)
    elif isinstance(event, Transferred) and Wallet.SPOT in (event.source, event.target):
        amount = event.amount if event.target == Wallet.SPOT else -event.amount
        known = event.asset, amount, 0, move.time, "transfer", "transfer"
        yield Entry(move.position, number, reference, *known)


def _filled(listing: Listing, execution: Execution) -> Iterator[Entry]:
    fill, market = execution.fill, listing.markets[execution.fill.market]
    sign = 1 if execution.side == Side.BUY else -1
    reference, number = txid_of(TRADE, execution.number), 2 * execution.number
    legs = (
        (market.base.number, sign * fill.quantity, 0),
        (market.quote.number, -sign * fill.value, execution.fee),
    )
    for leg, known in enumerate(legs):
        end = fill.time, "trade", "trade"
        yield Entry(fill.position, number + leg, reference, *known, *end)


def _row(asset: Asset, entry: Entry, balance: int) -> dict[str, Any]:
    def figure(value: int) -> Any:
        return raw(format_decimal(value, asset.decimals))

    return {
        "ledger_id": txid_of(LEDGER, entry.number),
        "ref_id": entry.reference,
        "timestamp": iso_micros(entry.time),
        "type": entry.kind,
        "asset": asset.display,
        "asset_class": "currency",
        "category": entry.category,
        "wallet_type": "spot",
        "wallet_id": "main",
        "amount": figure(entry.amount),
        "fee": figure(entry.fee),
        "balance": figure(balance),
    }
