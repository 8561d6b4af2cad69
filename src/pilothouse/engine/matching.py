"""Matching: price-time priority. The order that comes takes the best resting order, then the next.

An order trades at most FILLS_PER_ORDER times and its rest is then cancelled, so that the events of
one command are bounded. An account never trades with itself: the newer order's rest is cancelled,
but the venue's own liquidation order cancels what the account has in its way. Nobody is filled at
a price that would leave the account below maintenance margin: that order's rest is cancelled.
"""

from __future__ import annotations

from pilothouse.engine import events as emit
from pilothouse.engine.contracts import (
    settle_contract,
    suppose_fill,
    why_maker_fails,
    why_taker_fails,
)
from pilothouse.engine.fees import rates
from pilothouse.engine.orders import cancel_resting, leave_book, reserve_size
from pilothouse.engine.pointers import fetch_row
from pilothouse.engine.reducing import reducible
from pilothouse.engine.spot import can_pay, held_after, settle_spot
from pilothouse.engine.state import FILLS_PER_ORDER, State
from pilothouse.engine.work import MATCH_WORK, visit
from pilothouse.language.commands.orders import REDUCE_ONLY
from pilothouse.language.kinds import CancelReason, FillKind, Side
from pilothouse.rules.compiled import inlined, inner
from pilothouse.rules.money import value_down

FILL_WORK = 12
"""Rows that one fill visits: orders, positions, balances, accounts and volumes of both sides."""
WALK_SPARE = 512
"""A walk that only tries ends so much earlier: fills may make a balance for each who is met."""


@inlined
def best_opposite(s: State, market: int, side: int) -> int:
    """Return the best level against an order of this side, or 0."""
    m = s.markets[market]
    return s.books[m.asks].lowest if side == Side.BUY else s.books[m.bids].highest


@inlined
def crosses(s: State, level: int, side: int, limit: int) -> bool:
    """Tell whether a level trades against a limit."""
    price = s.levels[level].price
    return price <= limit if side == Side.BUY else price >= limit


@inner
def match(s: State, taker: int, limit: int, fill_kind: int) -> int:
    """Trade an order against its book up to a limit; return why it must stop, or 0.

    With 0 the rest, if there is one, may rest.
    """
    o = s.orders[taker]
    fills = 0
    begun = s.scratch[0].work
    while o.remaining > 0:
        level = best_opposite(s, o.market, o.side)
        if level == 0 or not crosses(s, level, o.side, limit):
            return 0
        if fills == FILLS_PER_ORDER or s.scratch[0].work - begun >= MATCH_WORK:
            return CancelReason.FILLS_CAPPED
        maker = s.levels[level].first
        fetch_row(s.orders, s.orders[maker].next)
        fills += 1
        if s.orders[maker].account == o.account:
            if fill_kind != FillKind.LIQUIDATION:
                return CancelReason.SELF_TRADE
            cancel_resting(s, maker, CancelReason.LIQUIDATION)
            continue
        quantity = _fill_quantity(s, o.remaining, maker)
        if quantity == 0:
            cancel_resting(s, maker, CancelReason.REDUCE_ONLY)
            continue
        m = s.markets[o.market]
        value = value_down(s.levels[level].price, quantity, m.multiplier, m.divisor)
        fails = _why_taker_fails(s, taker, quantity, value, fill_kind)
        if fails != 0:
            return fails
        fails = why_maker_fails(s, maker, quantity, value) if o.position != 0 else 0
        if fails != 0:
            cancel_resting(s, maker, fails)
            continue
        _trade(s, taker, maker, quantity, value, fill_kind)
    return 0


@inlined
def _fill_quantity(s: State, wanted: int, maker: int) -> int:
    k = s.orders[maker]
    quantity = min(wanted, k.remaining)
    if k.flags & REDUCE_ONLY:
        quantity = min(quantity, reducible(s, maker))
    return quantity


@inlined
def _why_taker_fails(s: State, taker: int, quantity: int, value: int, fill_kind: int) -> int:
    # The venue's own liquidation order has a price of its own that it stops at.
    if s.orders[taker].position == 0:
        return 0 if can_pay(s, taker, value) else CancelReason.FUNDS
    return 0 if fill_kind == FillKind.LIQUIDATION else why_taker_fails(s, taker, quantity, value)


