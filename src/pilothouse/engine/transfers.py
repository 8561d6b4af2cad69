"""Transfers between the wallets of an account, with margin as the limit of what may leave."""

from __future__ import annotations

from typing import Any

from pilothouse.engine import events as emit
from pilothouse.engine.margin import account_margin
from pilothouse.engine.money import move, take_back_balances, transfer_refusal
from pilothouse.engine.queue import ask_for_examination
from pilothouse.engine.state import State
from pilothouse.language.kinds import Wallet
from pilothouse.language.refusals import ACCOUNT_IS_BEING_LIQUIDATED, TRANSFER_WOULD_BREACH_MARGIN
from pilothouse.rules.compiled import inner


@inner
def transfer(s: State, c: Any) -> int:
    """Move money between wallets as a command asks; return a refusal or 0.

    What leaves the futures wallet must leave equity at or above initial margin with orders.
    """
    refused = transfer_refusal(s, c)
    if refused != 0:
        return refused
    if c.source == Wallet.FUTURES and s.accounts[c.account].protection != 0:
        return ACCOUNT_IS_BEING_LIQUIDATED
    balances = s.exchange[0].balances_used
    move(s, c.account, c.asset, c.source, c.target, c.amount)
    if c.source == Wallet.FUTURES:
        equity, _, with_orders, _, _ = account_margin(s, c.account, 0, 0)
        if equity < with_orders:
            move(s, c.account, c.asset, c.target, c.source, c.amount)
            take_back_balances(s, balances)
            return TRANSFER_WOULD_BREACH_MARGIN
    ask_for_examination(s, c.account)
    emit.transferred(s, c.account, c.asset, c.source, c.target, c.amount)
    return 0
