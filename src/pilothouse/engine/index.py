"""Index prices as sources tell them, and the index that is believed."""

from __future__ import annotations

from typing import Any

from pilothouse.engine import events as emit
from pilothouse.engine.mark import move_mark
from pilothouse.engine.money import asset_refusal
from pilothouse.engine.state import State
from pilothouse.engine.triggers import queue_triggered_below
from pilothouse.language.numbers import INDEX_PRICE_MAX_E12
from pilothouse.language.refusals import (
    INDEX_PRICE_IS_FROM_THE_FUTURE,
    INDEX_PRICE_IS_OLD,
    INDEX_PRICE_IS_TOO_LARGE,
    INDEX_PRICE_MUST_BE_POSITIVE,
    UNKNOWN_SOURCE,
)
from pilothouse.rules.compiled import inner
from pilothouse.rules.index import (
    AHEAD_MAX_US,
    ANCHOR_US,
    SOURCES_MAX,
    STALE_AFTER_US,
    agreed_price,
    agreeing_sources,
    confirm_us,
    count_of,
    frozen_sources,
    is_apart,
    is_disputed,
    is_expired,
    is_unanimous,
    lasts_until,
    live_sources,
    moving_sources,
    step_limit_ppm,
)


@inner
def set_index_price(s: State, c: Any) -> int:
    """Take a source's price as a command tells it; return a refusal or 0."""
    refused = _refusal(s, c)
    if refused != 0:
        return refused
    now = s.exchange[0].time
    a = s.assets[c.asset]
    if a.source_price_e12[c.source - 1] != c.price_e12:
        a.source_changed[c.source - 1] = now
    a.source_price_e12[c.source - 1] = c.price_e12
    a.source_time[c.source - 1] = now if c.taken_at == 0 else min(c.taken_at, now)
    counted_until = min(now, a.live_until) if a.held_since == 0 else a.index_time
    if _decide(s, c.asset):
        queue_triggered_below(s, a.triggers_book, a.index_e12)
        market = a.markets_first
        while market != 0:
            move_mark(s, market, counted_until)
            market = s.markets[market].next_of_asset
    return 0


@inner
def _refusal(s: State, c: Any) -> int:
    refused = asset_refusal(s, c.asset)
    if refused != 0:
        return refused
    if c.source < 1 or c.source > SOURCES_MAX:
        return UNKNOWN_SOURCE
    if c.price_e12 <= 0:
        return INDEX_PRICE_MUST_BE_POSITIVE
    if c.price_e12 > INDEX_PRICE_MAX_E12:
        return INDEX_PRICE_IS_TOO_LARGE
    if c.taken_at == 0:
        return 0
    now = s.exchange[0].time
    # Compared, never subtracted: the word may be any number.
    if c.taken_at > now + AHEAD_MAX_US:
        return INDEX_PRICE_IS_FROM_THE_FUTURE
    if c.taken_at < max(now - STALE_AFTER_US, s.assets[c.asset].source_time[c.source - 1]):
        return INDEX_PRICE_IS_OLD
    return 0


@inner
def _decide(s: State, asset: int) -> bool:
    # Whether the sources' prices renew the index. One that is not renewed grows stale; one that is
    # held, since they say otherwise or contradict each other, counts as stale from now on.
    now = s.exchange[0].time
    a = s.assets[asset]
    live = live_sources(a.source_price_e12, a.source_time, now)
    moving = moving_sources(a.source_changed, live, now)
    counted = live & ~frozen_sources(a.source_price_e12, live, moving)
    agreed = agreeing_sources(a.source_price_e12, counted, a.outlier_ppm)
    a.sources_live = count_of(agreed)
    _leave_out(s, asset, live & ~agreed)
    few = a.sources_live < a.sources_least
    if few or is_disputed(a.source_price_e12, agreed, moving):
        if a.held_since == 0 and count_of(live) >= a.sources_least:
            # Enough of them speak, but not with one voice: there is no price that could last.
            a.held_since = now
        return False
    price = agreed_price(a.source_price_e12, agreed, a.index_e12)
    voices = count_of(counted)
    limit = step_limit_ppm(a.sources_live, voices, a.step_ppm, a.step_one_ppm)
    reference = _reference(s, asset, is_unanimous(a.sources_live, voices))
    confirmed = False
    if a.index_e12 != 0 and is_apart(price, reference, limit):
        confirmed = _has_lasted(s, asset, price, limit, voices)
        if not confirmed:
            return False
    _accept(s, asset, price, agreed, confirmed)
    return True


@inner
def _leave_out(s: State, asset: int, mask: int) -> None:
    a = s.assets[asset]
    if a.left_out != mask:
        a.left_out = mask
        emit.index_sources_left_out(s, 0, asset, mask, a.sources_live)


@inner
def _reference(s: State, asset: int, unanimous: bool) -> int:
    # What a step is measured from: unless all agree what held a while ago, so that small steps do
    # not add up to a large one.
    a = s.assets[asset]
    since = s.exchange[0].time - a.anchor_time
    if unanimous or a.anchor_e12 == 0 or since >= ANCHOR_US:
        a.anchor_e12 = a.index_e12
        a.anchor_time = s.exchange[0].time
    return a.anchor_e12


@inner
def _has_lasted(s: State, asset: int, price_e12: int, limit_ppm: int, live: int) -> bool:
    # Whether a price beyond the limit was told without a break for long enough.
    now = s.exchange[0].time
    a = s.assets[asset]
    goes_on = a.held_since != 0 and now - a.held_time <= STALE_AFTER_US
    if not goes_on or is_apart(price_e12, a.held_e12, limit_ppm):
        a.held_since = now
        emit.index_held(s, 0, asset, price_e12, a.index_e12, a.sources_live)
    a.held_e12 = price_e12
    a.held_time = now
    return now - a.held_since >= confirm_us(a.sources_live, live)


@inner
def _accept(s: State, asset: int, price_e12: int, agreed: int, confirmed: bool) -> None:
    now = s.exchange[0].time
    a = s.assets[asset]
    before = a.index_e12
    if confirmed or is_expired(a.live_until, now):
        a.live_since = now
        a.anchor_e12 = price_e12
        a.anchor_time = now
    a.index_e12 = price_e12
    a.index_time = now
    a.live_until = lasts_until(a.source_time, agreed, a.sources_least)
    a.held_since = 0
    a.held_e12 = 0
    a.held_time = 0
    if price_e12 != before:
        emit.index_set(s, 0, asset, price_e12, a.sources_live)
