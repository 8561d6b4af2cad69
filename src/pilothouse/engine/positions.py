"""Positions: signed size and signed entry cost, never an average price.

What a trade realises, and funding, is posted against the contract's clearing account, whose
balance equals minus the sum of open entry costs, but for funding (`funding_posted`).
"""

from __future__ import annotations

from pilothouse.engine import events as emit
from pilothouse.engine.hashes import code_of, insert, probe, remove, row_at
from pilothouse.engine.money import add
from pilothouse.engine.queue import ask_for_examination, ask_to_void_orders
from pilothouse.engine.ranking import forget_position
from pilothouse.engine.state import State
from pilothouse.language.kinds import Wallet
from pilothouse.language.numbers import HOUR_US
from pilothouse.rules.bits import muldiv_down
from pilothouse.rules.compiled import inlined, inner
from pilothouse.rules.funding import accrued_e6, received


@inlined
def find_position(s: State, account: int, market: int) -> int:
    """Return the row of a position, or 0."""
    code = position_code(s, account, market)
    place = probe(s.position_index, code, code)
    row = row_at(s.position_index, place)
    while row != 0:
        p = s.positions[row]
        if p.account == account and p.market == market:
            return row
        place = probe(s.position_index, code, place + 1)
        row = row_at(s.position_index, place)
    return 0


@inlined
def position_code(s: State, account: int, market: int) -> int:
    """Return the code of a position's key in the index."""
    return code_of(s.exchange[0].hash_seed, account, market)


@inlined
def room_for_position(s: State) -> bool:
    """Tell whether one new position has room."""
    return s.exchange[0].positions_used + 1 < s.positions.shape[0]


@inner
def position_row(s: State, account: int, market: int) -> int:
    """Return the row of a position, made if it is not there yet; its row was reserved."""
    row = find_position(s, account, market)
    if row != 0:
        return row
    x = s.exchange[0]
    x.positions_used += 1
    row = x.positions_used
    p = s.positions[row]
    p.account = account
    p.market = market
    p.next_of_account = s.accounts[account].positions_first
    s.accounts[account].positions_first = row
    p.next_of_market = s.markets[market].rows_first
    s.markets[market].rows_first = row
    insert(s.position_index, position_code(s, account, market), row)
    return row


@inner
def take_back_positions(s: State, used: int) -> None:
    """Unmake the newest positions, all empty, until so many are in use as before a refusal."""
    x = s.exchange[0]
    while x.positions_used > used:
        row = x.positions_used
        p = s.positions[row]
        remove(s.position_index, position_code(s, p.account, p.market), row)
        s.accounts[p.account].positions_first = p.next_of_account
        s.markets[p.market].rows_first = p.next_of_market
        p.account = 0
        p.market = 0
        p.schedule = 0
        p.next_of_account = 0
        p.next_of_market = 0
        x.positions_used -= 1


@inner
def funding_now_e6(s: State, market: int) -> int:
    """Return the accrued funding of one quantity unit of a contract since its listing."""
    m = s.markets[market]
    x = s.exchange[0]
    since = min(x.time, x.hour_started + HOUR_US) - x.hour_started
    return m.funding_base_e6 + accrued_e6(m.funding_payment_e6, since)


@inner
def pay_funding(s: State, row: int) -> None:
    """Pay what a position has accrued, against the clearing account."""
    p = s.positions[row]
    m = s.markets[p.market]
    now = funding_now_e6(s, p.market)
    if p.quantity != 0 and now != p.funding_seen_e6:
        amount = received(p.quantity, now - p.funding_seen_e6)
        add(s, p.account, Wallet.FUTURES, m.quote, amount)
        add(s, m.clearing_account, Wallet.FUTURES, m.quote, -amount)
        m.funding_posted -= amount
        emit.funding_paid(s, p.account, p.market, p.quantity, amount)
    p.funding_seen_e6 = now


@inner
def change_position(s: State, row: int, quantity: int, value: int) -> int:
    """Add a signed quantity with its signed value to a position; return the profit realised.

    The part that closes releases its share of the entry cost, rounded down in size; the part that
    opens adds its value. Realised profit moves from clearing to the account.
    """
    p = s.positions[row]
    pay_funding(s, row)
    before = p.quantity
    realised = 0
    closing = _closing(before, quantity)
    closing_value = value
    if closing != 0 and abs(closing) != abs(quantity):
        closing_value = _share(value, abs(closing), abs(quantity))
    if closing != 0:
        released = _share(p.entry_cost, abs(closing), abs(before))
        realised = -closing_value - released
        p.entry_cost -= released
        value -= closing_value
    if closing != quantity:
        p.entry_cost += value
    p.quantity = before + quantity
    _keep_lists(s, row, before)
    if realised != 0:
        m = s.markets[p.market]
        add(s, p.account, Wallet.FUTURES, m.quote, realised)
        add(s, m.clearing_account, Wallet.FUTURES, m.quote, -realised)
    emit.position_changed(s, p.account, p.market, p.quantity, p.entry_cost, realised)
    if before != 0 and (p.quantity == 0 or (before > 0) != (p.quantity > 0)):
        ask_to_void_orders(s, p.account)
    else:
        ask_for_examination(s, p.account)
    return realised


@inlined
def _closing(before: int, quantity: int) -> int:
    # The signed part of a change that reduces the position.
    if before > 0 and quantity < 0:
        return max(quantity, -before)
    if before < 0 and quantity > 0:
        return min(quantity, -before)
    return 0


@inlined
def _share(amount: int, part: int, whole: int) -> int:
    # A signed share, rounded towards zero.
    share = muldiv_down(abs(amount), part, whole)
    return share if amount >= 0 else -share


@inner
def _keep_lists(s: State, row: int, before: int) -> None:
    p = s.positions[row]
    m = s.markets[p.market]
    if before == 0 and p.quantity != 0:
        p.opened_at = s.exchange[0].time
        p.next = m.positions_first
        p.previous = 0
        if m.positions_first != 0:
            s.positions[m.positions_first].previous = row
        m.positions_first = row
        m.positions_open += 1
    elif before != 0 and p.quantity == 0:
        _unlink(s, row)
    elif (before > 0) != (p.quantity > 0):
        p.opened_at = s.exchange[0].time
    m.open_interest += max(p.quantity, 0) - max(before, 0)


@inner
def _unlink(s: State, row: int) -> None:
    p = s.positions[row]
    m = s.markets[p.market]
    if m.funding_cursor == row:
        m.funding_cursor = p.next
    forget_position(s, row)
    if p.previous == 0:
        m.positions_first = p.next
    else:
        s.positions[p.previous].next = p.next
    if p.next != 0:
        s.positions[p.next].previous = p.previous
    p.next = 0
    p.previous = 0
    m.positions_open -= 1
