"""The parameters of the exchange by version, and what was listed and opened."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from pilothouse.language import events as happened
from pilothouse.language.commands import (
    ListAsset,
    ListMarket,
    MarginTier,
    OpenAccount,
    SetFeeSchedule,
    SetMarginSchedule,
)
from pilothouse.language.kinds import CauseKind, MarketKind, MarketStatus
from pilothouse.language.rows import from_rows
from pilothouse.records.archive import exchange_tables as tables
from pilothouse.records.archive.batches import Batch, Commands, Words, texts, times, words
from pilothouse.records.archive.definitions import Table
from pilothouse.records.archive.listings import Listings
from pilothouse.records.archive.shaping import plain, together


def _cause(batch: Batch, asked: Commands) -> dict[str, Any]:
    heads = batch.rows[batch.places[asked.which]]
    return {"cause": words(CauseKind, heads[:, 5]), "cause_id": heads[:, 6]}


def _listed(batch: Batch, **known: str) -> dict[str, Any]:
    """Return version 1 of a market's parameter, as its listing set it."""
    seen, asked = batch.events_of(happened.MarketListed), batch.commands(ListMarket)
    at, _ = asked.find(seen.positions)
    said = {name: asked.column(source)[at] for name, source in known.items()}
    cause = _cause(batch, Commands(batch, asked.layout, asked.which[at]))
    head = {"time": times(seen.times), "position": seen.positions}
    version = np.ones(len(seen), np.int64)
    return {**head, "market": seen.column("market"), "version": version, **said, **cause}


def market_statuses(batch: Batch, listings: Listings) -> pa.Table:
    """Return market statuses by version."""
    first = _listed(batch, status="status")
    first["status"] = words(MarketStatus, first["status"])
    return together(tables.MARKET_STATUSES, [first, _set(batch, tables.MARKET_STATUSES,
                                                         happened.MarketStatusSet)])  # fmt: skip


def price_bands(batch: Batch, listings: Listings) -> pa.Table:
    """Return price bands by version."""
    first = _listed(batch, band_ppm="band_ppm")
    return together(tables.PRICE_BANDS, [first, _set(batch, tables.PRICE_BANDS,
                                                     happened.PriceBandSet)])  # fmt: skip


def _set(batch: Batch, table: Table, cls: type[Any]) -> dict[str, Any]:
    # The event's cause is a plain integer; the table says its name.
    seen = batch.events_of(cls)
    others = tuple(one for one in table.columns if one.name != "cause")
    made = plain(Table(table.name, table.doc, others), seen)
    return made | {"cause": words(CauseKind, seen.column("cause"))}


def margin_schedules(batch: Batch, listings: Listings) -> pa.Table:
    """Return margin schedules by version, one row a tier."""
    seen, asked = batch.events_of(happened.MarginScheduleSet), batch.commands(SetMarginSchedule)
    base = _set(batch, tables.MARGIN_SCHEDULES, happened.MarginScheduleSet)
    base["opened_from"] = times(seen.column("opened_from"))
    at, _ = asked.find(seen.positions)
    rows, tiers = [], []
    for row, place in enumerate(at.tolist() if len(asked.which) else []):
        said = from_rows(asked.whole(place)).command
        assert isinstance(said, SetMarginSchedule)
        for number, tier in enumerate(said.tiers, 1):
            rows.append(row)
            tiers.append((number, tier.floor_usd, tier.initial_ppm, tier.maintenance_ppm))
        if not said.tiers:
            rows.append(row)
            tiers.append((0, 0, 0, 0))
    return together(tables.MARGIN_SCHEDULES, [_repeated(base, rows, tiers, _TIER)])


_TIER = ("tier", *(one for one in MarginTier.__dataclass_fields__))
_FEE_TIER = ("tier", "volume_from_usd", "maker_ppm", "taker_ppm")


