"""Setting a margin schedule: compare the base, count against the ceiling, then write."""

from __future__ import annotations

from typing import Any

from pilothouse.engine import events as emit
from pilothouse.engine.block import view_block
from pilothouse.engine.change_control import is_change_control
from pilothouse.engine.impact import (
    NEWLY_BELOW_INITIAL,
    NEWLY_BELOW_MAINTENANCE,
    NOTIONAL_BELOW_INITIAL,
    NOTIONAL_BELOW_MAINTENANCE,
    count_impact,
    is_concerned,
    survey,
)
from pilothouse.engine.margin import resolve, same_scope
from pilothouse.engine.queue import ask_for_examination
from pilothouse.engine.state import State
from pilothouse.language.commands import SetMarginSchedule
from pilothouse.language.kinds import ClientClass, MarketKind
from pilothouse.language.refusals import (
    BASE_VERSION_HAS_MOVED,
    CHANGE_CONTROL_ALONE_MAY_SAY_IT,
    IMPACT_ABOVE_WHAT_WAS_SIGNED,
    NOT_A_CONTRACT,
    NOTHING_TO_CHANGE,
    ORDER_IS_NOT_A_KNOWN_KIND,
    SCHEDULE_TABLE_IS_FULL,
    TOO_MANY_TIERS,
    UNKNOWN_MARKET,
)
from pilothouse.language.rows import Rows
from pilothouse.rules.compiled import entry, inner
from pilothouse.rules.margin import TIERS_MAX, cohort_refusal, deductions, schedule_refusal

TIER_WORDS = 3
MARGIN_TIERS_AT = SetMarginSchedule.layout.slot("tiers").start


@inner
def set_margin_schedule(s: State, c: Any, tail: Any, words: Any, first: int) -> int:
    """Set a schedule as a command asks; its tiers start at word `first`. Return a refusal or 0."""
    refused = _scope_refusal(s, c)
    if refused != 0:
        return refused
    candidate = write_candidate(s, c, tail.count, words, first)
    counts = s.scratch[0].counts
    refused = _founding_refusal(s, c, candidate)
    if refused == 0:
        refused = candidate_refusal(s, c.market, candidate)
    if refused == 0:
        count_impact(s, c.market, candidate, counts)
        if _is_above_ceiling(c, counts):
            refused = IMPACT_ABOVE_WHAT_WAS_SIGNED
    if refused != 0:
        _free_schedule(s, candidate)
        return refused
    _install(s, c.market, candidate)
    _tell(s, c, counts)
    return 0


@inner
def _scope_refusal(s: State, c: Any) -> int:
    x = s.exchange[0]
    if c.market < 1 or c.market > x.markets_used:
        return UNKNOWN_MARKET
    m = s.markets[c.market]
    if m.kind == MarketKind.SPOT or m.kind == MarketKind.INDEX:
        return NOT_A_CONTRACT
    if c.base_version != m.schedule_version:
        return BASE_VERSION_HAS_MOVED
    if c.client_class < ClientClass.ANY or c.client_class > ClientClass.HOUSE:
        return ORDER_IS_NOT_A_KNOWN_KIND
    if c.jurisdiction < 0 or c.opened_from < 0:
        return ORDER_IS_NOT_A_KNOWN_KIND
    if x.schedules_free == 0 and x.schedules_used + 1 >= s.schedules.shape[0]:
        return SCHEDULE_TABLE_IS_FULL
    return 0


@inner
def _founding_refusal(s: State, c: Any, candidate: int) -> int:
    # Before anybody ordered in a contract it may be given schedules, for each scope once; whatever
    # holds is replaced or removed by change control alone.
    if is_change_control(c.sender):
        return 0
    if s.markets[c.market].rows_first != 0 or _find_scope(s, c.market, candidate) != 0:
        return CHANGE_CONTROL_ALONE_MAY_SAY_IT
    return 0


@inner
def write_candidate(s: State, c: Any, count: int, words: Any, first: int) -> int:
    """Write a command's schedule into a row of its own that nothing links yet; return the row."""
    x = s.exchange[0]
    k = x.schedules_free
    if k == 0:
        x.schedules_used += 1
        k = x.schedules_used
    else:
        x.schedules_free = s.schedules[k].next
    one = s.schedules[k]
    one.next = 0
    one.market = c.market
    one.client_class = c.client_class
    one.jurisdiction = c.jurisdiction
    one.opened_from = c.opened_from
    one.count = count
    for t in range(min(max(count, 0), TIERS_MAX)):
        one.floors_usd[t] = words[first + t * TIER_WORDS]
        one.initial_ppm[t] = words[first + t * TIER_WORDS + 1]
        one.maintenance_ppm[t] = words[first + t * TIER_WORDS + 2]
    return k


@inner
def candidate_refusal(s: State, market: int, candidate: int) -> int:
    """Return why a candidate may not hold, or 0; complete its deductions."""
    one = s.schedules[candidate]
    existing = _find_scope(s, market, candidate)
    if one.count == 0:
        return _removal_refusal(s, market, candidate, existing)
    if one.count < 0 or one.count > TIERS_MAX:
        return TOO_MANY_TIERS
    refused = cohort_refusal(one.opened_from, s.exchange[0].time, existing != 0)
    if refused != 0:
        return refused
    fee = s.markets[market].liquidation_fee_ppm
    refused = schedule_refusal(
        one.floors_usd, one.initial_ppm, one.maintenance_ppm, one.count, fee, one.client_class
    )
    if refused != 0:
        return refused
    deductions(one.floors_usd, one.initial_ppm, one.count, one.initial_deduction)
    deductions(one.floors_usd, one.maintenance_ppm, one.count, one.maintenance_deduction)
    if existing != 0 and _same_tiers(s, existing, candidate):
        return NOTHING_TO_CHANGE
    return 0


