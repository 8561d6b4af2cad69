"""Fee schedules and thirty-day volumes."""

from __future__ import annotations

from typing import Any

from pilothouse.engine import events as emit
from pilothouse.engine.change_control import is_change_control
from pilothouse.engine.money import balance_row
from pilothouse.engine.state import State
from pilothouse.language.numbers import DAY_US, MICRO_USD
from pilothouse.language.refusals import (
    CHANGE_CONTROL_ALONE_MAY_SAY_IT,
    FEE_TABLE_IS_FULL,
    TOO_MANY_TIERS,
)
from pilothouse.rules.bits import fits, muldiv_down
from pilothouse.rules.compiled import inlined, inner
from pilothouse.rules.fees import TIERS_MAX, VOLUME_DAYS, fee_schedule_refusal, tier_of

TIER_WORDS = 3


@inner
def set_fee_schedule(s: State, c: Any, words: Any, first: int) -> int:
    """Set a fee schedule from a command whose tiers start at word `first`; return a refusal.

    What a market charges is changed by change control alone.
    """
    if c.fee_schedule < 1 or c.fee_schedule >= s.fees.shape[0]:
        return FEE_TABLE_IS_FULL
    if not is_change_control(c.sender) and _is_charged(s, c.fee_schedule):
        return CHANGE_CONTROL_ALONE_MAY_SAY_IT
    if c.count < 1 or c.count > TIERS_MAX:
        return TOO_MANY_TIERS
    spare = s.fees[0]
    _read_tiers(spare, words, first, c.count)
    refused = fee_schedule_refusal(spare.volumes_from, spare.maker_ppm, spare.taker_ppm, c.count)
    if refused == 0:
        _read_tiers(s.fees[c.fee_schedule], words, first, c.count)
        s.fees[c.fee_schedule].count = c.count
        emit.fee_schedule_set(s, 0, c.fee_schedule, c.count)
    _clear(spare)
    return refused


@inner
def _is_charged(s: State, fee_schedule: int) -> bool:
    for market in range(1, s.exchange[0].markets_used + 1):
        if s.markets[market].fee_schedule == fee_schedule:
            return True
    return False


@inner
def _read_tiers(row: Any, words: Any, first: int, count: int) -> None:
    _clear(row)
    for k in range(count):
        row.volumes_from[k] = words[first + k * TIER_WORDS]
        row.maker_ppm[k] = words[first + k * TIER_WORDS + 1]
        row.taker_ppm[k] = words[first + k * TIER_WORDS + 2]


@inner
def _clear(row: Any) -> None:
    for k in range(TIERS_MAX):
        row.volumes_from[k] = 0
        row.maker_ppm[k] = 0
        row.taker_ppm[k] = 0


@inlined
def rates(s: State, account: int, fee_schedule: int) -> tuple[int, int]:
    """Return the maker's and the taker's fee of an account in ppm, 0 without a schedule."""
    if fee_schedule == 0:
        return 0, 0
    f = s.fees[fee_schedule]
    if f.count == 1:
        return f.maker_ppm[0], f.taker_ppm[0]
    volume = s.accounts[account].volume_micro_usd // MICRO_USD
    tier = tier_of(volume, f.volumes_from, f.count)
    return f.maker_ppm[tier], f.taker_ppm[tier]


@inlined
def fees_balance(s: State, market: int, wallet: int) -> int:
    """Return the row of the house's fees in a market's quote asset; its row was reserved.

    Every fill asks, so the market keeps the row. A market with fees is listed only where the house
    has an account for them.
    """
    m = s.markets[market]
    if m.fees_balance == 0:
        m.fees_balance = balance_row(s, s.exchange[0].fees_account, wallet, m.quote)
    return m.fees_balance


@inlined
def value_in_micro_usd(s: State, asset: int, value: int) -> int:
    """Return what a value of an asset is in micro-dollars at its index, 0 without an index."""
    if asset == s.exchange[0].dollar:
        return value
    a = s.assets[asset]
    if a.index_e12 == 0 or not fits(value, a.index_e12, a.unit_e6):
        return 0
    return muldiv_down(value, a.index_e12, a.unit_e6)


@inner
def add_volume(s: State, account: int, micro_usd: int) -> None:
    """Count a trade into the account's volume of thirty days; its row was reserved."""
    a = s.accounts[account]
    if a.volume == 0:
        return
    refresh_volume(s, account)
    s.volumes[a.volume].day_micro_usd[a.volume_day % VOLUME_DAYS] += micro_usd
    a.volume_micro_usd += micro_usd


@inner
def refresh_volume(s: State, account: int) -> None:
    """Let days that are thirty days old fall out of the account's volume."""
    a = s.accounts[account]
    today = s.exchange[0].time // DAY_US
    if a.volume == 0 or a.volume_day == today:
        return
    row = s.volumes[a.volume]
    for day in range(max(a.volume_day + 1, today - VOLUME_DAYS + 1), today + 1):
        a.volume_micro_usd -= row.day_micro_usd[day % VOLUME_DAYS]
        row.day_micro_usd[day % VOLUME_DAYS] = 0
    a.volume_day = today


@inlined
def room_for_volume(s: State, account: int) -> bool:
    """Tell whether an account has a volume row or can be given one."""
    return s.accounts[account].volume != 0 or s.exchange[0].volumes_used + 1 < s.volumes.shape[0]


@inlined
def ensure_volume(s: State, account: int) -> None:
    """Give an account its volume row, for which there is room."""
    a = s.accounts[account]
    if a.volume != 0:
        return
    x = s.exchange[0]
    x.volumes_used += 1
    a.volume = x.volumes_used
    a.volume_day = x.time // DAY_US
    s.volumes[a.volume].account = account