def _repeated(
    base: dict[str, Any], rows: list[int], tiers: list[Any], names: tuple[str, ...]
) -> dict[str, Any]:
    # Each row of `base` as often as it has tiers, with the tiers' columns beside it.
    at = np.array(rows, np.int64)
    made = {name: pa.array(value).take(pa.array(at)) for name, value in base.items()}
    columns = np.array(tiers, np.int64).reshape(-1, len(names))
    return made | {name: columns[:, k] for k, name in enumerate(names)}


def fee_schedules(batch: Batch, listings: Listings) -> pa.Table:
    """Return fee schedules by version, one row a tier."""
    asked = batch.commands(SetFeeSchedule)
    numbers, versions, rows, tiers = [], [], [], []
    for row, position in enumerate(asked.positions.tolist()):
        said = from_rows(asked.whole(row)).command
        assert isinstance(said, SetFeeSchedule)
        known = listings.schedules[said.fee_schedule]
        numbers.append(said.fee_schedule)
        versions.append(1 + [at for at, _ in known].index(position))
        for number, tier in enumerate(said.tiers, 1):
            rows.append(row)
            tiers.append((number, tier.volume_from_usd, tier.maker_ppm, tier.taker_ppm))
    base = {
        "time": times(batch.times[asked.which]),
        "position": asked.positions,
        "fee_schedule": np.array(numbers, np.int64),
        "version": np.array(versions, np.int64),
    }
    return together(tables.FEE_SCHEDULES, [_repeated(base, rows, tiers, _FEE_TIER)])


def _units(decimals: Words) -> pa.Array:
    made = [Decimal(1).scaleb(-one) for one in decimals.tolist()]
    return pa.array(made, pa.decimal128(13, 12))


def assets(batch: Batch, listings: Listings) -> pa.Table:
    """Return the assets that were listed."""
    seen, asked = batch.events_of(happened.AssetListed), batch.commands(ListAsset)
    at, _ = asked.find(seen.positions)
    made = plain(tables.ASSETS, seen)
    symbols = asked.column("symbol")[at]
    shown = np.pad(asked.column("display")[at], ((0, 0), (0, 1)))
    made |= {
        "symbol": texts(symbols),
        "display": texts(np.where(shown.any(axis=1)[:, None], shown, symbols)),
        "unit": _units(seen.column("decimals")),
        "collateral": np.minimum(np.abs(asked.column("collateral")[at]), 1),
        "haircut_ppm": asked.column("haircut_ppm")[at],
    }
    return together(tables.ASSETS, [made])


_OF_A_LISTING = (
    "base", "quote", "price_decimals", "quantity_decimals", "tick", "lot", "fee_schedule",
)  # fmt: skip


def markets(batch: Batch, listings: Listings) -> pa.Table:
    """Return the markets that were listed."""
    seen, asked = batch.events_of(happened.MarketListed), batch.commands(ListMarket)
    at, _ = asked.find(seen.positions)
    number = seen.column("market")
    made = plain(tables.MARKETS, seen)
    made |= {name: asked.column(name)[at] for name in _OF_A_LISTING}
    made |= {
        "symbol": texts(asked.column("symbol")[at]),
        "market_kind": words(MarketKind, seen.column("market_kind")),
        "price_unit": _units(made["price_decimals"]),
        "quantity_unit": _units(made["quantity_decimals"]),
        "clearing_account": listings.of(number, "clearing"),
        "insurance_account": listings.of(number, "insurance"),
    }
    return together(tables.MARKETS, [made])


def accounts(batch: Batch, listings: Listings) -> pa.Table:
    """Return the accounts that were opened; a clearing account has no command of its own."""
    seen, asked = batch.events_of(happened.AccountOpened), batch.commands(OpenAccount)
    made = plain(tables.ACCOUNTS, seen)
    at, has = asked.find(seen.positions)
    for name in ("jurisdiction", "firm", "orders_max"):
        said = asked.column(name)
        made[name] = np.where(has, said[at], 0) if len(said) else np.zeros(len(seen), np.int64)
    return together(tables.ACCOUNTS, [made])
