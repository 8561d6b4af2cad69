"""The prices at which a liquidation may close a position, and whether somebody takes one.

Each is worked out for the whole position: by its own share of the account's equity, or by what
the insurance pool may lose to the account.
"""

from __future__ import annotations

from pilothouse.engine.margin import collateral, maintenance_of, notional
from pilothouse.engine.matching import best_opposite, crosses, next_level
from pilothouse.engine.reducing import gives
from pilothouse.engine.state import FILLS_PER_ORDER, State
from pilothouse.engine.work import visit
from pilothouse.language.kinds import Side
from pilothouse.rules.compiled import inlined, inner
from pilothouse.rules.liquidation import (
    insured_value,
    price_of_value,
    share_of_equity,
    unwound_price,
    zero_equity_value,
)
from pilothouse.rules.money import share_down

POOL_SHARE_PPM = 100_000
"""A tenth of itself the pool stands in with for one account, before holders of the other side are
unwound for it. What is missing in the end it pays whole."""


@inlined
def need_of(s: State, row: int) -> int:
    """Return the maintenance margin of a position (micro-dollars)."""
    p = s.positions[row]
    return maintenance_of(s, p.schedule, notional(s, p.market, abs(p.quantity)))


@inner
def worst_value(s: State, row: int, equity: int, fee_ppm: int) -> int:
    """Return the value at which closing a position uses up an equity."""
    p = s.positions[row]
    value = notional(s, p.market, abs(p.quantity))
    return zero_equity_value(value, equity, p.quantity > 0, fee_ppm)


@inner
def price_of_equity(s: State, row: int, equity: int, fee_ppm: int) -> int:
    """Return the price on the tick at which closing a position uses up no more than an equity."""
    return _price(s, row, worst_value(s, row, equity, fee_ppm))


@inner
def own_price(s: State, row: int, equity: int, maintenance: int) -> int:
    """Return the price at which a position uses up its share of an account's equity."""
    own = share_of_equity(equity, need_of(s, row), maintenance)
    return price_of_equity(s, row, own, s.markets[s.positions[row].market].liquidation_fee_ppm)


@inner
def insured_price(s: State, row: int, equity: int, maintenance: int) -> int:
    """Return the worst price at which a position is offered with the insurance pool behind it."""
    p = s.positions[row]
    value = notional(s, p.market, abs(p.quantity))
    own, insured = share_of_equity(equity, need_of(s, row), maintenance), equity + may_lose(s, row)
    fee_ppm = s.markets[p.market].liquidation_fee_ppm
    return _price(s, row, insured_value(value, own, insured, p.quantity > 0, fee_ppm))


@inner
def may_lose(s: State, row: int) -> int:
    """Return what the insurance pool of a position's contract may lose to its account."""
    worth, rows = collateral(s, s.markets[s.positions[row].market].insurance_account)
    visit(s, rows)
    return share_down(max(0, worth), POOL_SHARE_PPM)


@inner
def price_of_unwind(s: State, row: int, equity: int, other: int) -> int:
    """Return the price at which a position is unwound against another one, with an equity that
    holds what the pool may lose. What is rounded is the other side's.
    """
    p, c = s.positions[row], s.positions[other]
    m = s.markets[p.market]
    is_long = p.quantity > 0
    value = notional(s, p.market, abs(p.quantity))
    at_mark = price_of_value(value, abs(p.quantity), m.multiplier, m.divisor, m.tick, not is_long)
    entry = price_of_value(
        max(0, c.entry_cost if c.quantity > 0 else -c.entry_cost),
        abs(c.quantity), m.multiplier, m.divisor, m.tick, not is_long,
    )  # fmt: skip
    return unwound_price(price_of_equity(s, row, equity, 0), at_mark, entry, is_long)


@inlined
def _price(s: State, row: int, value: int) -> int:
    p = s.positions[row]
    m = s.markets[p.market]
    return price_of_value(value, abs(p.quantity), m.multiplier, m.divisor, m.tick, p.quantity > 0)


@inner
def has_taker(s: State, row: int, price: int) -> bool:
    """Tell whether somebody else in the book takes a position at a price or better.

    Behind as many orders that give nothing as one order may meet, a sale finds out, and cancels
    those.
    """
    p = s.positions[row]
    side = Side.SELL if p.quantity > 0 else Side.BUY
    level = best_opposite(s, p.market, side)
    looked = 0
    while level != 0 and crosses(s, level, side, price):
        order = s.levels[level].first
        while order != 0:
            if looked == FILLS_PER_ORDER:
                return True
            looked += 1
            visit(s, 1)
            if s.orders[order].account != p.account and gives(s, order):
                return True
            order = s.orders[order].next
        level = next_level(s, level, side)
    return False
