"""The tables of the state: every field of every row, with its meaning.

All fields are signed 64-bit words. Row 0 of each table means "none", so fresh zeros are valid
links. Money is in an asset's base units unless the name says otherwise; quantities and prices are
in their market's units; marks and a contract's index in hundredths of a price unit; times in
microseconds.

A row that orders touch is one or two lines of memory (eight words each), and what is read together
stands in one line: an order waits for memory far longer than for arithmetic.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

Row = Any
"""One row of a table: a record whose fields are the words below."""
TIERS = 16
FANOUT = 64
VOLUME_DAYS = 30
SOURCES = 8
COUNTS = 9
"""What the counting pass of a change counts."""
RANKED = 64
"""How many holders of one side one ranking for unwinds keeps."""
WALKED = 256
"""Fills that a walk through a book notes, one for each that an order may have."""


def _row(fields: str, **arrays: int) -> np.dtype[Any]:
    words: list[Any] = [(name, "i8") for name in fields.split()]
    return np.dtype(words + [(name, "i8", (size,)) for name, size in arrays.items()])


# The one row of the exchange: clock, counters, free lists, house accounts, the queue.
EXCHANGE = _row(
    "created position time hash_seed names trade next_hour hour_started"
    " assets_used markets_used accounts_used balances_used positions_used orders_used levels_used"
    " nodes_used books_used volumes_used triggers_used schedules_used"
    " orders_free levels_free nodes_free nodes_spare triggers_free schedules_free"
    " custody_account fees_account insurance_account dollar senders"
    " queue_first queue_last queue_count funding_market orders_open keys_used requests_used"
    " levels_spare triggers_due triggers_turn moves debt_cursor"
)
ASSETS = _row(
    "symbol_0 symbol_1 symbol_2 display_0 display_1 decimals unit_e6 collateral haircut_ppm"
    " index_e12 index_time sources_live markets_first triggers_book live_until live_since"
    " sources_least outlier_ppm step_ppm step_one_ppm held_e12 held_since held_time left_out"
    " anchor_e12 anchor_time unused_0 unused_1 unused_2 unused_3 unused_4 unused_5",
    source_price_e12=SOURCES,
    source_time=SOURCES,
    source_changed=SOURCES,
)
MARKETS = _row(
    "kind base quote fee_schedule status tick lot quantity_min"
    " cost_min band_ppm multiplier divisor bids asks last_price fees_balance"
    " mark index mark_multiplier mark_divisor position_max funding_payment_e6 funding_base_e6"
    " positions_open"
    " symbol_0 symbol_1 symbol_2 price_decimals quantity_decimals index_divisor index_multiplier"
    " status_version band_version next_of_asset"
    " premium mark_time premium_max_ppm open_interest liquidation_fee_ppm"
    " funding_coefficient funding_rate_max_e12 funding_rate_e12"
    " premium_sum_e12_ms premium_ms funding_posted funding_cursor"
    " schedules_first schedule_version positions_first"
    " clearing_account insurance_account long_triggers short_triggers rows_first"
    " impact_quantity depth_since"
)
ACCOUNTS = _row(
    "orders_first orders_open orders_max protection volume volume_day volume_micro_usd queued"
    " balances_first positions_first queue_next client_class jurisdiction purpose firm opened_at"
)
BALANCES = _row("account wallet asset available held next trigger unused")
POSITIONS = _row(
    "market quantity entry_cost funding_seen_e6 buys sells schedule next_of_account"
    " account opened_at next previous trigger_below trigger_above next_of_market orders_first"
)
ORDERS = _row(
    "number account market side flags price remaining level"
    " held next previous account_next account_previous base_balance quote_balance position"
)
# What of a resting order only its owner asks for: a row beside the order's.
ORDER_DETAILS = _row(
    "client_hi client_lo quantity placed_at order_type time_in_force user_ref unused"
)
# `moved`: which of all moves of prices was the last of the price that a trigger's book watches.
BOOKS = _row("root tick lowest highest leaf leaf_prefix moved unused")
LEVELS = _row("book price quantity first last above below seat")
# `prefix` is what all prices below a node have in common. A child is a node, or a level as a
# negative number.
NODES = _row("occupied parent prefix height", children=FANOUT)
# `set_after`: how many moves of prices there had been when it was set.
TRIGGERS = _row("account level next previous set_after")
SCHEDULES = _row(
    "market client_class jurisdiction opened_from count next",
    floors_usd=TIERS,
    initial_ppm=TIERS,
    maintenance_ppm=TIERS,
    initial_deduction=TIERS,
    maintenance_deduction=TIERS,
)
FEES = _row("count", volumes_from=TIERS, maker_ppm=TIERS, taker_ppm=TIERS)
VOLUMES = _row("account unused", day_micro_usd=VOLUME_DAYS)
# Two rows a market: the most profitable holders of its longs, and of its shorts, at one mark.
RANKINGS = _row("cursor mark time count taken complete", rows=RANKED, ranks=RANKED)
NAMES = _row("hi lo body position outcome made")
# A door's `hi` is that of its sender's names; 0 where it was never opened.
# `highest` is that of the names a sender without a door has used.
DOORS = _row("hi opened_at highest unused")
# A key of one API: the lowest and the highest nonce it used, and how many requests without one;
# and, by its negative number, an account: how many of all its keys.
KEYS = _row("key nonced first_hi first_lo last_hi last_lo without_nonce unused")
REQUESTS = _row("key digest_hi digest_lo unused")
HASHES = _row("entry")

# The buffers of a step, which are no part of the state.
EVENTS = _row(" ".join(f"w{place}" for place in range(16)))
RECEIPTS = _row("position outcome made repeated")
# `in_vain`: how many accounts in a row were looked at in vain since something could help one on.
# `work`: rows visited by what time did in this block; `command_work`: by its largest command.
# `walked`: the quantities of a walk through a book, the orders it met, and their makers'
# schedules before it.
SCRATCH = _row(
    "events receipts in_vain work command_work",
    counts=COUNTS,
    walked_orders=WALKED,
    walked=WALKED,
    walked_schedules=WALKED,
)
NOTES = _row("first second")

INDEX_OF: Final[dict[str, str]] = {
    "balance_index": "balances",
    "position_index": "positions",
    "order_index": "orders",
    "client_index": "orders",
    "key_index": "keys",
    "request_index": "requests",
}
"""Hash tables, rebuilt from the table they index; they stay out of the fingerprint."""

TABLES: Final[dict[str, np.dtype[Any]]] = {
    "exchange": EXCHANGE,
    "assets": ASSETS,
    "markets": MARKETS,
    "accounts": ACCOUNTS,
    "balances": BALANCES,
    "positions": POSITIONS,
    "orders": ORDERS,
    "order_details": ORDER_DETAILS,
    "books": BOOKS,
    "levels": LEVELS,
    "nodes": NODES,
    "triggers": TRIGGERS,
    "schedules": SCHEDULES,
    "fees": FEES,
    "volumes": VOLUMES,
    "rankings": RANKINGS,
    "names": NAMES,
    "doors": DOORS,
    "keys": KEYS,
    "requests": REQUESTS,
    **dict.fromkeys(INDEX_OF, HASHES),
}
"""Every table of the arena, in its order."""
BUFFERS: Final = {"events": EVENTS, "receipts": RECEIPTS, "scratch": SCRATCH, "notes": NOTES}
GROWABLE: Final = (
    "assets",
    "markets",
    "accounts",
    "balances",
    "positions",
    "orders",
    "levels",
    "nodes",
    "schedules",
    "fees",
    "volumes",
    "keys",
    "requests",
)
