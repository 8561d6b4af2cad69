"""Open orders: their rows, their place in the book and in the account's list, and cancelling."""

from __future__ import annotations

from typing import Any

from pilothouse.engine import events as emit
from pilothouse.engine.accounts import account_refusal
from pilothouse.engine.hashes import code_of, insert, probe, remove, row_at
from pilothouse.engine.levels import append, find_level, new_level, unlink
from pilothouse.engine.queue import ask_for_examination
from pilothouse.engine.state import EVENTS_PER_COMMAND, State
from pilothouse.language.kinds import CancelReason, Side
from pilothouse.language.refusals import ORDER_IS_ANOTHER_ACCOUNTS, UNKNOWN_ORDER
from pilothouse.rules.bits import mix
from pilothouse.rules.compiled import inlined, inner

CANCELS_PER_COMMAND = EVENTS_PER_COMMAND - 8
CLIENT_WORDS = 5
CLIENT_ID = 4
"""A flag of an order's row: its client named it."""


@inlined
def take_order(s: State) -> int:
    """Return a free order row; it was reserved."""
    x = s.exchange[0]
    row = x.orders_free
    if row == 0:
        x.orders_used += 1
        return x.orders_used
    x.orders_free = s.orders[row].next
    return row


@inlined
def room_for_order(s: State) -> bool:
    """Tell whether one more order has room."""
    x = s.exchange[0]
    return x.orders_free != 0 or x.orders_used + 1 < s.orders.shape[0]


@inlined
def free_order(s: State, row: int) -> None:
    """Give an order row back; nothing links it any more."""
    x = s.exchange[0]
    o = s.orders[row]
    o.number = 0
    o.account = 0
    o.flags = 0
    o.held = 0
    o.remaining = 0
    o.next = x.orders_free
    x.orders_free = row


@inlined
def client_hash(words: Any, first: int, seed: int) -> tuple[int, int]:
    """Return the 128-bit hash of a client order id that starts at word `first`."""
    hi, lo = seed, seed ^ 0x0DD5
    for k in range(CLIENT_WORDS):
        hi = mix(hi, words[first + k], 0x51)
        lo = mix(lo, words[first + k], 0xA7)
    return hi, lo


@inlined
def order_code(s: State, number: int) -> int:
    """Return the code of an order's number in its index."""
    return code_of(s.exchange[0].hash_seed, 0, number)


@inlined
def client_code(s: State, account: int, hi: int, lo: int) -> int:
    """Return the code of a client order id, unique within its account, in its index."""
    return code_of(s.exchange[0].hash_seed, mix(account, hi, 0x1D), lo)


@inlined
def find_order(s: State, number: int) -> int:
    """Return the row of an open order, or 0."""
    code = order_code(s, number)
    place = probe(s.order_index, code, code)
    row = row_at(s.order_index, place)
    while row != 0 and s.orders[row].number != number:
        place = probe(s.order_index, code, place + 1)
        row = row_at(s.order_index, place)
    return row


@inner
def find_client_order(s: State, account: int, hi: int, lo: int) -> int:
    """Return the row of an account's open order by the hash of its client order id, or 0."""
    code = client_code(s, account, hi, lo)
    place = probe(s.client_index, code, code)
    row = row_at(s.client_index, place)
    while row != 0:
        d = s.order_details[row]
        if d.client_hi == hi and d.client_lo == lo and s.orders[row].account == account:
            return row
        place = probe(s.client_index, code, place + 1)
        row = row_at(s.client_index, place)
    return 0


@inner
def rest_in_book(s: State, row: int) -> None:
    """Put an order that does not trade any further into its book and lists."""
    x = s.exchange[0]
    o = s.orders[row]
    m = s.markets[o.market]
    book = m.bids if o.side == Side.BUY else m.asks
    level = find_level(s, book, o.price)
    if level == 0:
        level = new_level(s, book, o.price)
    append(s, s.orders, level, row)
    s.levels[level].quantity += o.remaining
    a = s.accounts[o.account]
    o.account_previous = 0
    o.account_next = a.orders_first
    if a.orders_first != 0:
        s.orders[a.orders_first].account_previous = row
    a.orders_first = row
    a.orders_open += 1
    x.orders_open += 1
    if o.position != 0:
        # Orders need initial margin, so the account's triggers lie nearer now.
        ask_for_examination(s, o.account)
    insert(s.order_index, order_code(s, o.number), row)
    if o.flags & CLIENT_ID != 0:
        insert(s.client_index, _code_of_client_id(s, row), row)


