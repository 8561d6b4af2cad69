"""Blocks to rows: one function a table, each column made at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from pilothouse.language import events as happened
from pilothouse.language.commands import PlaceOrder
from pilothouse.language.commands.orders import POST_ONLY, REDUCE_ONLY
from pilothouse.language.kinds import (
    CancelReason,
    FillKind,
    OrderType,
    ProtectionStep,
    Side,
    TimeInForce,
)
from pilothouse.language.refusals import REFUSALS
from pilothouse.records.archive import exchange_tables as tables
from pilothouse.records.archive import fold_ledger, fold_parameters
from pilothouse.records.archive.batches import (
    Batch,
    Commands,
    Words,
    batch_of,
    one_word,
    texts,
    times,
    words,
)
from pilothouse.records.archive.definitions import Table
from pilothouse.records.archive.listings import Listings
from pilothouse.records.archive.shaping import plain, together
from pilothouse.records.history import SpanLike


def fold(spans: Sequence[SpanLike], listings: Listings) -> dict[str, pa.Table]:
    """Return the rows of every table that some spans, in order, add to."""
    batch = batch_of(spans)
    listings.learn(batch)
    return {table.name: make(batch, listings) for table, make in FOLDS.items()}


def _orders(batch: Batch, listings: Listings) -> pa.Table:
    return together(tables.ORDERS, [_placed(batch), _refused(batch), _cancelled(batch)])


def _placed(batch: Batch) -> dict[str, object]:
    seen = batch.events_of(happened.OrderPlaced)
    asked = batch.commands(PlaceOrder)
    at, has = asked.find(seen.positions)
    said = Commands(asked.batch, asked.layout, asked.which[at] if len(asked.which) else at[:0])
    if not has.all():
        raise ValueError("an order was placed without its command")
    return _order_row(
        "placed",
        seen.times,
        seen.positions,
        said,
        account=seen.accounts,
        market=seen.column("market"),
        order_number=seen.column("order"),
        price=seen.column("price"),
        quantity=seen.column("quantity"),
    )


def _refused(batch: Batch) -> dict[str, object]:
    asked = batch.commands(PlaceOrder, batch.refused())
    outcomes = batch.outcomes[asked.which]
    kinds, at = np.unique(outcomes, return_inverse=True)
    names = [REFUSALS[one].name if one in REFUSALS else str(one) for one in kinds.tolist()]
    made = _order_row(
        "refused",
        batch.times[asked.which],
        asked.positions,
        asked,
        account=asked.column("account"),
        market=asked.column("market"),
        order_number=pa.nulls(len(asked.which), pa.int64()),
        price=asked.column("price"),
        quantity=asked.column("quantity"),
    )
    if names:
        made["refusal"] = pa.DictionaryArray.from_arrays(at.astype(np.int32), pa.array(names))
    return made


def _order_row(
    deed: str, moments: Words, positions: Words, asked: Commands, **known: object
) -> dict[str, object]:
    flags = asked.column("flags")
    return {
        "time": times(moments),
        "position": positions,
        "deed": one_word(deed, len(positions)),
        "side": words(Side, asked.column("side")),
        "order_type": words(OrderType, asked.column("order_type")),
        "time_in_force": words(TimeInForce, asked.column("time_in_force")),
        "post_only": (flags & POST_ONLY) // POST_ONLY,
        "reduce_only": (flags & REDUCE_ONLY) // REDUCE_ONLY,
        "user_ref": asked.column("user_ref"),
        "client_order_id": texts(asked.column("client_order_id")),
        **known,
    }


def _cancelled(batch: Batch) -> dict[str, object]:
    seen = batch.events_of(happened.OrderCancelled)
    return {
        "time": times(seen.times),
        "position": seen.positions,
        "deed": one_word("cancelled", len(seen)),
        "account": seen.accounts,
        "market": seen.column("market"),
        "order_number": seen.column("order"),
        "quantity": seen.column("remaining"),
        "reason": words(CancelReason, seen.column("reason")),
    }


def _fills(batch: Batch, listings: Listings) -> pa.Table:
    seen = batch.events_of(happened.OrderFilled)
    made = plain(tables.FILLS, seen, taker_account="account")
    markets, values = seen.column("market"), seen.column("value")
    for side in ("taker", "maker"):
        made[f"{side}_tier"] = listings.tiers(
            markets, seen.positions, values, seen.column(f"{side}_fee"), f"{side}_ppm"
        )
    # The fee of a liquidation is the contract's, and an unwind has none.
    made["taker_tier"][seen.column("fill_kind") != FillKind.TRADE] = 0
    made["maker_tier"][seen.column("fill_kind") == FillKind.UNWIND] = 0
    return together(tables.FILLS, [made])


def _liquidations(batch: Batch, listings: Listings) -> pa.Table:
    steps = batch.events_of(happened.ProtectionStepTaken)
    paid = batch.events_of(happened.InsurancePaid)
    ended = batch.events_of(happened.ProtectionEnded)
    converted = batch.events_of(happened.CollateralConverted)
    rows = [plain(tables.LIQUIDATIONS, one) for one in (steps, paid, ended, converted)]
    rows[0]["deed"] = words(ProtectionStep, steps.column("step"))
    rows[1]["deed"] = one_word("insurance_paid", len(paid))
    rows[2]["deed"] = one_word("ended", len(ended))
    rows[3]["deed"] = one_word("collateral_converted", len(converted))
    return together(tables.LIQUIDATIONS, rows)


def _same(table: Table, cls: type[happened.IndexSet]) -> Callable[[Batch, Listings], pa.Table]:
    # A table whose columns are its event's words.
    return lambda batch, listings: together(table, [plain(table, batch.events_of(cls))])


FOLDS: Final[dict[Table, Callable[[Batch, Listings], pa.Table]]] = {
    tables.ORDERS: _orders,
    tables.FILLS: _fills,
    tables.LEDGER: fold_ledger.entries,
    tables.POSITIONS: _same(tables.POSITIONS, happened.PositionChanged),
    tables.MARKS: _same(tables.MARKS, happened.MarkSet),
    tables.INDEXES: _same(tables.INDEXES, happened.IndexSet),
    tables.FUNDING: _same(tables.FUNDING, happened.FundingPaid),
    tables.FUNDING_RATES: _same(tables.FUNDING_RATES, happened.FundingRateSet),
    tables.LIQUIDATIONS: _liquidations,
    tables.MARKET_STATUSES: fold_parameters.market_statuses,
    tables.PRICE_BANDS: fold_parameters.price_bands,
    tables.MARGIN_SCHEDULES: fold_parameters.margin_schedules,
    tables.FEE_SCHEDULES: fold_parameters.fee_schedules,
    tables.ASSETS: fold_parameters.assets,
    tables.MARKETS: fold_parameters.markets,
    tables.ACCOUNTS: fold_parameters.accounts,
}
"""How each table is made from a batch."""

assert set(FOLDS) == set(tables.JOURNAL_TABLES)
