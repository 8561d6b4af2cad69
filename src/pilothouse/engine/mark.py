"""Marks: a contract's index and what its book adds, if somebody could trade on that book."""

from __future__ import annotations

from pilothouse.engine import events as emit
from pilothouse.engine.contracts import why_maker_fails
from pilothouse.engine.margin import same_scope
from pilothouse.engine.price_band import worst_price
from pilothouse.engine.reducing import only_reduces
from pilothouse.engine.state import State
from pilothouse.engine.triggers import queue_triggered_above, queue_triggered_below
from pilothouse.language.kinds import Side
from pilothouse.language.numbers import MARK_PER_PRICE, PPM
from pilothouse.rules.bits import fits, muldiv_up
from pilothouse.rules.compiled import inlined, inner
from pilothouse.rules.index import STALE_AFTER_US
from pilothouse.rules.mark import (
    IMPACT_MICRO_USD,
    MARGINS_LOOKED_AT,
    ORDERS_LOOKED_AT,
    SETTLES_AFTER_US,
    SMALL_PART,
    book_premium,
    clamp_premium,
    premium_e12,
    premium_share_ppm,
    rests_long_enough,
    smoothed_premium,
)
from pilothouse.rules.market_status import executes
from pilothouse.rules.money import value_down
from pilothouse.rules.price_band import is_outside

UNTOLD = -1
"""What a look at a side says where there is too much to look at."""
OF_ANY_AGE = -1
"""For which time a look counts that asks what makers quote, however young their orders are."""
INDEX_LIMIT = 1 << 48
"""A contract whose index is above this in hundredths of its price unit gets no mark."""


@inner
def move_mark(s: State, market: int, counted_until: int) -> None:
    """Compute a contract's mark anew from its index and its book.

    The premium so far counts for funding until `counted_until`, when the index was last live.
    """
    m = s.markets[market]
    now = s.exchange[0].time
    index = s.assets[m.base].index_e12 // m.index_divisor * m.index_multiplier
    if index == 0 or index >= INDEX_LIMIT:
        return
    # The premium that held until now: of the mark to the index it was made from.
    _count_premium(s, market, counted_until - m.mark_time)
    elapsed = now - m.mark_time if m.mark_time != 0 else 0
    if elapsed > STALE_AFTER_US:
        # Nobody looked at the book for so long that it counts as new.
        restart_premium(s, market)
    before = m.mark
    m.index = index
    # What may be hit is measured from the mark that this index makes with the premium so far.
    m.mark = _with_premium(s, market)
    sample = clamp_premium(index, _premium(s, market, elapsed), _premium_share(s, market, 0))
    m.premium = smoothed_premium(m.premium, sample, elapsed)
    m.mark = _with_premium(s, market)
    m.mark_time = now
    if m.mark != before:
        emit.mark_set(s, 0, market, m.mark, m.index)
        queue_triggered_below(s, m.long_triggers, m.mark)
        queue_triggered_above(s, m.short_triggers, m.mark)


@inner
def _with_premium(s: State, market: int) -> int:
    m = s.markets[market]
    return max(1, m.index + clamp_premium(m.index, m.premium, m.premium_max_ppm))


@inner
def marks_under(s: State, market: int, candidate: int) -> tuple[int, int]:
    """Return the lowest and the highest of the present mark and the one that follows within a
    minute if a candidate schedule holds.

    The least maintenance margin bounds the premium of the whole contract: a smaller one takes the
    premium back, and a larger one lets the book say what it could not say before.
    """
    m = s.markets[market]
    if m.mark == 0:
        return 0, 0
    before, share = _premium_share(s, market, 0), _premium_share(s, market, candidate)
    premium = clamp_premium(m.index, m.premium, share)
    if share > before:
        told = _told_by_the_book(s, market)
        if clamp_premium(m.index, told, before) != told:
            premium = clamp_premium(m.index, told, share)
    follows = max(1, m.index + premium)
    return min(m.mark, follows), max(m.mark, follows)


@inner
def _told_by_the_book(s: State, market: int) -> int:
    # A look without its trace: what is asked beforehand begins no time anew.
    m = s.markets[market]
    since = m.depth_since
    told = _premium(s, market, OF_ANY_AGE)
    m.depth_since = since
    return told


@inner
def _premium_share(s: State, market: int, candidate: int) -> int:
    m = s.markets[market]
    least = PPM
    if candidate != 0 and s.schedules[candidate].count > 0:
        least = s.schedules[candidate].maintenance_ppm[0]
    k = m.schedules_first
    while k != 0:
        if not same_scope(s, k, candidate):
            least = min(least, s.schedules[k].maintenance_ppm[0])
        k = s.schedules[k].next
    return premium_share_ppm(m.premium_max_ppm, least, m.liquidation_fee_ppm)


