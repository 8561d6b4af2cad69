"""Index prices, and the marks that follow from them."""

from __future__ import annotations

from typing import Any

from pilothouse.engine import events as emit
from pilothouse.engine.money import asset_refusal
from pilothouse.engine.state import State
from pilothouse.engine.triggers import queue_triggered_above, queue_triggered_below
from pilothouse.language.numbers import INDEX_PRICE_MAX_E12, MARK_PER_PRICE
from pilothouse.language.refusals import (
    INDEX_PRICE_IS_TOO_LARGE,
    INDEX_PRICE_MUST_BE_POSITIVE,
    UNKNOWN_SOURCE,
)
from pilothouse.rules.compiled import inner
from pilothouse.rules.index import SOURCES_MAX, index_of, live_sources
from pilothouse.rules.mark import clamp_premium, premium_e12, smoothed_premium

INDEX_LIMIT = 1 << 48
"""A contract whose index is above this in hundredths of its price unit gets no mark."""


@inner
def set_index_price(s: State, c: Any) -> int:
    """Take a source's price as a command tells it; return a refusal or 0."""
    refused = asset_refusal(s, c.asset)
    if refused != 0:
        return refused
    if c.source < 1 or c.source > SOURCES_MAX:
        return UNKNOWN_SOURCE
    if c.price_e12 <= 0:
        return INDEX_PRICE_MUST_BE_POSITIVE
    if c.price_e12 > INDEX_PRICE_MAX_E12:
        return INDEX_PRICE_IS_TOO_LARGE
    now = s.exchange[0].time
    a = s.assets[c.asset]
    a.source_price_e12[c.source - 1] = c.price_e12
    a.source_time[c.source - 1] = now
    before = a.index_e12
    a.index_e12 = index_of(a.source_price_e12, a.source_time, now)
    a.index_time = now
    a.sources_live = live_sources(a.source_price_e12, a.source_time, now)
    if a.index_e12 != before:
        emit.index_set(s, 0, c.asset, a.index_e12, a.sources_live)
    queue_triggered_below(s, a.triggers_book, a.index_e12)
    market = a.markets_first
    while market != 0:
        move_mark(s, market)
        market = s.markets[market].next_of_asset
    return 0


@inner
def move_mark(s: State, market: int) -> None:
    """Compute a contract's mark anew from its index and its book."""
    m = s.markets[market]
    now = s.exchange[0].time
    index = s.assets[m.base].index_e12 // m.index_divisor * m.index_multiplier
    if index == 0 or index >= INDEX_LIMIT:
        return
    elapsed = now - m.mark_time if m.mark_time != 0 else 0
    # The premium that held until now: of the mark to the index it was made from.
    _count_premium(s, market, elapsed)
    m.index = index
    m.premium = smoothed_premium(m.premium, _premium(s, market), elapsed)
    before = m.mark
    m.mark = max(1, m.index + clamp_premium(m.index, m.premium, m.premium_max_ppm))
    m.mark_time = now
    if m.mark != before:
        emit.mark_set(s, 0, market, m.mark, m.index)
        queue_triggered_below(s, m.long_triggers, m.mark)
        queue_triggered_above(s, m.short_triggers, m.mark)


@inner
def _premium(s: State, market: int) -> int:
    # The middle of the book against the index, 0 where a side is empty.
    m = s.markets[market]
    bid, ask = s.books[m.bids].highest, s.books[m.asks].lowest
    if bid == 0 or ask == 0:
        return 0
    return (s.levels[bid].price + s.levels[ask].price) * MARK_PER_PRICE // 2 - m.index


@inner
def _count_premium(s: State, market: int, elapsed_us: int) -> None:
    m = s.markets[market]
    if m.mark == 0:
        return
    elapsed_ms = min(elapsed_us // 1000, 3_600_000)
    m.premium_sum_e12_ms += premium_e12(m.mark, m.index) * elapsed_ms
    m.premium_ms += elapsed_ms