@inner
def leave_book(s: State, row: int) -> None:
    """Take an order out of its book and lists, and give back what it holds and its row."""
    x = s.exchange[0]
    o = s.orders[row]
    s.levels[o.level].quantity -= o.remaining
    unlink(s, s.orders, row)
    a = s.accounts[o.account]
    if o.account_previous == 0:
        a.orders_first = o.account_next
    else:
        s.orders[o.account_previous].account_next = o.account_next
    if o.account_next != 0:
        s.orders[o.account_next].account_previous = o.account_previous
    a.orders_open -= 1
    x.orders_open -= 1
    remove(s.order_index, order_code(s, o.number), row)
    if o.flags & CLIENT_ID != 0:
        remove(s.client_index, _code_of_client_id(s, row), row)
    release(s, row)
    free_order(s, row)


@inner
def _code_of_client_id(s: State, row: int) -> int:
    d = s.order_details[row]
    return client_code(s, s.orders[row].account, d.client_hi, d.client_lo)


@inlined
def release(s: State, row: int) -> None:
    """Give back what the rest of an order holds: money in spot, margin in a contract."""
    o = s.orders[row]
    if o.position != 0:
        reserve_size(s, row, -o.remaining)
    elif o.held != 0:
        b = s.balances[o.base_balance if o.side == Side.SELL else o.quote_balance]
        b.held -= o.held
        b.available += o.held
        o.held = 0


@inlined
def reserve_size(s: State, row: int, quantity: int) -> None:
    """Add to the size of open orders on one side of a position."""
    o = s.orders[row]
    if o.side == Side.BUY:
        s.positions[o.position].buys += quantity
    else:
        s.positions[o.position].sells += quantity


@inner
def cancel_resting(s: State, row: int, reason: int) -> None:
    """Cancel an order that rests in its book."""
    o = s.orders[row]
    emit.order_cancelled(s, o.account, o.number, o.market, reason, o.remaining)
    contract = o.position != 0
    account = o.account
    leave_book(s, row)
    if contract:
        ask_for_examination(s, account)


@inner
def cancel_order(s: State, c: Any, words: Any, first: int) -> tuple[int, int]:
    """Cancel an order as a command asks; return (refusal, order). `first` is the client id."""
    refused = account_refusal(s, c.account)
    if refused != 0:
        return refused, 0
    row = _named_order(s, c, words, first)
    if row == 0:
        return UNKNOWN_ORDER, 0
    if s.orders[row].account != c.account:
        return ORDER_IS_ANOTHER_ACCOUNTS, 0
    number = s.orders[row].number
    cancel_resting(s, row, CancelReason.BY_CLIENT)
    return 0, number


@inlined
def _named_order(s: State, c: Any, words: Any, first: int) -> int:
    if c.order != 0:
        return find_order(s, c.order)
    if words[first] == 0:
        return 0
    hi, lo = client_hash(words, first, s.exchange[0].hash_seed)
    return find_client_order(s, c.account, hi, lo)


@inner
def cancel_all(s: State, c: Any) -> tuple[int, int]:
    """Cancel an account's orders as a command asks, a bounded number of them; return (refusal,
    how many).
    """
    refused = account_refusal(s, c.account)
    if refused != 0:
        return refused, 0
    return 0, cancel_orders_of(s, c.account, c.market, CancelReason.BY_CLIENT, False)


@inner
def cancel_orders_of(s: State, account: int, market: int, reason: int, contracts: bool) -> int:
    """Cancel an account's orders in a market or in all (0), or only those on contracts."""
    count = 0
    row = s.accounts[account].orders_first
    while row != 0 and count < CANCELS_PER_COMMAND:
        following = s.orders[row].account_next
        o = s.orders[row]
        if (market == 0 or o.market == market) and (not contracts or o.position != 0):
            cancel_resting(s, row, reason)
            count += 1
        row = following
    return count
