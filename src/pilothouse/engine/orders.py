"""Open orders: their rows, their place in the book and in the account's list, and cancelling."""

from __future__ import annotations

from typing import Any

from pilothouse.engine import events as emit
from pilothouse.engine.accounts import account_refusal
from pilothouse.engine.hashes import code_of, insert, probe, remove, row_at
from pilothouse.engine.levels import append, find_level, new_level, unlink
from pilothouse.engine.queue import ask_for_examination, ask_to_void_orders
from pilothouse.engine.reducing import last_reducing, only_reduces, reducible
from pilothouse.engine.state import EVENTS_PER_COMMAND, State
from pilothouse.engine.work import visit
from pilothouse.language.commands.orders import REDUCE_ONLY
from pilothouse.language.kinds import CancelReason, Side
from pilothouse.language.refusals import ORDER_IS_ANOTHER_ACCOUNTS, UNKNOWN_ORDER
from pilothouse.rules.bits import mix
from pilothouse.rules.compiled import inlined, inner

CANCELS_PER_COMMAND = EVENTS_PER_COMMAND - 8
CANCELS_PER_STEP = 256
"""So many orders one step of the equity protection process cancels; it goes on in the next."""
CANCEL_WORK = 4
"""Rows that one cancel visits: order, level, account or position, and what it held."""
CLIENT_WORDS = 5
CLIENT_ID = 4
"""A flag of an order's row: its client named it."""
HOLDS_ALL = 8
"""A flag of a market order's row: it holds all there is, less than its limit may need."""


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
    _link_to_owner(s, row)
    s.accounts[o.account].orders_open += 1
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
    _unlink_from_owner(s, row)
    s.accounts[o.account].orders_open -= 1
    x.orders_open -= 1
    remove(s.order_index, order_code(s, o.number), row)
    if o.flags & CLIENT_ID != 0:
        remove(s.client_index, _code_of_client_id(s, row), row)
    release(s, row)
    free_order(s, row)


@inlined
def _link_to_owner(s: State, row: int) -> None:
    # Orders on a contract hang on their position, so that those of spot never stand before them;
    # those that only reduce it come first, so that they are found when it is closed.
    o = s.orders[row]
    o.account_previous = 0
    if o.position != 0:
        before = last_reducing(s, o.position) if o.flags & REDUCE_ONLY == 0 else 0
        if before != 0:
            _link_behind(s, before, row)
            return
        first = s.positions[o.position].orders_first
        s.positions[o.position].orders_first = row
    else:
        first = s.accounts[o.account].orders_first
        s.accounts[o.account].orders_first = row
    o.account_next = first
    if first != 0:
        s.orders[first].account_previous = row


@inlined
def _link_behind(s: State, before: int, row: int) -> None:
    following = s.orders[before].account_next
    s.orders[before].account_next = row
    s.orders[row].account_previous = before
    s.orders[row].account_next = following
    if following != 0:
        s.orders[following].account_previous = row


@inlined
def _unlink_from_owner(s: State, row: int) -> None:
    o = s.orders[row]
    if o.account_next != 0:
        s.orders[o.account_next].account_previous = o.account_previous
    if o.account_previous != 0:
        s.orders[o.account_previous].account_next = o.account_next
    elif o.position != 0:
        s.positions[o.position].orders_first = o.account_next
    else:
        s.accounts[o.account].orders_first = o.account_next


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
    """Add to the size of open orders on one side of a position, but for those that only reduce."""
    o = s.orders[row]
    if only_reduces(s, row):
        return
    if o.side == Side.BUY:
        s.positions[o.position].buys += quantity
    else:
        s.positions[o.position].sells += quantity


@inner
def cancel_resting(s: State, row: int, reason: int) -> None:
    """Cancel an order that rests in its book."""
    o = s.orders[row]
    visit(s, CANCEL_WORK)
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
    count = _cancel_spot_orders(s, c.account, c.market, CANCELS_PER_COMMAND)
    left = CANCELS_PER_COMMAND - count
    return 0, count + cancel_contract_orders(s, c.account, c.market, CancelReason.BY_CLIENT, left)


@inner
def _cancel_spot_orders(s: State, account: int, market: int, most: int) -> int:
    # Those in a market, or in all (0).
    count = 0
    row = s.accounts[account].orders_first
    while row != 0 and count < most:
        following = s.orders[row].account_next
        if market == 0 or s.orders[row].market == market:
            cancel_resting(s, row, CancelReason.BY_CLIENT)
            count += 1
        visit(s, 1)
        row = following
    return count


@inner
def cancel_contract_orders(s: State, account: int, market: int, reason: int, most: int) -> int:
    """Cancel an account's orders on a contract or on all (0), at most so many; return how many."""
    count = 0
    k = s.accounts[account].positions_first
    while k != 0:
        p = s.positions[k]
        visit(s, 1)
        while (market == 0 or p.market == market) and p.orders_first != 0 and count < most:
            cancel_resting(s, p.orders_first, reason)
            count += 1
        k = p.next_of_account
    return count


@inner
def cancel_void_orders(s: State, account: int) -> int:
    """Cancel an account's orders that only reduce a position it does not have any more, some in
    each examination, which it asks for again; return how many.
    """
    count = 0
    k = s.accounts[account].positions_first
    while k != 0:
        row = s.positions[k].orders_first
        visit(s, 1)
        while row != 0 and only_reduces(s, row) and count < CANCELS_PER_STEP:
            following = s.orders[row].account_next
            visit(s, 1)
            if reducible(s, row) == 0:
                cancel_resting(s, row, CancelReason.REDUCE_ONLY)
                count += 1
            row = following
        k = s.positions[k].next_of_account
    if count == CANCELS_PER_STEP:
        ask_to_void_orders(s, account)
    return count


@inner
def has_contract_orders(s: State, account: int) -> bool:
    """Tell whether an order of an account's rests on a contract."""
    k = s.accounts[account].positions_first
    while k != 0:
        visit(s, 1)
        if s.positions[k].orders_first != 0:
            return True
        k = s.positions[k].next_of_account
    return False
