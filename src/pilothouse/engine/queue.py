"""The accounts that wait to be examined: a list through the accounts, each at most once."""

from __future__ import annotations

from pilothouse.engine.state import State
from pilothouse.rules.compiled import inner

WAITS = 1
WAITS_WITH_VOID_ORDERS = 2
"""Its orders may only reduce a position that it does not have any more."""


@inner
def ask_for_examination(s: State, account: int) -> None:
    """Put an account at the end of the queue unless it waits already."""
    a = s.accounts[account]
    if a.queued != 0 or a.positions_first == 0:
        return
    x = s.exchange[0]
    a.queued = WAITS
    a.queue_next = 0
    if x.queue_last == 0:
        x.queue_first = account
    else:
        s.accounts[x.queue_last].queue_next = account
    x.queue_last = account
    x.queue_count += 1


@inner
def ask_to_void_orders(s: State, account: int) -> None:
    """Ask for the examination of an account that closed or turned a position."""
    ask_for_examination(s, account)
    s.accounts[account].queued = WAITS_WITH_VOID_ORDERS


@inner
def next_has_void_orders(s: State) -> bool:
    """Tell whether the account that has waited longest is to lose orders first."""
    return s.accounts[s.exchange[0].queue_first].queued == WAITS_WITH_VOID_ORDERS


@inner
def take_from_queue(s: State) -> int:
    """Take the account that has waited longest, or 0."""
    x = s.exchange[0]
    account = x.queue_first
    if account == 0:
        return 0
    a = s.accounts[account]
    x.queue_first = a.queue_next
    if x.queue_first == 0:
        x.queue_last = 0
    a.queued = 0
    a.queue_next = 0
    x.queue_count -= 1
    return account
