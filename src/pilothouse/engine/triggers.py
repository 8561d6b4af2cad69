"""Triggers: at which mark, or index of a collateral asset, an account must be examined again.

Each exposure of an account gets an equal part of what the account has above its thresholds, and
the price move that would use that part up. Until one of these prices is reached, no combination of
moves can bring the account below. Triggers stand in books of their own, keyed by a price
compressed to twelve significant bits, always on the cautious side: a trigger that is set at the
price of now is due with the next move, not before.
"""

from __future__ import annotations

from pilothouse.engine.levels import (
    append,
    find_level,
    new_level,
    room_for_level,
    room_for_nodes,
    unlink,
)
from pilothouse.engine.margin import worst_quantity
from pilothouse.engine.queue import ask_for_examination
from pilothouse.engine.state import State
from pilothouse.engine.work import TRIGGER_WORK, visit
from pilothouse.language.kinds import Wallet
from pilothouse.rules.bits import fits, highest_bit, muldiv_down
from pilothouse.rules.compiled import inner

KEY_BITS = 12
PRICE_MAX = 1 << 61
FIRE_WORK = 3
"""Rows that one trigger's firing visits: itself, its level, its account."""
FIRED_PER_MOVE = 1_024


@inner
def key_of(price: int) -> int:
    """Return a price as exponent and twelve bits of mantissa: smaller, and in the same order."""
    if price < 1 << KEY_BITS:
        return max(price, 0)
    exponent = highest_bit(price) - KEY_BITS
    return ((exponent + 1) << KEY_BITS) + ((price >> exponent) - (1 << KEY_BITS))


@inner
def queue_triggered_below(s: State, book: int, price: int) -> None:
    """Ask for the accounts whose triggers are at or above a price that fell to it, a bounded
    number of them; the others are asked for when the next blocks begin.
    """
    _note_move(s, book)
    if _fire_above(s, book, key_of(price), FIRED_PER_MOVE) == 0:
        s.exchange[0].triggers_due = 1


@inner
def queue_triggered_above(s: State, book: int, price: int) -> None:
    """Ask for the accounts whose triggers are at or below a price that rose to it, likewise."""
    _note_move(s, book)
    if _fire_below(s, book, key_of(price), FIRED_PER_MOVE) == 0:
        s.exchange[0].triggers_due = 1


@inner
def _note_move(s: State, book: int) -> None:
    s.exchange[0].moves += 1
    s.books[book].moved = s.exchange[0].moves


@inner
def fire_some_triggers(s: State) -> None:
    """Go on with what moves of prices have left to fire, a bounded number a block.

    Each book begins a block in its turn, so that no number of triggers in one keeps another's
    from being fired.
    """
    x = s.exchange[0]
    if x.triggers_due == 0:
        return
    books = x.assets_used + 2 * x.markets_used
    left, gone = TRIGGER_WORK // FIRE_WORK, 0
    while left > 0 and gone < books:
        x.triggers_turn = x.triggers_turn % books + 1
        left = _fire_due(s, x.triggers_turn, left)
        gone += 1
    visit(s, gone)
    if left > 0:
        x.triggers_due = 0