@inlined
def _trade(s: State, taker: int, maker: int, quantity: int, value: int, fill_kind: int) -> None:
    x = s.exchange[0]
    o, k = s.orders[taker], s.orders[maker]
    m = s.markets[o.market]
    visit(s, FILL_WORK)
    price = k.price
    number, other = k.number, k.account
    o.remaining -= quantity
    k.remaining -= quantity
    s.levels[k.level].quantity -= quantity
    if o.position == 0:
        taker_fee, maker_fee = settle_spot(s, taker, maker, quantity, value)
    else:
        reserve_size(s, taker, -quantity)
        reserve_size(s, maker, -quantity)
        taker_fee, maker_fee = settle_contract(s, taker, maker, quantity, value, fill_kind)
    m.last_price = price
    x.trade += 1
    emit.order_filled(
        s,
        o.account,
        o.market,
        x.trade,
        o.side,
        o.number,
        number,
        other,
        price,
        quantity,
        value,
        taker_fee,
        maker_fee,
        fill_kind,
    )
    if k.remaining == 0:
        leave_book(s, maker)


@inlined
def next_level(s: State, level: int, side: int) -> int:
    """Return the level that an order of this side meets behind another one, or 0."""
    one = s.levels[level]
    return one.above if side == Side.BUY else one.below


@inner
def can_fill_whole(s: State, taker: int, limit: int, held: int) -> bool:
    """Tell whether `match` would fill an order at once and whole (fill or kill).

    It takes the very steps of `match`: positions are moved as fills would move them, so that a
    maker's orders share one position and one margin, and moved back. `held` is what a spot buy
    that holds all there is has to pay with, negative where the money reaches or is judged later.
    """
    o = s.orders[taker]
    left, steps, walked = o.remaining, 0, 0
    begun, own = s.scratch[0].work, s.positions[o.position].schedule
    level = best_opposite(s, o.market, o.side)
    row = s.levels[level].first
    while left > 0 and level != 0 and crosses(s, level, o.side, limit):
        k = s.orders[row]
        done = s.scratch[0].work - begun + WALK_SPARE >= MATCH_WORK
        if steps == FILLS_PER_ORDER or k.account == o.account or done:
            break
        steps += 1
        visit(s, FILL_WORK)
        quantity = _fill_quantity(s, left, row)
        if quantity > 0 and o.position != 0:
            value = _value(s, row, quantity)
            if why_taker_fails(s, taker, quantity, value) != 0:
                break
            if why_maker_fails(s, row, quantity, value) != 0:
                quantity = 0
        if quantity > 0:
            if held >= 0:
                held = held_after(s, taker, s.levels[level].price, quantity, held)
                if held < 0:
                    break
            left -= quantity
            s.scratch[0].walked_orders[walked] = row
            s.scratch[0].walked[walked] = quantity
            s.scratch[0].walked_schedules[walked] = s.positions[k.position].schedule
            _suppose(s, taker, row, quantity)
            walked += 1
            if quantity < k.remaining:
                # The rest of it only reduces what is no more: `match` meets it again, in vain.
                continue
        row = k.next
        if row == 0:
            level = next_level(s, level, o.side)
            row = s.levels[level].first
    while walked > 0:
        walked -= 1
        row = s.scratch[0].walked_orders[walked]
        _suppose(s, taker, row, -s.scratch[0].walked[walked])
        s.positions[s.orders[row].position].schedule = s.scratch[0].walked_schedules[walked]
    s.positions[o.position].schedule = own
    return left <= 0


@inlined
def _value(s: State, maker: int, quantity: int) -> int:
    m = s.markets[s.orders[maker].market]
    return value_down(s.orders[maker].price, quantity, m.multiplier, m.divisor)


@inlined
def _suppose(s: State, taker: int, maker: int, quantity: int) -> None:
    # A fill of both sides in a contract; a negative quantity takes it back.
    if s.orders[maker].position == 0:
        return
    value = _value(s, maker, abs(quantity))
    value = value if quantity > 0 else -value
    schedule = s.markets[s.orders[maker].market].fee_schedule
    _, taker_ppm = rates(s, s.orders[taker].account, schedule)
    maker_ppm, _ = rates(s, s.orders[maker].account, schedule)
    suppose_fill(s, taker, quantity, value, taker_ppm)
    suppose_fill(s, maker, quantity, value, maker_ppm)
