"""Margin of an account: equity against what its positions and orders need (micro-dollars).

The same function serves order entry, equity protection, the ceiling of a change, and every
preview. A candidate schedule may be named beside the state: then positions of its contract are
judged as if it held already.
"""

from __future__ import annotations

from pilothouse.engine.positions import funding_now_e6
from pilothouse.engine.state import State
from pilothouse.language.kinds import Wallet
from pilothouse.rules.bits import muldiv_up
from pilothouse.rules.compiled import inlined, inner
from pilothouse.rules.funding import received
from pilothouse.rules.margin import (
    collateral_value,
    requirement,
    scope_beats,
    scope_holds,
    tier_of,
)
from pilothouse.rules.money import value_down


@inlined
def notional(s: State, market: int, quantity: int) -> int:
    """Return an unsigned quantity's value at the contract's mark, rounded up."""
    m = s.markets[market]
    return muldiv_up(m.mark * m.mark_multiplier, quantity, m.mark_divisor)


@inlined
def unrealised(s: State, row: int) -> int:
    """Return a position's profit at the mark, rounded against its holder."""
    p = s.positions[row]
    m = s.markets[p.market]
    if p.quantity >= 0:
        return value_down(m.mark, p.quantity, m.mark_multiplier, m.mark_divisor) - p.entry_cost
    return -notional(s, p.market, -p.quantity) - p.entry_cost


@inlined
def accrued_funding(s: State, row: int) -> int:
    """Return what a position would receive if funding were paid now (negative: it pays)."""
    p = s.positions[row]
    return received(p.quantity, funding_now_e6(s, p.market) - p.funding_seen_e6)


@inlined
def worst_quantity(s: State, row: int) -> int:
    """Return the largest size a position can reach if only its buys or only its sells fill."""
    p = s.positions[row]
    return max(abs(p.quantity), abs(p.quantity + p.buys), abs(p.quantity - p.sells))


@inlined
def turned_quantity(s: State, row: int) -> int:
    """Return the size on the other side that a position reaches if its orders there fill, or 0."""
    p = s.positions[row]
    if p.quantity == 0:
        return 0
    return max(0, p.sells - p.quantity if p.quantity > 0 else p.buys + p.quantity)


@inlined
def resolve(s: State, row: int, candidate: int) -> int:
    """Return the schedule of a position: the most particular whose scope covers it, or 0.

    A candidate replaces the schedule of the same scope; a candidate without tiers removes it.
    """
    p = s.positions[row]
    return resolve_at(s, row, candidate, p.opened_at if p.quantity != 0 else s.exchange[0].time)


@inner
def resolve_at(s: State, row: int, candidate: int, opened_at: int) -> int:
    """Return the schedule that a position of a row has if it is opened at a time, or 0."""
    p = s.positions[row]
    a = s.accounts[p.account]
    best = 0
    k = s.markets[p.market].schedules_first
    while k != 0:
        if not same_scope(s, k, candidate):
            best = _better(s, best, k, a.client_class, a.jurisdiction, opened_at)
        k = s.schedules[k].next
    if candidate != 0 and s.schedules[candidate].count > 0:
        best = _better(s, best, candidate, a.client_class, a.jurisdiction, opened_at)
    return best


@inlined
def schedule_now(s: State, row: int) -> int:
    """Return the schedule that holds for a position's row now, or 0.

    A position keeps the one it was opened under. What orders would open would be opened now, and
    a cohort may have begun since they were placed.
    """
    p = s.positions[row]
    return p.schedule if p.quantity != 0 else resolve(s, row, 0)


@inlined
def same_scope(s: State, k: int, other: int) -> bool:
    """Tell whether two schedules have the same scope; none has the scope of 0."""
    if other == 0:
        return False
    one, two = s.schedules[k], s.schedules[other]
    return (
        one.client_class == two.client_class
        and one.jurisdiction == two.jurisdiction
        and one.opened_from == two.opened_from
    )


