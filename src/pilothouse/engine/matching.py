"""Matching: price-time priority. The order that comes takes the best resting order, then the next.

An order trades at most FILLS_PER_ORDER times and its rest is then cancelled, so that the events of
one command are bounded. An account never trades with itself: the newer order's rest is cancelled.
"""

from __future__ import annotations

from pilothouse.engine import events as emit
from pilothouse.engine.contracts import settle_contract
from pilothouse.engine.orders import cancel_resting, leave_book, reserve_size
from pilothouse.engine.pointers import fetch_row
from pilothouse.engine.spot import can_pay, settle_spot
from pilothouse.engine.state import FILLS_PER_ORDER, State
from pilothouse.language.commands.orders import REDUCE_ONLY
from pilothouse.language.kinds import CancelReason, Side
from pilothouse.rules.compiled import inlined, inner
from pilothouse.rules.money import value_down


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
    while o.remaining > 0:
        level = best_opposite(s, o.market, o.side)
        if level == 0 or not crosses(s, level, o.side, limit):
            return 0
        if fills == FILLS_PER_ORDER:
            return CancelReason.FILLS_CAPPED
        maker = s.levels[level].first
        fetch_row(s.orders, s.orders[maker].next)
        if s.orders[maker].account == o.account:
            return CancelReason.SELF_TRADE
        quantity = _fill_quantity(s, taker, maker)
        fills += 1
        if quantity == 0:
            cancel_resting(s, maker, CancelReason.REDUCE_ONLY)
            continue
        m = s.markets[o.market]
        value = value_down(s.levels[level].price, quantity, m.multiplier, m.divisor)
        if o.position == 0 and not can_pay(s, taker, value):
            return CancelReason.FUNDS
        _trade(s, taker, maker, quantity, value, fill_kind)
    return 0


@inlined
def _fill_quantity(s: State, taker: int, maker: int) -> int:
    k = s.orders[maker]
    quantity = min(s.orders[taker].remaining, k.remaining)
    if k.flags & REDUCE_ONLY:
        quantity = min(quantity, reducible(s, maker))
    return quantity


@inner
def reducible(s: State, row: int) -> int:
    """Return how much a reduce-only order may still trade: the opposite position's size."""
    o = s.orders[row]
    held = s.positions[o.position].quantity
    return max(-held, 0) if o.side == Side.BUY else max(held, 0)


@inlined
def _trade(s: State, taker: int, maker: int, quantity: int, value: int, fill_kind: int) -> None:
    x = s.exchange[0]
    o, k = s.orders[taker], s.orders[maker]
    m = s.markets[o.market]
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


@inner
def can_fill_whole(s: State, taker: int, limit: int) -> bool:
    """Tell whether an order can fill at once and whole within its limit (fill or kill)."""
    o = s.orders[taker]
    left = o.remaining
    fills = 0
    level = best_opposite(s, o.market, o.side)
    while left > 0 and level != 0 and crosses(s, level, o.side, limit):
        row = s.levels[level].first
        while left > 0 and row != 0:
            k = s.orders[row]
            if k.account == o.account or fills == FILLS_PER_ORDER:
                return False
            available = k.remaining
            if k.flags & REDUCE_ONLY:
                available = min(available, reducible(s, row))
            left -= available
            fills += 1
            row = k.next
        above, below = s.levels[level].above, s.levels[level].below
        level = above if o.side == Side.BUY else below
    return left <= 0
