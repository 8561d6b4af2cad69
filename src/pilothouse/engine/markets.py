"""Markets: listing them, and what every order asks of one."""

from __future__ import annotations

from typing import Any

from pilothouse.engine import events as emit
from pilothouse.engine.accounts import new_account
from pilothouse.engine.assets import power_of_ten
from pilothouse.engine.levels import open_book
from pilothouse.engine.money import asset_refusal
from pilothouse.engine.state import State
from pilothouse.language.kinds import ClientClass, MarketKind, MarketStatus, Purpose
from pilothouse.language.numbers import INDEX_DECIMALS, MARK_DECIMALS, PPM
from pilothouse.language.refusals import (
    ACCOUNT_TABLE_IS_FULL,
    BAND_IS_OUT_OF_RANGE,
    DECIMALS_ARE_OUT_OF_RANGE,
    FEES_ACCOUNT_IS_MISSING,
    FUNDING_LIMIT_IS_OUT_OF_RANGE,
    INSURANCE_ACCOUNT_IS_MISSING,
    LOT_MUST_BE_POSITIVE,
    MARKET_TABLE_IS_FULL,
    MINIMUM_MUST_BE_ON_THE_LOT,
    ORDER_IS_NOT_A_KNOWN_KIND,
    SYMBOL_IS_EMPTY,
    SYMBOL_IS_TAKEN,
    TICK_MUST_BE_POSITIVE,
    UNKNOWN_FEE_SCHEDULE,
    UNKNOWN_MARKET,
)
from pilothouse.rules.compiled import inlined, inner
from pilothouse.rules.price_band import band_is_allowed

DOLLAR_DECIMALS = 6
E12 = 1_000_000_000_000


@inner
def list_market(s: State, c: Any, tail: Any) -> tuple[int, int]:
    """List a market as a command asks; return (refusal, market). `tail` is its second row."""
    refused = _listing_refusal(s, c, tail)
    if refused != 0:
        return refused, 0
    x = s.exchange[0]
    x.markets_used += 1
    market = x.markets_used
    m = s.markets[market]
    _copy_listing(m, c, tail)
    m.bids = open_book(s, m.tick)
    m.asks = open_book(s, m.tick)
    m.long_triggers = open_book(s, 1)
    m.short_triggers = open_book(s, 1)
    decimals = s.assets[m.quote].decimals - m.price_decimals - m.quantity_decimals
    m.multiplier = power_of_ten(max(decimals, 0))
    m.divisor = power_of_ten(max(-decimals, 0))
    if is_contract(m.kind):
        _list_contract(s, market, decimals)
    emit.market_listed(s, 0, market, m.kind)
    return 0, market


@inner
def _list_contract(s: State, market: int, decimals: int) -> None:
    m = s.markets[market]
    m.mark_multiplier = power_of_ten(max(decimals - MARK_DECIMALS, 0))
    m.mark_divisor = power_of_ten(max(MARK_DECIMALS - decimals, 0))
    finer = INDEX_DECIMALS - m.price_decimals - MARK_DECIMALS
    m.index_divisor = power_of_ten(max(finer, 0))
    m.index_multiplier = power_of_ten(max(-finer, 0))
    m.clearing_account = new_account(s, ClientClass.HOUSE, Purpose.CLEARING)
    m.insurance_account = s.exchange[0].insurance_account
    m.next_of_asset = s.assets[m.base].markets_first
    s.assets[m.base].markets_first = market
    if s.exchange[0].dollar == 0 and m.kind == MarketKind.PERPETUAL_LINEAR:
        s.exchange[0].dollar = m.quote


@inlined
def is_contract(kind: int) -> bool:
    """Tell whether a market kind is a contract with positions and margin."""
    return kind != MarketKind.SPOT and kind != MarketKind.INDEX


@inner
def _copy_listing(m: Any, c: Any, tail: Any) -> None:
    m.symbol_0 = c.symbol_0
    m.symbol_1 = c.symbol_1
    m.symbol_2 = c.symbol_2
    m.kind = c.kind
    m.base = c.base
    m.quote = c.quote
    m.price_decimals = c.price_decimals
    m.quantity_decimals = c.quantity_decimals
    m.tick = c.tick
    m.lot = tail.lot
    m.quantity_min = tail.quantity_min
    m.cost_min = tail.cost_min
    m.position_max = tail.position_max
    m.fee_schedule = tail.fee_schedule
    m.status = tail.status
    m.status_version = 1
    m.band_ppm = tail.band_ppm
    m.band_version = 1
    m.funding_coefficient = tail.funding_coefficient
    m.funding_rate_max_e12 = tail.funding_rate_max_e12
    m.premium_max_ppm = tail.premium_max_ppm
    m.liquidation_fee_ppm = tail.liquidation_fee_ppm
    m.impact_quantity = tail.impact_quantity
    m.schedule_version = 1


