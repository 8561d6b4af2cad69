"""Transfers between the wallets of an account, with margin as the limit of what may leave."""

from __future__ import annotations

from typing import Any

from pilothouse.engine import events as emit
from pilothouse.engine.debts import find_some_debts, look_for_debts
from pilothouse.engine.doubt import unproven
from pilothouse.engine.margin import account_margin
from pilothouse.engine.money import move, take_back_balances, transfer_refusal
from pilothouse.engine.queue import ask_for_examination
from pilothouse.engine.staleness import index_is_stale
from pilothouse.engine.state import State
from pilothouse.engine.work import visit
from pilothouse.language.kinds import Wallet
from pilothouse.language.refusals import (
    ACCOUNT_IS_BEING_LIQUIDATED,
    INDEX_IS_STALE,
    TRANSFER_WOULD_BREACH_MARGIN,
)
from pilothouse.rules.compiled import inner


@inner
def transfer(s: State, c: Any) -> int:
    """Move money between wallets as a command asks; return a refusal or 0.

    What leaves the futures wallet must leave equity at or above initial margin with orders,
    without what rests on a stale index.
    """
    refused = transfer_refusal(s, c)
    if refused != 0:
        return refused
    if c.source == Wallet.FUTURES and s.accounts[c.account].protection != 0:
        return ACCOUNT_IS_BEING_LIQUIDATED
    if c.source == Wallet.FUTURES and _holds_on_stale_index(s, c.account):
        return INDEX_IS_STALE
    balances = s.exchange[0].balances_used
    move(s, c.account, c.asset, c.source, c.target, c.amount)
    if c.source == Wallet.FUTURES:
        equity, _, with_orders, _, _, rows = account_margin(s, c.account, 0, 0)
        stale, more = unproven(s, c.account)
        visit(s, rows + more)
        if equity - stale < with_orders:
            move(s, c.account, c.asset, c.target, c.source, c.amount)
            take_back_balances(s, balances)
            return INDEX_IS_STALE if equity >= with_orders else TRANSFER_WOULD_BREACH_MARGIN
    ask_for_examination(s, c.account)
    if c.account == s.exchange[0].insurance_account:
        look_for_debts(s)
        find_some_debts(s)
    emit.transferred(s, c.account, c.asset, c.source, c.target, c.amount)
    return 0


@inner
def _holds_on_stale_index(s: State, account: int) -> bool:
    # Whether a position is valued at a mark that is not known to be true any more.
    k = s.accounts[account].positions_first
    while k != 0:
        if s.positions[k].quantity != 0 and index_is_stale(s, s.positions[k].market):
            return True
        k = s.positions[k].next_of_account
    return False