@inner
def _removal_refusal(s: State, market: int, candidate: int, existing: int) -> int:
    # The schedule for everyone is never removed, so that every position always has one.
    one = s.schedules[candidate]
    everyone = one.client_class == 0 and one.jurisdiction == 0 and one.opened_from == 0
    return NOTHING_TO_CHANGE if existing == 0 or everyone else 0


@inner
def _find_scope(s: State, market: int, candidate: int) -> int:
    k = s.markets[market].schedules_first
    while k != 0:
        if same_scope(s, k, candidate):
            return k
        k = s.schedules[k].next
    return 0


@inner
def _same_tiers(s: State, one: int, other: int) -> bool:
    a, b = s.schedules[one], s.schedules[other]
    if a.count != b.count:
        return False
    for t in range(a.count):
        if a.floors_usd[t] != b.floors_usd[t] or a.initial_ppm[t] != b.initial_ppm[t]:
            return False
        if a.maintenance_ppm[t] != b.maintenance_ppm[t]:
            return False
    return True


@inner
def _is_above_ceiling(c: Any, counts: Any) -> bool:
    return (
        _exceeds(counts[NEWLY_BELOW_INITIAL], c.accounts_below_initial_max)
        or _exceeds(counts[NEWLY_BELOW_MAINTENANCE], c.accounts_below_maintenance_max)
        or _exceeds(counts[NOTIONAL_BELOW_INITIAL], c.notional_below_initial_max)
        or _exceeds(counts[NOTIONAL_BELOW_MAINTENANCE], c.notional_below_maintenance_max)
    )


@inner
def _exceeds(count: int, most: int) -> bool:
    return most >= 0 and count > most


@inner
def _install(s: State, market: int, candidate: int) -> None:
    m = s.markets[market]
    existing = _find_scope(s, market, candidate)
    if existing != 0:
        _unlink_schedule(s, market, existing)
        _free_schedule(s, existing)
    if s.schedules[candidate].count == 0:
        _free_schedule(s, candidate)
    else:
        s.schedules[candidate].next = m.schedules_first
        m.schedules_first = candidate
    m.schedule_version += 1
    k = m.rows_first
    while k != 0:
        p = s.positions[k]
        p.schedule = resolve(s, k, 0)
        if is_concerned(s, k):
            ask_for_examination(s, p.account)
        k = p.next_of_market


@inner
def _unlink_schedule(s: State, market: int, schedule: int) -> None:
    m = s.markets[market]
    if m.schedules_first == schedule:
        m.schedules_first = s.schedules[schedule].next
        return
    k = m.schedules_first
    while s.schedules[k].next != schedule:
        k = s.schedules[k].next
    s.schedules[k].next = s.schedules[schedule].next


@inner
def _free_schedule(s: State, schedule: int) -> None:
    x = s.exchange[0]
    one = s.schedules[schedule]
    one.market = 0
    one.client_class = 0
    one.jurisdiction = 0
    one.opened_from = 0
    one.count = 0
    for t in range(TIERS_MAX):
        one.floors_usd[t] = 0
        one.initial_ppm[t] = 0
        one.maintenance_ppm[t] = 0
        one.initial_deduction[t] = 0
        one.maintenance_deduction[t] = 0
    one.next = x.schedules_free
    x.schedules_free = schedule


@inner
def _tell(s: State, c: Any, counts: Any) -> None:
    emit.margin_schedule_set(
        s,
        0,
        c.market,
        c.client_class,
        c.jurisdiction,
        c.opened_from,
        s.markets[c.market].schedule_version,
        counts[NEWLY_BELOW_INITIAL],
        counts[NEWLY_BELOW_MAINTENANCE],
        counts[NOTIONAL_BELOW_INITIAL],
        counts[NOTIONAL_BELOW_MAINTENANCE],
        c.cause,
        c.cause_id,
    )


@entry
def _survey_rows(s: State, block: Any, words: Any, counts: Any, bands: Any, top: Any) -> int:
    c = block.set_margin_schedule[0]
    refused = _scope_refusal(s, c)
    if refused != 0:
        return refused
    count = block.set_margin_schedule_tail[1].count
    candidate = write_candidate(s, c, count, words, MARGIN_TIERS_AT)
    refused = candidate_refusal(s, c.market, candidate)
    if refused == 0:
        survey(s, c.market, candidate, counts, bands, top)
    _free_schedule(s, candidate)
    return refused


def rehearse_schedule(s: State, rows: Rows, counts: Any, bands: Any, top: Any) -> int:
    """Count what a SetMarginSchedule would do, on a copy; return a refusal or 0.

    Beside the counts it fills `bands` (before, after) and `top`, the most affected accounts. The
    ceiling is not judged here: the command itself does that.
    """
    block, words = view_block(rows)
    return int(_survey_rows(s, block, words, counts, bands, top))