@inner
def _listing_refusal(s: State, c: Any, tail: Any) -> int:
    x = s.exchange[0]
    if c.symbol_0 == 0:
        return SYMBOL_IS_EMPTY
    if c.kind < MarketKind.SPOT or c.kind > MarketKind.INDEX:
        return ORDER_IS_NOT_A_KNOWN_KIND
    if is_contract(c.kind) and x.insurance_account == 0:
        return INSURANCE_ACCOUNT_IS_MISSING
    if tail.fee_schedule != 0 and x.fees_account == 0:
        return FEES_ACCOUNT_IS_MISSING
    refused = asset_refusal(s, c.base)
    if refused == 0:
        refused = asset_refusal(s, c.quote)
    if refused == 0:
        refused = _grid_refusal(s, c, tail)
    if refused == 0:
        refused = _limits_refusal(s, c, tail)
    if refused != 0:
        return refused
    if find_symbol(s, c) != 0:
        return SYMBOL_IS_TAKEN
    if x.markets_used + 1 >= s.markets.shape[0]:
        return MARKET_TABLE_IS_FULL
    if x.accounts_used + 1 >= s.accounts.shape[0]:
        return ACCOUNT_TABLE_IS_FULL
    return 0


@inner
def _grid_refusal(s: State, c: Any, tail: Any) -> int:
    if c.price_decimals < 0 or c.price_decimals > 12:
        return DECIMALS_ARE_OUT_OF_RANGE
    if c.quantity_decimals < 0 or c.quantity_decimals > 12:
        return DECIMALS_ARE_OUT_OF_RANGE
    apart = s.assets[c.quote].decimals - c.price_decimals - c.quantity_decimals
    if apart < -16 or apart > 12:
        return DECIMALS_ARE_OUT_OF_RANGE
    if c.kind == MarketKind.PERPETUAL_LINEAR and s.assets[c.quote].decimals != DOLLAR_DECIMALS:
        return DECIMALS_ARE_OUT_OF_RANGE
    if c.kind == MarketKind.SPOT and s.assets[c.base].decimals != c.quantity_decimals:
        return DECIMALS_ARE_OUT_OF_RANGE
    if c.tick < 1:
        return TICK_MUST_BE_POSITIVE
    if tail.lot < 1:
        return LOT_MUST_BE_POSITIVE
    if tail.quantity_min < 0 or tail.quantity_min % tail.lot != 0:
        return MINIMUM_MUST_BE_ON_THE_LOT
    return 0


@inner
def _limits_refusal(s: State, c: Any, tail: Any) -> int:
    if tail.fee_schedule < 0 or tail.fee_schedule >= s.fees.shape[0]:
        return UNKNOWN_FEE_SCHEDULE
    if tail.fee_schedule != 0 and s.fees[tail.fee_schedule].count == 0:
        return UNKNOWN_FEE_SCHEDULE
    if tail.status < MarketStatus.ONLINE or tail.status > MarketStatus.DELISTED:
        return ORDER_IS_NOT_A_KNOWN_KIND
    if not band_is_allowed(tail.band_ppm):
        return BAND_IS_OUT_OF_RANGE
    if tail.funding_rate_max_e12 < 0 or tail.funding_rate_max_e12 > E12:
        return FUNDING_LIMIT_IS_OUT_OF_RANGE
    if tail.funding_coefficient < 0 or tail.premium_max_ppm < 0 or tail.premium_max_ppm > PPM:
        return FUNDING_LIMIT_IS_OUT_OF_RANGE
    if tail.liquidation_fee_ppm < 0 or tail.liquidation_fee_ppm > PPM // 2:
        return FUNDING_LIMIT_IS_OUT_OF_RANGE
    if tail.cost_min < 0 or tail.position_max < 0 or tail.impact_quantity < 0:
        return MINIMUM_MUST_BE_ON_THE_LOT
    return 0


@inner
def find_symbol(s: State, c: Any) -> int:
    """Return the market whose symbol a command names, or 0."""
    for k in range(1, s.exchange[0].markets_used + 1):
        m = s.markets[k]
        if m.symbol_0 == c.symbol_0 and m.symbol_1 == c.symbol_1 and m.symbol_2 == c.symbol_2:
            return k
    return 0


@inlined
def market_refusal(s: State, market: int) -> int:
    """Return UNKNOWN_MARKET unless the market is listed."""
    return UNKNOWN_MARKET if market < 1 or market > s.exchange[0].markets_used else 0
