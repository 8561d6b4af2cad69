"""The counting pass: whom a margin schedule would push below initial and maintenance margin.

Used twice and written once: by the command, against its signed ceiling, and by every preview. Who
is below afterwards is below at the present mark or at the one that the schedule brings about, see
`marks_under`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pilothouse.engine.margin import account_margin, margin_at
from pilothouse.engine.mark import marks_under
from pilothouse.engine.pointers import fetch_row
from pilothouse.engine.state import State
from pilothouse.engine.tables import COUNTS
from pilothouse.rules.compiled import inlined, inner

EXAMINED = 0
BELOW_INITIAL_BEFORE = 1
BELOW_INITIAL_AFTER = 2
BELOW_MAINTENANCE_BEFORE = 3
BELOW_MAINTENANCE_AFTER = 4
NEWLY_BELOW_INITIAL = 5
NEWLY_BELOW_MAINTENANCE = 6
NOTIONAL_BELOW_INITIAL = 7
NOTIONAL_BELOW_MAINTENANCE = 8
BANDS = 12
"""Bands of equity over maintenance margin: below 1.0, then the edges of `BAND_EDGES`."""
BAND_EDGES = (100, 105, 110, 125, 150, 200, 300, 500, 1000, 2000, 5000)
TOP = 20
# Columns of a top row.
SHORTFALL, ACCOUNT, NOTIONAL, EQUITY = 0, 1, 2, 3
INITIAL_BEFORE, INITIAL_AFTER, MAINTENANCE_BEFORE, MAINTENANCE_AFTER = 4, 5, 6, 7
TOP_WORDS = 8
NOTHING = -(1 << 62)


@inner
def count_account(
    s: State, account: int, market: int, candidate: int, low: int, high: int, counts: Any
) -> Any:
    """Add one account to the counts; return equity and margin, each before and after, and size.

    `low` and `high` are the marks between which the contract's is afterwards. Between them what
    an account has above its margin is least at one of the two.
    """
    equity, _, with_before, before, size, _ = account_margin(s, account, 0, 0)
    left, _, with_after, after, _, _ = margin_at(s, account, market, candidate, low)
    is_below_initial, is_below = left < with_after, left < after
    if high != low:
        at_high, _, with_high, high_after, _, _ = margin_at(s, account, market, candidate, high)
        is_below_initial = is_below_initial or at_high < with_high
        is_below = is_below or at_high < high_after
        if high_after - at_high > after - left:
            left, with_after, after = at_high, with_high, high_after
    counts[EXAMINED] += 1
    was_below_initial, was_below = equity < with_before, equity < before
    counts[BELOW_INITIAL_BEFORE] += 1 if was_below_initial else 0
    counts[BELOW_INITIAL_AFTER] += 1 if is_below_initial else 0
    counts[BELOW_MAINTENANCE_BEFORE] += 1 if was_below else 0
    counts[BELOW_MAINTENANCE_AFTER] += 1 if is_below else 0
    if is_below_initial and not was_below_initial:
        counts[NEWLY_BELOW_INITIAL] += 1
        counts[NOTIONAL_BELOW_INITIAL] += size
    if is_below and not was_below:
        counts[NEWLY_BELOW_MAINTENANCE] += 1
        counts[NOTIONAL_BELOW_MAINTENANCE] += size
    return equity, left, with_before, with_after, before, after, size


@inner
def count_impact(s: State, market: int, candidate: int, counts: Any) -> None:
    """Count every account that holds a position or an order in a contract, each once."""
    for k in range(COUNTS):
        counts[k] = 0
    low, high = marks_under(s, market, candidate)
    k = s.markets[market].rows_first
    while k != 0:
        _ask_for_coming(s, k)
        if is_concerned(s, k):
            count_account(s, s.positions[k].account, market, candidate, low, high, counts)
        k = s.positions[k].next_of_market


@inlined
def is_concerned(s: State, row: int) -> bool:
    """Tell whether a row of a contract is a position, or only orders: it may be neither."""
    p = s.positions[row]
    return p.quantity != 0 or p.buys != 0 or p.sells != 0


@inlined
def _ask_for_coming(s: State, row: int) -> None:
    # While this account is counted, memory answers for the next one and the one after it.
    coming = s.positions[row].next_of_market
    fetch_row(s.positions, s.positions[coming].next_of_market)
    fetch_row(s.accounts, s.positions[coming].account)


@inner
def survey(s: State, market: int, candidate: int, counts: Any, bands: Any, top: Any) -> None:
    """Count as the command does, and keep the distribution (bands x before, after) and the most
    affected accounts. The three arrays come with zeros.
    """
    for k in range(TOP):
        top[k, SHORTFALL] = NOTHING
    low, high = marks_under(s, market, candidate)
    k = s.markets[market].rows_first
    while k != 0:
        _ask_for_coming(s, k)
        if is_concerned(s, k):
            account = s.positions[k].account
            _survey_account(s, account, market, candidate, low, high, counts, bands, top)
        k = s.positions[k].next_of_market


@inner
def _survey_account(
    s: State,
    account: int,
    market: int,
    candidate: int,
    low: int,
    high: int,
    counts: Any,
    bands: Any,
    top: Any,
) -> None:
    equity, left, with_before, with_after, before, after, size = count_account(
        s, account, market, candidate, low, high, counts
    )
    bands[band_of(equity, before), 0] += 1
    bands[band_of(left, after), 1] += 1
    shortfall = max(after - left, (with_after - left) // 2)
    if left == equity and with_after == with_before and after == before:
        return
    last = TOP - 1
    if shortfall <= top[last, SHORTFALL]:
        return
    place = last
    while place > 0 and top[place - 1, SHORTFALL] < shortfall:
        for k in range(TOP_WORDS):
            top[place, k] = top[place - 1, k]
        place -= 1
    top[place, SHORTFALL] = shortfall
    top[place, ACCOUNT] = account
    top[place, NOTIONAL] = size
    top[place, EQUITY] = equity
    top[place, INITIAL_BEFORE] = with_before
    top[place, INITIAL_AFTER] = with_after
    top[place, MAINTENANCE_BEFORE] = before
    top[place, MAINTENANCE_AFTER] = after


@inner
def band_of(equity: int, maintenance: int) -> int:
    """Return the band of equity over maintenance margin; accounts that need none are the last."""
    if maintenance <= 0:
        return BANDS - 1
    percent = equity // max(1, maintenance // 100) if equity > 0 else 0
    band = 0
    while band < BANDS - 1 and percent >= BAND_EDGES[band]:
        band += 1
    return band


def empty_counts() -> Any:
    """Return a fresh array for the counts of one pass."""
    return np.zeros(COUNTS, np.int64)
