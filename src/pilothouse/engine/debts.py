"""Debts: accounts that hold no position and less than nothing, since the pool could not pay.

Nobody examines them for a price, so they are looked for: whenever the pool is given money, and at
the end of each hour while it has some. The walk over the accounts is state with a cursor, worked
off in slices. An account with a debt is examined anew, and the pool pays what it has.
"""

from __future__ import annotations

from pilothouse.engine.margin import collateral
from pilothouse.engine.money import find_balance
from pilothouse.engine.queue import ask_for_examination
from pilothouse.engine.state import State
from pilothouse.engine.work import DEBT_WORK, visit
from pilothouse.language.kinds import Wallet
from pilothouse.rules.compiled import inlined, inner


@inner
def look_for_debts(s: State) -> None:
    """Begin the walk, if the pool has anything to pay with; `find_some_debts` makes it."""
    x = s.exchange[0]
    pool = find_balance(s, x.insurance_account, Wallet.FUTURES, x.dollar)
    if pool != 0 and s.balances[pool].available > 0:
        x.debt_cursor = 1


@inner
def find_some_debts(s: State) -> None:
    """Go on with the walk, a bounded number of rows at a time."""
    x = s.exchange[0]
    left = DEBT_WORK if x.debt_cursor != 0 else 0
    while left > 0:
        account = x.debt_cursor
        debt, rows = debt_of(s, account)
        if debt > 0:
            ask_for_examination(s, account)
        left -= rows
        visit(s, rows)
        x.debt_cursor = account + 1
        if x.debt_cursor > x.accounts_used:
            x.debt_cursor = 0
            left = 0


@inlined
def debt_of(s: State, account: int) -> tuple[int, int]:
    """Return what an account without positions owes (micro-dollars), and rows visited."""
    rows = 1
    k = s.accounts[account].positions_first
    if k == 0:
        return 0, rows
    while k != 0:
        rows += 1
        if s.positions[k].quantity != 0:
            return 0, rows
        k = s.positions[k].next_of_account
    equity, more = collateral(s, account)
    return max(0, -equity), rows + more
