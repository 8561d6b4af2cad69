"""The equity protection process (liquidation), one step an examination, in Kraken's order.

Examination finds an account below maintenance margin. First its orders on contracts are cancelled,
some in each examination, until none is left: none may stand between it and its liquidation.
Then its position with the largest requirement is sold at the price at which its share of equity is
used up, immediate or cancel. Where that finds nobody, whichever position somebody takes is sold,
then lower: near the mark, and as far as the insurance pool may lose to one account. Where nobody
bids it waits for a book. Once the mark itself is beyond what the pool may lose, the position that
lost the most is unwound against the most profitable holders of the other side. Below zero equity
collateral is converted first; what is missing when no position is left the pool pays.
"""

from __future__ import annotations

from pilothouse.engine import events as emit
from pilothouse.engine.contracts import fill_position, room_for_settlement
from pilothouse.engine.deficit import can_convert, convert, pay_deficit, waits_for_an_index
from pilothouse.engine.liquidation_price import (
    has_taker,
    insured_price,
    may_lose,
    need_of,
    own_price,
    price_of_unwind,
    worst_value,
)
from pilothouse.engine.margin import account_margin, notional, unrealised
from pilothouse.engine.matching import match
from pilothouse.engine.orders import (
    CANCELS_PER_STEP,
    cancel_contract_orders,
    cancel_void_orders,
    free_order,
    has_contract_orders,
    reserve_size,
    room_for_order,
    take_order,
)
from pilothouse.engine.queue import ask_for_examination, next_has_void_orders, take_from_queue
from pilothouse.engine.ranking import NOT_YET, best_counterparty
from pilothouse.engine.staleness import asset_is_on_probation, index_is_stale
from pilothouse.engine.state import State
from pilothouse.engine.triggers import clear_triggers, set_triggers
from pilothouse.engine.work import visit
from pilothouse.language.kinds import (
    CancelReason,
    FillKind,
    ProtectionStep,
    Side,
    Wallet,
)
from pilothouse.rules.compiled import inlined, inner
from pilothouse.rules.liquidation import (
    is_beyond,
    quantity_to_close,
)
from pilothouse.rules.market_status import executes
from pilothouse.rules.money import value_down

EXAMINATION_LEAST = 8
"""Rows that every examination visits: the queue, the account, and what it is set down in."""
PROFIT_MAX = 1 << 62
"""More than a position can win or lose."""


@inner
def examine_next(s: State) -> bool:
    """Examine the account that has waited longest; tell whether anything could be done."""
    has_void_orders = next_has_void_orders(s)
    account = take_from_queue(s)
    if account == 0:
        return False
    if has_void_orders and cancel_void_orders(s, account) > 0:
        # They needed margin, so the account is examined again without them.
        visit(s, EXAMINATION_LEAST)
        return True
    equity, initial, with_orders, maintenance, _, rows = account_margin(s, account, 0, 0)
    visit(s, EXAMINATION_LEAST + rows)
    if equity < with_orders and _is_on_probation(s, account):
        ask_for_examination(s, account)
        return False
    if equity < maintenance:
        return _protect(s, account, equity, with_orders, maintenance)
    if equity < with_orders and with_orders > initial:
        _cancel_orders(s, account, equity, with_orders, maintenance, CancelReason.MARGIN)
        return True
    if s.accounts[account].protection != 0:
        _end(s, account, equity, maintenance)
    threshold = with_orders if with_orders > initial else maintenance
    set_triggers(s, account, equity - threshold)
    return True


@inner
def _is_on_probation(s: State, account: int) -> bool:
    # Whether an index by which the account is valued is live again since a short time only. That
    # time is bounded, so nobody keeps liquidation away with a position in a dead market.
    k = s.accounts[account].positions_first
    while k != 0:
        p = s.positions[k]
        visit(s, 1)
        if p.quantity != 0 and asset_is_on_probation(s, s.markets[p.market].base):
            return True
        k = p.next_of_account
    k = s.accounts[account].balances_first
    while k != 0:
        b = s.balances[k]
        visit(s, 1)
        held = b.wallet == Wallet.FUTURES and b.available + b.held != 0
        if held and b.asset != s.exchange[0].dollar and asset_is_on_probation(s, b.asset):
            return True
        k = b.next
    return False


