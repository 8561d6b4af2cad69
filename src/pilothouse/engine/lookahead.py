"""Looking ahead in a block: memory is asked for what the commands to come will touch.

An order or a cancel touches some ten rows in random places, and each would be waited for, one
after the other. The block tells them all beforehand: far ahead the rows that a command names,
nearer the rows that those name. This reads and asks, and changes nothing; a wrong guess costs a
little time.
"""

from __future__ import annotations

from typing import Any

from pilothouse.engine.accounts import account_refusal
from pilothouse.engine.markets import market_refusal
from pilothouse.engine.money import balance_place
from pilothouse.engine.orders import order_place
from pilothouse.engine.pointers import fetch
from pilothouse.engine.state import State
from pilothouse.language.commands import CancelOrder, PlaceOrder
from pilothouse.language.kinds import Side, Wallet
from pilothouse.rules.compiled import inlined

PLACE_ORDER, CANCEL_ORDER = PlaceOrder.number, CancelOrder.number
FAR = 24
MIDDLE = 16
NEAR = 8
"""How many rows ahead: memory answers while so many commands are stepped."""


@inlined
def look_ahead(s: State, block: Any, row: int, end: int) -> None:
    """Ask for what the commands some rows behind `row` will touch."""
    if row + FAR < end:
        _ask_for_names(s, block, row + FAR)
    if row + MIDDLE < end:
        _ask_for_rows(s, block, row + MIDDLE)
    if row + NEAR < end:
        _ask_for_neighbours(s, block, row + NEAR)


@inlined
def _ask_for_names(s: State, block: Any, row: int) -> None:
    # What the command itself names: its account, and places of the hash tables.
    kind = block.head[row].command
    if kind == PLACE_ORDER:
        c = block.place_order[row]
        fetch(s.accounts, c.account, 0)
        if market_refusal(s, c.market) == 0:
            m = s.markets[c.market]
            fetch(s.balance_index, balance_place(s, c.account, Wallet.SPOT, m.base), 0)
            fetch(s.balance_index, balance_place(s, c.account, Wallet.SPOT, m.quote), 0)
    elif kind == CANCEL_ORDER:
        c = block.cancel_order[row]
        fetch(s.accounts, c.account, 0)
        fetch(s.order_index, order_place(s, c.order), 0)


@inlined
def _ask_for_rows(s: State, block: Any, row: int) -> None:
    # The rows those places name, and the account's newest order, to which a new one is linked.
    kind = block.head[row].command
    if kind == PLACE_ORDER:
        c = block.place_order[row]
        if account_refusal(s, c.account) == 0 and market_refusal(s, c.market) == 0:
            m = s.markets[c.market]
            base = s.balance_index[balance_place(s, c.account, Wallet.SPOT, m.base)].row
            quote = s.balance_index[balance_place(s, c.account, Wallet.SPOT, m.quote)].row
            fetch(s.balances, base, 0)
            fetch(s.balances, quote, 0)
            fetch(s.orders, s.accounts[c.account].orders_first, 1)
    elif kind == CANCEL_ORDER:
        c = block.cancel_order[row]
        order = s.order_index[order_place(s, c.order)].row
        fetch(s.orders, order, 0)
        fetch(s.orders, order, 1)


@inlined
def _ask_for_neighbours(s: State, block: Any, row: int) -> None:
    # What a cancelled order is linked to, and the best order that a new one may meet.
    kind = block.head[row].command
    if kind == CANCEL_ORDER:
        o = s.orders[s.order_index[order_place(s, block.cancel_order[row].order)].row]
        fetch(s.levels, o.level, 0)
        fetch(s.orders, o.next, 1)
        fetch(s.orders, o.previous, 1)
        fetch(s.balances, o.base_balance if o.side == Side.SELL else o.quote_balance, 0)
