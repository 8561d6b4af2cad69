"""Deficits: below zero equity collateral is converted; what is missing at the end the pool pays.

Collateral is converted to dollars for what it counts for, after its haircut: the insurance pool
buys it, while positions are open, too. Only what is below zero once no position is left the pool
pays. So nobody keeps an asset whose fall others pay for.
"""

from __future__ import annotations

from pilothouse.engine import events as emit
from pilothouse.engine.margin import account_margin
from pilothouse.engine.money import add, find_balance, room_for_balances
from pilothouse.engine.staleness import asset_is_stale
from pilothouse.engine.state import State
from pilothouse.engine.work import visit
from pilothouse.language.kinds import Wallet
from pilothouse.rules.bits import muldiv_down
from pilothouse.rules.compiled import inlined, inner
from pilothouse.rules.margin import collateral_value

CONVERSIONS_MOST = 128
"""Assets converted in one examination; the others are, in the next."""
MONEY_LEAST = 1_000_000
"""Micro-dollars below which the pool buys nothing."""


@inner
def can_convert(s: State, account: int) -> bool:
    """Tell whether the pool could buy collateral of an account now."""
    k = s.accounts[account].balances_first
    while k != 0:
        visit(s, 1)
        if _amount_to_buy(s, k) > 0:
            return True
        k = s.balances[k].next
    return False


@inner
def convert(s: State, account: int) -> None:
    """Let the pool buy an account's collateral as far as it has dollars; what has no index that
    can be relied on stays.
    """
    count = 0
    k = s.accounts[account].balances_first
    while k != 0 and count < CONVERSIONS_MOST:
        visit(s, 2)
        amount = _amount_to_buy(s, k)
        if amount > 0:
            _buy(s, k, amount)
            count += 1
        k = s.balances[k].next


@inner
def waits_for_an_index(s: State, account: int) -> bool:
    """Tell whether an account owes, and has collateral that nobody can tell the price of now."""
    k = s.accounts[account].balances_first
    while k != 0:
        visit(s, 1)
        if _is_collateral(s, k) and asset_is_stale(s, s.balances[k].asset):
            return _equity(s, account) < 0
        k = s.balances[k].next
    return False


@inner
def pay_deficit(s: State, account: int) -> int:
    """Let the pool pay what an account is below zero, as far as it has dollars; return what equity
    is left (micro-dollars). While it could not buy all collateral it pays nothing.
    """
    x = s.exchange[0]
    equity = _equity(s, account)
    amount = 0 if _has_convertible(s, account) else min(-equity, _money(s))
    if amount > 0:
        add(s, x.insurance_account, Wallet.FUTURES, x.dollar, -amount)
        add(s, account, Wallet.FUTURES, x.dollar, amount)
        emit.insurance_paid(s, account, x.dollar, amount, x.insurance_account)
    return equity + max(0, amount)


@inlined
def _equity(s: State, account: int) -> int:
    equity, _, _, _, _, rows = account_margin(s, account, 0, 0)
    visit(s, rows)
    return equity


@inlined
def _money(s: State) -> int:
    x = s.exchange[0]
    pool = find_balance(s, x.insurance_account, Wallet.FUTURES, x.dollar)
    return max(0, s.balances[pool].available) if pool != 0 else 0


@inlined
def _is_collateral(s: State, row: int) -> bool:
    b = s.balances[row]
    return b.wallet == Wallet.FUTURES and b.asset != s.exchange[0].dollar and b.available > 0


@inlined
def _is_convertible(s: State, row: int) -> bool:
    asset = s.balances[row].asset
    known = s.assets[asset].index_e12 != 0 and not asset_is_stale(s, asset)
    return known and _is_collateral(s, row)


@inner
def _has_convertible(s: State, account: int) -> bool:
    k = s.accounts[account].balances_first
    while k != 0:
        visit(s, 1)
        if _is_convertible(s, k):
            return True
        k = s.balances[k].next
    return False


@inner
def _amount_to_buy(s: State, row: int) -> int:
    b = s.balances[row]
    a = s.assets[b.asset]
    known = find_balance(s, s.exchange[0].insurance_account, Wallet.FUTURES, b.asset) != 0
    if not _is_convertible(s, row) or not (known or room_for_balances(s, 1)):
        return 0
    money = _money(s)
    value = collateral_value(b.available, a.index_e12, a.unit_e6, a.haircut_ppm)
    if value <= money:
        return b.available
    return muldiv_down(b.available, money, value) if money >= MONEY_LEAST else 0


@inner
def _buy(s: State, row: int, amount: int) -> None:
    b, x = s.balances[row], s.exchange[0]
    a = s.assets[b.asset]
    account, asset, house = b.account, b.asset, x.insurance_account
    value = collateral_value(amount, a.index_e12, a.unit_e6, a.haircut_ppm)
    for one, sign in ((account, -1), (house, 1)):
        add(s, one, Wallet.FUTURES, asset, sign * amount)
        add(s, one, Wallet.FUTURES, x.dollar, -sign * value)
    emit.collateral_converted(s, account, asset, amount, x.dollar, value, house)