@inner
def _protect(s: State, account: int, equity: int, with_orders: int, maintenance: int) -> bool:
    a = s.accounts[account]
    if a.protection == 0:
        a.protection = ProtectionStep.CANCEL_ORDERS
        clear_triggers(s, account)
    if a.protection == ProtectionStep.CANCEL_ORDERS or has_contract_orders(s, account):
        # Nothing is sold while an order of its own might stand in the way.
        a.protection = ProtectionStep.CANCEL_ORDERS
        _cancel_orders(s, account, equity, with_orders, maintenance, CancelReason.LIQUIDATION)
        if not has_contract_orders(s, account):
            a.protection = ProtectionStep.LIQUIDATION
        return True
    if equity < 0 and can_convert(s, account):
        emit.protection_step_taken(
            s, account, ProtectionStep.CONVERSION, 0, equity, with_orders, maintenance, 0, 0
        )
        convert(s, account)
        ask_for_examination(s, account)
        return True
    if _holds_nothing(s, account):
        # Collateral fell after the last position was closed: there is only the deficit to settle.
        return _finish(s, account)
    row = _position_to_close(s, account, equity, maintenance)
    if row == 0 or not room_for_order(s) or not _has_room(s, row):
        # Its market does not trade now, or a table is full: it waits at the end of the queue.
        ask_for_examination(s, account)
        return False
    done = _reduce(s, row, equity, with_orders, maintenance)
    if _holds_nothing(s, account) and not can_convert(s, account):
        _finish(s, account)
    else:
        ask_for_examination(s, account)
    return done


@inner
def _cancel_orders(
    s: State, account: int, equity: int, with_orders: int, maintenance: int, reason: int
) -> None:
    if has_contract_orders(s, account):
        emit.protection_step_taken(
            s, account, ProtectionStep.CANCEL_ORDERS, 0, equity, with_orders, maintenance, 0, 0
        )
        cancel_contract_orders(s, account, 0, reason, CANCELS_PER_STEP)
    ask_for_examination(s, account)


@inlined
def _has_room(s: State, row: int) -> bool:
    p = s.positions[row]
    return room_for_settlement(s, p.account, p.market)


@inner
def _position_to_close(s: State, account: int, equity: int, maintenance: int) -> int:
    # The largest requirement; once that found nobody, the largest of those that somebody takes,
    # else the one that lost most: what an unwind takes back, its other side has won. While that
    # one's market does not trade, nobody else is asked for it.
    waits = s.accounts[account].protection == ProtectionStep.INSURANCE
    best, most, lost, least = 0, -1, 0, PROFIT_MAX
    k = s.accounts[account].positions_first
    while k != 0:
        p = s.positions[k]
        visit(s, 2)
        trades = p.quantity != 0 and _may_close(s, p.market)
        if trades:
            need = need_of(s, k)
            price = insured_price(s, k, equity, maintenance) if waits else 0
            if need > most and (not waits or has_taker(s, k, price)):
                best, most = k, need
        if p.quantity != 0 and unrealised(s, k) < least:
            lost, least = k if trades else 0, unrealised(s, k)
        k = p.next_of_account
    return best if best != 0 else lost


@inner
def _may_close(s: State, market: int) -> bool:
    # Nobody is liquidated where nothing executes, or at a mark that is too old.
    return executes(s.markets[market].status) and not index_is_stale(s, market)


