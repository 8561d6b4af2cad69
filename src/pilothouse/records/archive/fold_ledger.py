"""The ledger: every movement of money, both sides of it, from the events that moved it.

The engine moves money in few ways, and each has its event; what an event does not name (the
house's accounts, a contract's clearing account) the listings know.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from pilothouse.language import events as happened
from pilothouse.language.kinds import FillKind, MarketKind, Purpose, Side, Wallet
from pilothouse.records.archive import exchange_tables as tables
from pilothouse.records.archive.batches import Batch, Events, Words, one_word, times, words
from pilothouse.records.archive.listings import Listings
from pilothouse.records.archive.shaping import together

SPOT = int(Wallet.SPOT)
FUTURES = int(Wallet.FUTURES)


def entries(batch: Batch, listings: Listings) -> pa.Table:
    """Return the ledger's entries; movements of nothing are left out."""
    pieces = [
        *_deposits(batch, listings),
        *_transfers(batch),
        *_trades(batch, listings),
        *_against_clearing(batch.events_of(happened.PositionChanged), "realised", listings),
        *_against_clearing(batch.events_of(happened.FundingPaid), "amount", listings),
        *_insurance(batch),
        *_conversions(batch),
    ]
    return together(tables.LEDGER, pieces)


def _entry(seen: Events, account: Any, wallet: Any, asset: Any, amount: Words, entry_type: str,
           **more: Words) -> dict[str, Any]:  # fmt: skip
    kept = np.flatnonzero(amount != 0)
    nothing = np.zeros(len(seen), np.int64)

    def column(value: Any) -> Words:
        return np.broadcast_to(np.asarray(value, np.int64), len(seen))[kept]

    return {
        "time": times(seen.times[kept]),
        "position": seen.positions[kept],
        "account": column(account),
        "wallet": words(Wallet, column(wallet)),
        "asset": column(asset),
        "amount": amount[kept],
        "entry_type": one_word(entry_type, len(kept)),
        "market": column(more.get("market", nothing)),
        "trade": column(more.get("trade", nothing)),
    }


def _deposits(batch: Batch, listings: Listings) -> list[dict[str, Any]]:
    seen = batch.events_of(happened.Deposited)
    asset, amount = seen.column("asset"), seen.column("amount")
    custody = listings.house[Purpose.CUSTODY]
    return [
        _entry(seen, seen.accounts, SPOT, asset, amount, "deposit"),
        _entry(seen, custody, SPOT, asset, -amount, "deposit"),
    ]


def _transfers(batch: Batch) -> list[dict[str, Any]]:
    seen = batch.events_of(happened.Transferred)
    asset, amount = seen.column("asset"), seen.column("amount")
    return [
        _entry(seen, seen.accounts, seen.column("source"), asset, -amount, "transfer"),
        _entry(seen, seen.accounts, seen.column("target"), asset, amount, "transfer"),
    ]


def _trades(batch: Batch, listings: Listings) -> list[dict[str, Any]]:
    every = batch.events_of(happened.OrderFilled)
    is_spot = listings.of(every.column("market"), "kind") == MarketKind.SPOT
    spot = every.where(is_spot)
    contracts = every.where(~is_spot)
    return [*_spot_fills(spot, listings), *_fees(spot, SPOT, listings),
            *_fees(contracts, FUTURES, listings)]  # fmt: skip


def _spot_fills(seen: Events, listings: Listings) -> list[dict[str, Any]]:
    market = seen.column("market")
    base, quote = listings.of(market, "base"), listings.of(market, "quote")
    buys = np.where(seen.column("side") == Side.BUY, 1, -1)
    more = {"market": market, "trade": seen.column("trade")}
    quantity, value = buys * seen.column("quantity"), buys * seen.column("value")
    maker = seen.column("maker_account")
    return [
        _entry(seen, seen.accounts, SPOT, base, quantity, "trade", **more),
        _entry(seen, seen.accounts, SPOT, quote, -value, "trade", **more),
        _entry(seen, maker, SPOT, base, -quantity, "trade", **more),
        _entry(seen, maker, SPOT, quote, value, "trade", **more),
    ]


def _fees(seen: Events, wallet: int, listings: Listings) -> list[dict[str, Any]]:
    # The taker's fee of a liquidation goes to the contract's insurance pool.
    market = seen.column("market")
    quote = listings.of(market, "quote")
    more = {"market": market, "trade": seen.column("trade")}
    fees = listings.house[Purpose.FEES]
    liquidated = seen.column("fill_kind") == FillKind.LIQUIDATION
    house = np.where(liquidated, listings.of(market, "insurance"), fees)
    taker, maker = seen.column("taker_fee"), seen.column("maker_fee")
    return [
        _entry(seen, seen.accounts, wallet, quote, -taker, "fee", **more),
        _entry(seen, house, wallet, quote, taker, "fee", **more),
        _entry(seen, seen.column("maker_account"), wallet, quote, -maker, "fee", **more),
        _entry(seen, fees, wallet, quote, maker, "fee", **more),
    ]


def _against_clearing(seen: Events, amount: str, listings: Listings) -> list[dict[str, Any]]:
    market, received = seen.column("market"), seen.column(amount)
    quote, clearing = listings.of(market, "quote"), listings.of(market, "clearing")
    said = "realised" if amount == "realised" else "funding"
    return [
        _entry(seen, seen.accounts, FUTURES, quote, received, said, market=market),
        _entry(seen, clearing, FUTURES, quote, -received, said, market=market),
    ]


def _insurance(batch: Batch) -> list[dict[str, Any]]:
    seen = batch.events_of(happened.InsurancePaid)
    asset, amount = seen.column("asset"), seen.column("amount")
    return [
        _entry(seen, seen.accounts, FUTURES, asset, amount, "insurance"),
        _entry(seen, seen.column("pool"), FUTURES, asset, -amount, "insurance"),
    ]


def _conversions(batch: Batch) -> list[dict[str, Any]]:
    seen = batch.events_of(happened.CollateralConverted)
    asset, amount, value = seen.column("asset"), seen.column("amount"), seen.column("value")
    sides = ((seen.accounts, -1), (seen.column("pool"), 1))
    return [
        _entry(seen, account, FUTURES, of, sign * much, "conversion")
        for account, sign in sides
        for of, much in ((asset, amount), (seen.column("quote"), -value))
    ]