@inner
def restart_premium(s: State, market: int) -> None:
    """Forget what the book of a market that resumes said before; it must settle again."""
    s.markets[market].premium = 0
    s.markets[market].depth_since = 0


@inner
def _premium(s: State, market: int, elapsed: int) -> int:
    # What can be traded against the index, 0 unless that has settled, or where nobody can tell.
    m = s.markets[market]
    size = _impact_size(s, market)
    bid = _impact(s, market, s.books[m.bids].highest, Side.BUY, size, elapsed)
    ask = _impact(s, market, s.books[m.asks].lowest, Side.SELL, size, elapsed)
    if not executes(m.status) or bid == 0 or ask == 0:
        m.depth_since = 0
        return 0
    if m.depth_since == 0:
        m.depth_since = s.exchange[0].time
    if s.exchange[0].time - m.depth_since < SETTLES_AFTER_US:
        return 0
    if bid == UNTOLD or ask == UNTOLD:
        return 0
    return book_premium(m.index, bid * MARK_PER_PRICE, ask * MARK_PER_PRICE)


@inner
def _impact_size(s: State, market: int) -> int:
    # The quantity that the impact's dollars buy at the index, at least one unit.
    m = s.markets[market]
    if m.impact_quantity != 0:
        return m.impact_quantity
    unit = m.index * m.mark_multiplier
    if not fits(IMPACT_MICRO_USD, m.mark_divisor, unit):
        return 1 << 62
    return max(1, muldiv_up(IMPACT_MICRO_USD, m.mark_divisor, unit))


@inner
def _impact(s: State, market: int, level: int, side: int, size: int, elapsed: int) -> int:
    # The price of the order that completes a quantity from the best on, 0 if there is too little,
    # UNTOLD if there is too much to look at before. What the price band lets nobody hit does not
    # count.
    gathered, looked, margins = 0, 0, 0
    taker = Side.SELL if side == Side.BUY else Side.BUY
    worst = worst_price(s, market, taker)
    while level != 0:
        price = s.levels[level].price
        if worst != 0 and is_outside(price, worst, taker):
            return 0
        beyond = _is_beyond(s, market, price, side)
        row = s.levels[level].first
        while row != 0:
            looked += 1
            if looked > ORDERS_LOOKED_AT or margins >= MARGINS_LOOKED_AT:
                # Where it costs nothing to stand, it matters only that there is a side.
                return UNTOLD if beyond else price
            if _is_meant(s, row, size) and (not beyond or _could_be_hit(s, row, elapsed)):
                margins += 1 if beyond else 0
                gathered += min(s.orders[row].remaining, size) if _is_borne(s, row, beyond) else 0
            if gathered >= size:
                return price
            row = s.orders[row].next
        level = s.levels[level].below if side == Side.BUY else s.levels[level].above
    return 0


@inlined
def _is_beyond(s: State, market: int, price: int, side: int) -> bool:
    # Whether it costs money to stand there: only such orders move a mark.
    apart = price * MARK_PER_PRICE - s.markets[market].index
    return (apart if side == Side.BUY else -apart) > 0


@inlined
def _is_meant(s: State, row: int, size: int) -> bool:
    # What only reduces says nothing: several such orders share one position, and it may be closed.
    return not only_reduces(s, row) and s.orders[row].remaining >= size // SMALL_PART


@inlined
def _could_be_hit(s: State, row: int, elapsed: int) -> bool:
    rested = s.exchange[0].time - s.order_details[row].placed_at
    return elapsed == OF_ANY_AGE or rests_long_enough(rested, elapsed)


@inner
def _is_borne(s: State, row: int, beyond: bool) -> bool:
    # Whether somebody who hits an order gets it; nobody hits one that is not beyond the index.
    o = s.orders[row]
    m = s.markets[o.market]
    value = value_down(o.price, o.remaining, m.multiplier, m.divisor)
    return not beyond or why_maker_fails(s, row, o.remaining, value) == 0


@inner
def _count_premium(s: State, market: int, elapsed_us: int) -> None:
    m = s.markets[market]
    if m.mark == 0 or elapsed_us <= 0 or not executes(m.status):
        return
    elapsed_ms = min(elapsed_us // 1000, 3_600_000)
    m.premium_sum_e12_ms += premium_e12(m.mark, m.index) * elapsed_ms
    m.premium_ms += elapsed_ms