@inlined
def _better(s: State, best: int, k: int, client_class: int, country: int, opened_at: int) -> int:
    one = s.schedules[k]
    if not scope_holds(
        one.client_class, one.jurisdiction, one.opened_from, client_class, country, opened_at
    ):
        return best
    if best == 0:
        return k
    b = s.schedules[best]
    beats = scope_beats(
        one.client_class,
        one.jurisdiction,
        one.opened_from,
        b.client_class,
        b.jurisdiction,
        b.opened_from,
    )
    return k if beats else best


@inlined
def initial_of(s: State, schedule: int, notional_micro_usd: int) -> int:
    """Return the initial margin of a notional under a schedule."""
    one = s.schedules[schedule]
    tier = tier_of(notional_micro_usd, one.floors_usd, one.count)
    return requirement(notional_micro_usd, one.initial_ppm[tier], one.initial_deduction[tier])


@inlined
def maintenance_of(s: State, schedule: int, notional_micro_usd: int) -> int:
    """Return the maintenance margin of a notional under a schedule."""
    one = s.schedules[schedule]
    tier = tier_of(notional_micro_usd, one.floors_usd, one.count)
    return requirement(
        notional_micro_usd, one.maintenance_ppm[tier], one.maintenance_deduction[tier]
    )


@inner
def collateral(s: State, account: int) -> tuple[int, int]:
    """Return what the futures wallet counts for, after haircuts, and the rows visited."""
    x = s.exchange[0]
    total = 0
    rows = 0
    k = s.accounts[account].balances_first
    while k != 0:
        b = s.balances[k]
        if b.wallet == Wallet.FUTURES:
            held = b.available + b.held
            if b.asset == x.dollar:
                total += held
            elif held != 0:
                a = s.assets[b.asset]
                total += collateral_value(held, a.index_e12, a.unit_e6, a.haircut_ppm)
        rows += 1
        k = b.next
    return total, rows


@inner
def initial_with_orders(s: State, row: int, schedule: int, candidate: int) -> int:
    """Return the initial margin of a row under its schedule if the worst of its orders fill.

    What turns a position opens a new one, under the schedule that holds for those by now.
    """
    p = s.positions[row]
    need = initial_of(s, schedule, notional(s, p.market, worst_quantity(s, row)))
    turned = turned_quantity(s, row)
    if turned == 0:
        return need
    new = resolve_at(s, row, candidate, s.exchange[0].time)
    return max(need, initial_of(s, new, notional(s, p.market, turned)))


@inner
def account_margin(
    s: State, account: int, market: int, candidate: int
) -> tuple[int, int, int, int, int, int]:
    """Return (equity, initial, initial with orders, maintenance, notional, rows visited).

    Positions of `market` are judged with the `candidate` schedule beside the others; both may be
    0.
    """
    equity, rows = collateral(s, account)
    initial = 0
    with_orders = 0
    maintenance = 0
    total = 0
    k = s.accounts[account].positions_first
    while k != 0:
        p = s.positions[k]
        if p.quantity != 0 or p.buys != 0 or p.sells != 0:
            named = candidate if p.market == market else 0
            schedule = resolve(s, k, named) if p.market == market else schedule_now(s, k)
            size = notional(s, p.market, abs(p.quantity))
            need = initial_of(s, schedule, size)
            initial += need
            if p.buys != 0 or p.sells != 0:
                need = initial_with_orders(s, k, schedule, named)
            with_orders += need
            maintenance += maintenance_of(s, schedule, size)
            total += size
            if p.quantity != 0:
                equity += unrealised(s, k) + accrued_funding(s, k)
        rows += 1
        k = p.next_of_account
    return equity, initial, with_orders, maintenance, total, rows


@inner
def margin_at(
    s: State, account: int, market: int, candidate: int, mark: int
) -> tuple[int, int, int, int, int, int]:
    """Return an account's margin as `account_margin` does, at another mark of a contract."""
    m = s.markets[market]
    was = m.mark
    m.mark = mark
    made = account_margin(s, account, market, candidate)
    m.mark = was
    return made
