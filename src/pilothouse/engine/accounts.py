"""Accounts: opening them, of clients and of the house."""

from __future__ import annotations

from typing import Any

from pilothouse.engine import events as emit
from pilothouse.engine.state import State
from pilothouse.language.kinds import ClientClass, Purpose
from pilothouse.language.refusals import (
    ACCOUNT_IS_THE_HOUSES,
    ACCOUNT_TABLE_IS_FULL,
    ORDER_IS_NOT_A_KNOWN_KIND,
    UNKNOWN_ACCOUNT,
)
from pilothouse.rules.compiled import inlined, inner


@inner
def open_account(s: State, c: Any) -> tuple[int, int]:
    """Open an account as a command asks; return (refusal, account)."""
    x = s.exchange[0]
    if c.client_class < ClientClass.RETAIL or c.client_class > ClientClass.HOUSE:
        return ORDER_IS_NOT_A_KNOWN_KIND, 0
    if c.purpose < Purpose.CLIENT or c.purpose > Purpose.SUSPENSE:
        return ORDER_IS_NOT_A_KNOWN_KIND, 0
    if x.accounts_used + 1 >= s.accounts.shape[0]:
        return ACCOUNT_TABLE_IS_FULL, 0
    account = new_account(s, c.client_class, c.purpose)
    s.accounts[account].jurisdiction = c.jurisdiction
    s.accounts[account].firm = c.firm
    s.accounts[account].orders_max = c.orders_max
    return 0, account


@inner
def new_account(s: State, client_class: int, purpose: int) -> int:
    """Open an account whose row was reserved; the first of a house purpose becomes the house's."""
    x = s.exchange[0]
    x.accounts_used += 1
    account = x.accounts_used
    a = s.accounts[account]
    a.client_class = client_class
    a.purpose = purpose
    a.opened_at = x.time
    if purpose == Purpose.FEES and x.fees_account == 0:
        x.fees_account = account
    if purpose == Purpose.INSURANCE and x.insurance_account == 0:
        x.insurance_account = account
    if purpose == Purpose.CUSTODY and x.custody_account == 0:
        x.custody_account = account
    emit.account_opened(s, account, client_class, purpose)
    return account


@inlined
def account_refusal(s: State, account: int) -> int:
    """Return UNKNOWN_ACCOUNT unless the account exists."""
    if account < 1 or account > s.exchange[0].accounts_used:
        return UNKNOWN_ACCOUNT
    return 0


@inlined
def house_refusal(s: State, account: int) -> int:
    """Return ACCOUNT_IS_THE_HOUSES unless a known account is a client's."""
    return 0 if s.accounts[account].purpose == Purpose.CLIENT else ACCOUNT_IS_THE_HOUSES


@inlined
def pool_refusal(s: State, account: int) -> int:
    """Return ACCOUNT_IS_THE_HOUSES unless a known account is a client's or the insurance pool."""
    return 0 if account == s.exchange[0].insurance_account else house_refusal(s, account)