@inner
def _fire_due(s: State, turn: int, left: int) -> int:
    # Of one book: an asset's, or that of a contract's longs or shorts.
    assets = s.exchange[0].assets_used
    if turn <= assets:
        a = s.assets[turn]
        return _fire_above(s, a.triggers_book, key_of(a.index_e12), left) if a.index_e12 else left
    m = s.markets[(turn - assets + 1) // 2]
    if m.mark == 0:
        return left
    if (turn - assets) % 2 == 1:
        return _fire_above(s, m.long_triggers, key_of(m.mark), left)
    return _fire_below(s, m.short_triggers, key_of(m.mark), left)


@inner
def _is_new(s: State, book: int, trigger: int) -> bool:
    # Whether the price has not moved since it was set, by an examination at that price.
    return s.triggers[trigger].set_after >= s.books[book].moved


@inner
def _fire_above(s: State, book: int, key: int, left: int) -> int:
    # Of triggers from a key up at most so many; return how many more it would have taken. Those
    # of one key stand in the order in which they were set.
    while left > 0 and s.books[book].highest != 0:
        level = s.levels[s.books[book].highest]
        if level.price < key or (level.price == key and _is_new(s, book, level.first)):
            break
        _fire(s, level.first)
        left -= 1
    return left


@inner
def _fire_below(s: State, book: int, key: int, left: int) -> int:
    while left > 0 and s.books[book].lowest != 0:
        level = s.levels[s.books[book].lowest]
        if level.price > key or (level.price == key and _is_new(s, book, level.first)):
            break
        _fire(s, level.first)
        left -= 1
    return left


@inner
def _fire(s: State, trigger: int) -> None:
    account = s.triggers[trigger].account
    unlink(s, s.triggers, trigger)
    ask_for_examination(s, account)
    visit(s, FIRE_WORK)


@inner
def _place(s: State, trigger: int, account: int, book: int, key: int) -> int:
    # A trigger row stays with its exposure for life; it is linked only while it is set.
    x = s.exchange[0]
    if trigger == 0:
        x.triggers_used += 1
        trigger = x.triggers_used
        s.triggers[trigger].account = account
    s.triggers[trigger].set_after = x.moves
    level = find_level(s, book, key)
    if level == 0:
        if not (room_for_level(s) and room_for_nodes(s)):
            # An account that cannot be watched is looked at again in every block.
            ask_for_examination(s, account)
            return trigger
        level = new_level(s, book, key)
    append(s, s.triggers, level, trigger)
    visit(s, 2)
    return trigger


@inner
def clear_triggers(s: State, account: int) -> None:
    """Take all triggers of an account out of their books."""
    k = s.accounts[account].positions_first
    while k != 0:
        visit(s, 3)
        _lift(s, s.positions[k].trigger_below)
        _lift(s, s.positions[k].trigger_above)
        k = s.positions[k].next_of_account
    k = s.accounts[account].balances_first
    while k != 0:
        _lift(s, s.balances[k].trigger)
        visit(s, 2)
        k = s.balances[k].next


@inner
def _lift(s: State, trigger: int) -> None:
    if trigger != 0 and s.triggers[trigger].level != 0:
        unlink(s, s.triggers, trigger)


@inner
def exposures_of(s: State, account: int) -> int:
    """Return how many positions and collateral balances share what an account has to spare."""
    count = 0
    k = s.accounts[account].positions_first
    while k != 0:
        p = s.positions[k]
        count += 1 if p.quantity != 0 or p.buys != 0 or p.sells != 0 else 0
        k = p.next_of_account
    k = s.accounts[account].balances_first
    while k != 0:
        count += 1 if _is_priced(s, k) else 0
        k = s.balances[k].next
    return count


@inner
def _is_priced(s: State, row: int) -> bool:
    b = s.balances[row]
    held = b.available + b.held
    return b.wallet == Wallet.FUTURES and b.asset != s.exchange[0].dollar and held != 0


@inner
def set_triggers(s: State, account: int, spare: int) -> None:
    """Set the triggers of an account that has `spare` micro-dollars above its thresholds."""
    clear_triggers(s, account)
    count = exposures_of(s, account)
    if count == 0:
        return
    part = max(spare, 0) // count
    k = s.accounts[account].positions_first
    while k != 0:
        _set_position_triggers(s, k, part)
        k = s.positions[k].next_of_account
    k = s.accounts[account].balances_first
    while k != 0:
        if _is_priced(s, k):
            _set_balance_trigger(s, k, part)
        k = s.balances[k].next


@inner
def _set_position_triggers(s: State, row: int, part: int) -> None:
    # A long loses while the mark falls. While it rises a short loses and needs more margin, and so
    # do open orders: at most their whole value again, hence half the distance.
    p = s.positions[row]
    m = s.markets[p.market]
    size = worst_quantity(s, row)
    if size == 0 or m.mark == 0:
        return
    distance = _distance(part, m.mark_divisor, size * m.mark_multiplier) // 2
    if p.quantity > 0 and distance < m.mark:
        key = key_of(m.mark - distance)
        p.trigger_below = _place(s, p.trigger_below, p.account, m.long_triggers, key)
    if (p.quantity <= 0 or size > p.quantity) and distance < PRICE_MAX:
        key = key_of(m.mark + distance)
        p.trigger_above = _place(s, p.trigger_above, p.account, m.short_triggers, key)


@inner
def _distance(part: int, a: int, b: int) -> int:
    # Further away than any price means: no trigger.
    return muldiv_down(part, a, b) if fits(part, a, b) else PRICE_MAX


@inner
def _set_balance_trigger(s: State, row: int, part: int) -> None:
    b = s.balances[row]
    a = s.assets[b.asset]
    distance = _distance(part, a.unit_e6, abs(b.available + b.held))
    if distance < a.index_e12:
        key = key_of(a.index_e12 - distance)
        b.trigger = _place(s, b.trigger, b.account, a.triggers_book, key)
