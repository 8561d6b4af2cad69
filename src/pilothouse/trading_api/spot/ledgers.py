"""Ledgers and QueryLedgers: every entry of an account's spot wallet, with the balance behind it.

The entries are made from what the history remembers of fills, deposits and transfers; the balances
from the machine's of now, walked back entry by entry. Where one kind of entry is forgotten the
walk would be wrong, so the answer begins behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pilothouse.language.kinds import Wallet
from pilothouse.language.numbers import format_decimal
from pilothouse.records.client_ids import number_of_txid
from pilothouse.trading_api.figures import seconds
from pilothouse.trading_api.lists import NAMES_MAX
from pilothouse.trading_api.spot.call import Call
from pilothouse.trading_api.spot.errors import UNKNOWN_ASSET, Refused, invalid
from pilothouse.trading_api.spot.ledger import LEDGER, Entry, filled, moved
from pilothouse.trading_api.spot.listing import CLASSES
from pilothouse.trading_api.spot.pages import between, counted, page
from pilothouse.venue.views.accounts import balances

IDS_MAX: Final = 20
KINDS: Final = (
    "all", "trade", "deposit", "withdrawal", "transfer", "margin", "adjustment", "rollover",
    "spend", "receive", "settled", "credit", "staking", "reward", "dividend", "sale",
    "conversion", "nfttrade", "nftcreatorfee", "nftrebate", "nft_rebate", "custodytransfer",
)  # fmt: skip
"""Kraken's types; of most there is nothing in this release."""


@dataclass(frozen=True, slots=True)
class Booked:
    """An entry, and the balance of its asset behind it."""

    entry: Entry
    balance: int


async def ledgers(call: Call) -> Any:
    """Return the account's ledger entries, the latest first, fifty a page."""
    wanted, assets = _kind(call), _assets(call)
    found = [
        one
        for one in between(call.arguments, await _booked(call), _time, LEDGER, _number)
        if wanted in ("all", one.entry.kind) and (not assets or one.entry.asset in assets)
    ]
    rows = _rows(call, page(call.arguments, found))
    return {"ledger": rows, **counted(call.arguments, found)}


async def query_ledgers(call: Call) -> Any:
    """Return at most twenty entries by id; those that are not the account's are left out."""
    names = call.arguments.names("id", IDS_MAX)
    wanted = {number_of_txid(LEDGER, one) for one in names}
    found = [one for one in await _booked(call) if one.entry.number in wanted] if names else []
    if not found:
        raise invalid("id")
    return _rows(call, found)


async def _booked(call: Call) -> list[Booked]:
    await call.door.caught_up(call.key)
    behind: dict[int, int] = {}

    def find() -> list[Entry]:
        entries, now = _read(call)
        behind.update(now)
        return sorted(entries, key=lambda one: (one.position, one.number), reverse=True)

    def book(entry: Entry) -> Booked:
        # The latest first: each entry finds the balance behind itself.
        balance = behind.get(entry.asset, 0)
        behind[entry.asset] = balance - entry.change
        return Booked(entry, balance)

    return await call.door.long_answers.rows(find, book)


def _read(call: Call) -> tuple[list[Entry], dict[int, int]]:
    # The history folds a block while the machine is held: so both are of one moment.
    account, history = call.key.account, call.door.history
    with call.door.follower.machine() as machine:
        listing = call.door.listing(machine)
        held = balances(machine, account)
        fills, moves = history.executions(account), history.moves.of(account)
        first = max(history.fills_from(account), history.moves.first(account))
    behind = {one.asset: one.available + one.held for one in held if one.wallet == Wallet.SPOT}

    def entries() -> Iterator[Entry]:
        for move in moves:
            yield from moved(move)
        for one in fills:
            if listing.markets[one.fill.market].is_spot:
                yield from filled(listing, one)

    return [one for one in entries() if one.position >= first], behind


def _kind(call: Call) -> str:
    call.arguments.choice("aclass", CLASSES, "all")
    known: str = call.arguments.choice("type", {one: one for one in KINDS}, "all")
    return known


def _assets(call: Call) -> set[int]:
    listing, found = call.door.listing(), set()
    names = call.arguments.names("asset", NAMES_MAX)
    for name in names if names != ["all"] else ():
        asset = listing.asset(name)
        if asset is None:
            raise Refused(UNKNOWN_ASSET)
        found.add(asset.number)
    return found


def _time(one: Booked) -> int:
    return one.entry.time


def _number(one: Booked) -> int:
    return one.entry.number


def _rows(call: Call, found: Any) -> dict[str, Any]:
    assets = call.door.listing().assets
    return {one.entry.id: _row(assets[one.entry.asset], one) for one in found}


def _row(asset: Any, one: Booked) -> dict[str, Any]:
    entry = one.entry
    return {
        "refid": entry.reference,
        "time": seconds(entry.time),
        "type": entry.kind,
        "subtype": "",
        "aclass": "currency",
        "asset": asset.symbol,
        "amount": format_decimal(entry.amount, asset.decimals),
        "fee": format_decimal(entry.fee, asset.decimals),
        "balance": format_decimal(one.balance, asset.decimals),
    }
