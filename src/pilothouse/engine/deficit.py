"""Deficits: what an account without positions owes is paid from its collateral, then by the pool.

Its collateral is converted to dollars for what it counts for, after its haircut: the insurance
pool buys it. Only what is then still below zero the pool pays. So nobody keeps an asset whose fall
others pay for.
"""

from __future__ import annotations

from pilothouse.engine import events as emit
from pilothouse.engine.margin import account_margin
from pilothouse.engine.money import add, find_balance, room_for_balances
from pilothouse.engine.staleness import asset_is_stale
from pilothouse.engine.state import State
from pilothouse.engine.work import visit
from pilothouse.language.kinds import ProtectionStep, Wallet
from pilothouse.rules.bits import muldiv_down
from pilothouse.rules.compiled import inlined, inner
from pilothouse.rules.margin import collateral_value

CONVERSIONS_MOST = 128
"""Assets converted in one examination; the others are, in the next."""


@inner
def settle_deficit(s: State, account: int, is_a_step: bool) -> int:
    """Settle what an account without positions owes; return what equity is left (micro-dollars).

    The pool pays as far as it has dollars, and nothing while collateral is left to be converted.
    It is a step of its own unless it is the end of another one.
    """
    x = s.exchange[0]
    equity, rows = _equity(s, account)
    visit(s, rows)
    pool = find_balance(s, x.insurance_account, Wallet.FUTURES, x.dollar)
    if equity >= 0 or pool == 0 or s.balances[pool].available <= 0:
        return equity
    if is_a_step:
        emit.protection_step_taken(s, account, ProtectionStep.SETTLEMENT, 0, equity, 0, 0, 0, 0)
    if not _convert(s, account, pool):
        return equity
    equity, _ = _equity(s, account)
    amount = min(-equity, max(0, s.balances[pool].available))
    if amount > 0:
        add(s, x.insurance_account, Wallet.FUTURES, x.dollar, -amount)
        add(s, account, Wallet.FUTURES, x.dollar, amount)
        emit.insurance_paid(s, account, x.dollar, amount, x.insurance_account)
    return equity + amount


@inner
def waits_for_an_index(s: State, account: int) -> bool:
    """Tell whether an account owes, and has collateral that nobody can tell the price of now."""
    equity, rows = _equity(s, account)
    k = s.accounts[account].balances_first
    while k != 0 and equity < 0:
        rows += 1
        if _is_collateral(s, k) and asset_is_stale(s, s.balances[k].asset):
            visit(s, rows)
            return True
        k = s.balances[k].next
    visit(s, rows)
    return False


@inlined
def _equity(s: State, account: int) -> tuple[int, int]:
    equity, _, _, _, _, rows = account_margin(s, account, 0, 0)
    return equity, rows


@inlined
def _is_collateral(s: State, row: int) -> bool:
    b = s.balances[row]
    return b.wallet == Wallet.FUTURES and b.asset != s.exchange[0].dollar and b.available > 0


@inner
def _convert(s: State, account: int, pool: int) -> bool:
    # Whether all collateral was converted.
    count = 0
    k = s.accounts[account].balances_first
    while k != 0:
        visit(s, 2)
        if _is_collateral(s, k):
            count += 1
            if count > CONVERSIONS_MOST or not _buy(s, k, pool):
                return False
        k = s.balances[k].next
    return True


@inner
def _buy(s: State, row: int, pool: int) -> bool:
    # Whether the pool bought all of a balance; it buys what it has dollars for.
    b, x = s.balances[row], s.exchange[0]
    a = s.assets[b.asset]
    account, asset, amount, house = b.account, b.asset, b.available, x.insurance_account
    known = find_balance(s, house, Wallet.FUTURES, asset) != 0
    if a.index_e12 == 0 or asset_is_stale(s, asset) or not (known or room_for_balances(s, 1)):
        return False
    money = max(0, s.balances[pool].available)
    value = collateral_value(amount, a.index_e12, a.unit_e6, a.haircut_ppm)
    if value > money:
        amount = muldiv_down(amount, money, value)
        value = collateral_value(amount, a.index_e12, a.unit_e6, a.haircut_ppm)
    if amount == 0:
        return False
    for one, sign in ((account, -1), (house, 1)):
        add(s, one, Wallet.FUTURES, asset, sign * amount)
        add(s, one, Wallet.FUTURES, x.dollar, -sign * value)
    emit.collateral_converted(s, account, asset, amount, x.dollar, value, house)
    return s.balances[row].available == 0
