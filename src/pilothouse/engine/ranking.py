"""Rankings: who is unwound first, found in slices that no block is stopped by.

A market has two: the most profitable holders of its longs and of its shorts. One is made by a
walk over the market's positions, at the mark at which the walk began, a bounded number of rows an
examination; its cursor is state. It names up to RANKED holders and serves all who must be unwound
until they are used up or a second has passed. Whoever changed a position since, so that another
ranks above it, is passed over.
"""

from __future__ import annotations

from pilothouse.engine.pointers import fetch_row
from pilothouse.engine.state import State
from pilothouse.engine.tables import RANKED
from pilothouse.engine.work import RANKING_WORK, visit
from pilothouse.rules.compiled import inner
from pilothouse.rules.liquidation import profit_rank_ppm
from pilothouse.rules.money import value_down

RANKING_US = 1_000_000
"""So long a ranking is used, and so long a walk may pause."""
NOT_YET = -1
MOVES_PER_ROW = 8
"""Words that are moved for the work of one row."""


@inner
def best_counterparty(s: State, market: int, longs: bool) -> int:
    """Return the position of the best-ranked holder of a side, 0 for none, or NOT_YET."""
    which = 2 * market + (1 if longs else 0)
    r = s.rankings[which]
    late = s.exchange[0].time - r.time > RANKING_US
    used_up = r.complete != 0 and r.taken >= r.count
    if late or used_up or (r.complete == 0 and r.cursor == 0):
        _begin(s, which, market)
    if r.complete == 0:
        _rank_some(s, which, market, longs)
        if r.complete == 0:
            return NOT_YET
    while r.taken < r.count:
        if _still_ranks(s, which, market, longs):
            return r.rows[r.taken]
        r.taken += 1
        visit(s, 1)
    if r.count == 0:
        return 0
    # Everybody it named has changed: the next one who asks has it made anew.
    return NOT_YET


@inner
def forget_position(s: State, row: int) -> None:
    """Have both walks of a market go on behind a position that is about to be closed."""
    p = s.positions[row]
    for which in range(2 * p.market, 2 * p.market + 2):
        r = s.rankings[which]
        if r.cursor == row:
            r.cursor = p.next
            if p.next == 0:
                r.complete = 1


@inner
def _begin(s: State, which: int, market: int) -> None:
    r = s.rankings[which]
    r.cursor = s.markets[market].positions_first
    r.mark = s.markets[market].mark
    r.time = s.exchange[0].time
    r.count = 0
    r.taken = 0
    r.complete = 1 if r.cursor == 0 else 0


@inner
def _rank_some(s: State, which: int, market: int, longs: bool) -> None:
    r = s.rankings[which]
    left = RANKING_WORK
    row = r.cursor
    while row != 0 and left > 0:
        p = s.positions[row]
        fetch_row(s.positions, p.next)
        left -= 1
        if (p.quantity > 0) == longs:
            left -= _offer(s, which, row, _rank(s, row, market, r.mark))
        row = p.next
    r.cursor = row
    r.time = s.exchange[0].time
    r.complete = 1 if row == 0 else 0
    visit(s, RANKING_WORK - left)


@inner
def _rank(s: State, row: int, market: int, mark: int) -> int:
    p = s.positions[row]
    m = s.markets[market]
    value = value_down(mark, abs(p.quantity), m.mark_multiplier, m.mark_divisor)
    profit = (value if p.quantity > 0 else -value) - p.entry_cost
    return profit_rank_ppm(profit, p.entry_cost)


@inner
def _offer(s: State, which: int, row: int, rank: int) -> int:
    # Keep a position if it is among the best so far; return the work of moving others down.
    r = s.rankings[which]
    last = RANKED - 1
    if r.count == RANKED and rank <= r.ranks[last]:
        return 0
    place = min(r.count, last)
    r.count = place + 1
    moved = 0
    while place > 0 and r.ranks[place - 1] < rank:
        r.ranks[place] = r.ranks[place - 1]
        r.rows[place] = r.rows[place - 1]
        place -= 1
        moved += 1
    r.ranks[place] = rank
    r.rows[place] = row
    return moved // MOVES_PER_ROW


@inner
def _still_ranks(s: State, which: int, market: int, longs: bool) -> bool:
    # A part of it may have been closed, which leaves its rank but for rounding.
    r = s.rankings[which]
    row = r.rows[r.taken]
    p = s.positions[row]
    if p.quantity == 0 or (p.quantity > 0) != longs:
        return False
    if r.taken + 1 == r.count:
        return True
    return _rank(s, row, market, r.mark) >= r.ranks[r.taken + 1]