@inner
def _reduce(s: State, row: int, equity: int, with_orders: int, maintenance: int) -> bool:
    # One step on one position; tells whether anything could be done.
    p = s.positions[row]
    m = s.markets[p.market]
    a = s.accounts[p.account]
    size = abs(p.quantity)
    step = ProtectionStep.LIQUIDATION
    quantity = quantity_to_close(size, equity, maintenance, m.lot)
    price = own_price(s, row, equity, maintenance)
    if a.protection == ProtectionStep.INSURANCE and not has_taker(s, row, price):
        step = ProtectionStep.INSURANCE
        quantity = size
        price = insured_price(s, row, equity, maintenance)
        if not has_taker(s, row, price):
            return _unwind(s, row, equity, with_orders, maintenance)
    emit.protection_step_taken(
        s, p.account, step, p.market, equity, with_orders, maintenance, quantity, price
    )
    left = _sell(s, row, quantity, price)
    a.protection = ProtectionStep.INSURANCE if left > 0 else ProtectionStep.LIQUIDATION
    return True


@inner
def _sell(s: State, row: int, quantity: int, price: int) -> int:
    # An immediate-or-cancel order of the venue; return what did not fill.
    p = s.positions[row]
    order = take_order(s)
    o = s.orders[order]
    o.number = 0
    o.account = p.account
    o.market = p.market
    o.side = Side.SELL if p.quantity > 0 else Side.BUY
    o.flags = 0
    o.price = price
    o.remaining = quantity
    o.held = 0
    o.level = 0
    o.next = 0
    o.previous = 0
    o.position = row
    o.base_balance = 0
    o.quote_balance = 0
    reserve_size(s, order, quantity)
    match(s, order, price, FillKind.LIQUIDATION)
    left = o.remaining
    reserve_size(s, order, -left)
    free_order(s, order)
    return left


@inner
def _unwind(s: State, row: int, equity: int, with_orders: int, maintenance: int) -> bool:
    # Close against the best-ranked holder of the other side, once the mark is beyond the pool.
    p = s.positions[row]
    m = s.markets[p.market]
    insured = equity + may_lose(s, row)
    worst = worst_value(s, row, insured, m.liquidation_fee_ppm)
    if not is_beyond(worst, notional(s, p.market, abs(p.quantity)), p.quantity > 0):
        return False
    other = best_counterparty(s, p.market, p.quantity < 0)
    if other == NOT_YET:
        return True
    if other == 0:
        return False
    # Nobody pays a fee for it.
    price = price_of_unwind(s, row, insured, other)
    quantity = min(abs(p.quantity), abs(s.positions[other].quantity))
    emit.protection_step_taken(
        s,
        p.account,
        ProtectionStep.UNWIND,
        p.market,
        equity,
        with_orders,
        maintenance,
        quantity,
        price,
    )
    value = value_down(price, quantity, m.multiplier, m.divisor)
    sign = -1 if p.quantity > 0 else 1
    fill_position(s, row, sign * quantity, sign * value)
    fill_position(s, other, -sign * quantity, -sign * value)
    if p.quantity == 0:
        s.accounts[p.account].protection = ProtectionStep.LIQUIDATION
    x = s.exchange[0]
    x.trade += 1
    side = Side.SELL if sign < 0 else Side.BUY
    emit.order_filled(
        s,
        p.account,
        p.market,
        x.trade,
        side,
        0,
        0,
        s.positions[other].account,
        price,
        quantity,
        value,
        0,
        0,
        FillKind.UNWIND,
    )
    return True


@inner
def _holds_nothing(s: State, account: int) -> bool:
    k = s.accounts[account].positions_first
    while k != 0:
        if s.positions[k].quantity != 0:
            return False
        k = s.positions[k].next_of_account
    return True


@inner
def _finish(s: State, account: int) -> bool:
    # With no position left; tells whether it could be.
    if waits_for_an_index(s, account):
        ask_for_examination(s, account)
        return False
    _end(s, account, pay_deficit(s, account), 0)
    return True


@inner
def _end(s: State, account: int, equity: int, maintenance: int) -> None:
    s.accounts[account].protection = 0
    emit.protection_ended(s, account, equity, maintenance)
