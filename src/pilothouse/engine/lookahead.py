"""Looking ahead in a block: memory is asked for what the commands to come will touch.

An order or a cancel touches some ten rows in random places, and each would be waited for, one
after the other. The block tells them all beforehand: far ahead the rows that a command names,
nearer the rows that those name. This reads and asks, and changes nothing but its own notes; a
wrong guess costs a little time and nothing else.
"""

from __future__ import annotations

from typing import Any

from pilothouse.engine.accounts import account_refusal
from pilothouse.engine.hashes import RUN_MASK, fetch_place, guess
from pilothouse.engine.markets import market_refusal
from pilothouse.engine.matching import best_opposite
from pilothouse.engine.money import balance_code
from pilothouse.engine.names import place_of
from pilothouse.engine.orders import order_code
from pilothouse.engine.pointers import fetch, fetch_row
from pilothouse.engine.state import NOTES, State
from pilothouse.language.commands import CancelOrder, PlaceOrder
from pilothouse.language.kinds import Side, Wallet
from pilothouse.rules.compiled import inlined, inner

PLACE_ORDER, CANCEL_ORDER = PlaceOrder.number, CancelOrder.number
FAR, MIDDLE, NEAR = 24, 16, 8
"""How many rows ahead: memory answers while so many commands are stepped."""


@inner
def look_ahead_from(s: State, block: Any, row: int, end: int) -> None:
    """Ask for what the first commands of a block will touch."""
    for k in range(row, min(row + FAR, end)):
        _ask_for_places(s, block, k, k - row)
    for k in range(row, min(row + MIDDLE, end)):
        _ask_for_rows(s, block, k)


@inlined
def look_ahead(s: State, block: Any, row: int, end: int) -> None:
    """Ask for what the commands some rows behind `row` will touch."""
    if row + FAR < end:
        _ask_for_places(s, block, row + FAR, FAR)
    if row + MIDDLE < end:
        _ask_for_rows(s, block, row + MIDDLE)
    if row + NEAR < end:
        _ask_for_neighbours(s, block, row + NEAR)


@inlined
def _ask_for_places(s: State, block: Any, row: int, ahead: int) -> None:
    # What a command itself names: its name, its account, and places of the hash tables.
    head, note = block.head[row], s.notes[row & NOTES]
    note.first = 0
    note.second = 0
    fetch(s.names, max(place_of(s, head), 0), 0)
    if head.command == PLACE_ORDER:
        c = block.place_order[row]
        fetch(s.accounts, c.account, 0)
        _ask_for_number(s, s.exchange[0].position + ahead + 1)
        if market_refusal(s, c.market) == 0:
            m = s.markets[c.market]
            note.first = balance_code(s, c.account, Wallet.SPOT, m.base)
            note.second = balance_code(s, c.account, Wallet.SPOT, m.quote)
            fetch_place(s.balance_index, note.first)
            fetch_place(s.balance_index, note.second)
    elif head.command == CANCEL_ORDER:
        c = block.cancel_order[row]
        fetch(s.accounts, c.account, 0)
        note.first = order_code(s, c.order)
        fetch_place(s.order_index, note.first)


@inlined
def _ask_for_number(s: State, number: int) -> None:
    # The numbers of a run share a line of the index, so its first one asks for all.
    if number & RUN_MASK == 0:
        fetch_place(s.order_index, order_code(s, number))


@inlined
def _ask_for_rows(s: State, block: Any, row: int) -> None:
    # The rows those places name, and the account's newest order, to which a new one is linked.
    head, note = block.head[row], s.notes[row & NOTES]
    if head.command == PLACE_ORDER:
        fetch(s.balances, guess(s.balance_index, note.first), 0)
        fetch(s.balances, guess(s.balance_index, note.second), 0)
        c = block.place_order[row]
        if account_refusal(s, c.account) == 0:
            fetch(s.orders, s.accounts[c.account].orders_first, 1)
    elif head.command == CANCEL_ORDER:
        note.first = guess(s.order_index, note.first)
        fetch_row(s.orders, note.first)


@inlined
def _ask_for_neighbours(s: State, block: Any, row: int) -> None:
    # What a cancelled order is linked to, and the best order that a new one may meet.
    head, note = block.head[row], s.notes[row & NOTES]
    if head.command == CANCEL_ORDER:
        # Behind a command of several rows a look is left out: then the note is no row, or another
        # command's. It is only a guess, but it is read, so it must lie within the table.
        if note.first < 0 or note.first >= s.orders.shape[0]:
            return
        o = s.orders[note.first]
        fetch(s.levels, o.level, 0)
        fetch(s.orders, o.next, 1)
        fetch(s.orders, o.previous, 1)
        fetch(s.orders, o.account_next, 1)
        fetch(s.balances, o.base_balance if o.side == Side.SELL else o.quote_balance, 0)
    elif head.command == PLACE_ORDER:
        c = block.place_order[row]
        if market_refusal(s, c.market) == 0:
            fetch_row(s.orders, s.levels[best_opposite(s, c.market, c.side)].first)
