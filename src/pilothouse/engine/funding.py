"""Funding: every hour a new rate, and a walk over the positions of each contract that pays them.

The walk is state with a cursor and is worked off in slices, a bounded number of rows a block.
"""

from __future__ import annotations

from pilothouse.engine import events as emit
from pilothouse.engine.debts import look_for_debts
from pilothouse.engine.positions import funding_now_e6, pay_funding
from pilothouse.engine.queue import ask_for_examination
from pilothouse.engine.state import State
from pilothouse.engine.work import FUNDING_WORK, visit
from pilothouse.language.kinds import MarketKind
from pilothouse.language.numbers import HOUR_US
from pilothouse.rules.bits import muldiv_down
from pilothouse.rules.compiled import inner
from pilothouse.rules.funding import UNIT_E6, hourly_payment_e6, hourly_rate_e12
from pilothouse.rules.index import is_expired

PAYMENT_WORK = 6
"""Rows that one payment visits: position, its account, both balances and their index."""


@inner
def start_hour_if_due(s: State) -> None:
    """End the hour when its time has come: settle what accrued and set the rates of the next."""
    x = s.exchange[0]
    if x.next_hour == 0:
        x.hour_started = x.time // HOUR_US * HOUR_US
        x.next_hour = x.hour_started + HOUR_US
    if x.time < x.next_hour:
        return
    for market in range(1, x.markets_used + 1):
        if s.markets[market].kind == MarketKind.PERPETUAL_LINEAR:
            _end_hour_of(s, market)
    visit(s, x.markets_used)
    x.hour_started = x.time // HOUR_US * HOUR_US
    x.next_hour = x.hour_started + HOUR_US
    look_for_debts(s)


@inner
def _end_hour_of(s: State, market: int) -> None:
    m = s.markets[market]
    m.funding_base_e6 = funding_now_e6(s, market)
    average = m.premium_sum_e12_ms // m.premium_ms if m.premium_ms > 0 else 0
    m.funding_rate_e12 = hourly_rate_e12(
        m.premium_sum_e12_ms, m.premium_ms, m.funding_coefficient, m.funding_rate_max_e12
    )
    if is_expired(s.assets[m.base].live_until, s.exchange[0].time):
        # Nothing is known that a rate could be made of.
        m.funding_rate_e12 = 0
    m.funding_payment_e6 = hourly_payment_e6(m.funding_rate_e12, _unit_value_e6(s, market))
    m.premium_sum_e12_ms = 0
    m.premium_ms = 0
    m.funding_cursor = m.positions_first
    if m.mark != 0:
        emit.funding_rate_set(s, 0, market, m.funding_rate_e12, average)


@inner
def _unit_value_e6(s: State, market: int) -> int:
    # What one unit of quantity is worth at the index, in millionths of a micro-dollar.
    m = s.markets[market]
    return muldiv_down(m.index * m.mark_multiplier, UNIT_E6, m.mark_divisor)


@inner
def pay_some_funding(s: State) -> None:
    """Pay funding of a bounded number of positions, where a walk is under way."""
    left = FUNDING_WORK // PAYMENT_WORK
    for market in range(1, s.exchange[0].markets_used + 1):
        m = s.markets[market]
        while m.funding_cursor != 0 and left > 0:
            row = m.funding_cursor
            m.funding_cursor = s.positions[row].next
            pay_funding(s, row)
            ask_for_examination(s, s.positions[row].account)
            visit(s, PAYMENT_WORK)
            left -= 1


@inner
def funding_is_quiet(s: State) -> bool:
    """Tell whether no walk is under way."""
    for market in range(1, s.exchange[0].markets_used + 1):
        if s.markets[market].funding_cursor != 0:
            return False
    return True
