"""The prices at which a liquidation may close a position, and whether somebody takes one.

Each is worked out for the whole position: by its own share of the account's equity, or by what
the insurance pool may lose to the account.
"""

from __future__ import annotations

from pilothouse.engine.margin import maintenance_of, notional
from pilothouse.engine.matching import best_opposite, crosses, next_level
from pilothouse.engine.money import find_balance
from pilothouse.engine.reducing import gives
from pilothouse.engine.state import FILLS_PER_ORDER, State
from pilothouse.engine.work import visit
from pilothouse.language.kinds import Side, Wallet
from pilothouse.rules.compiled import inlined, inner
from pilothouse.rules.liquidation import (
    insured_value,
    price_of_value,
    share_of_equity,
    zero_equity_value,
)
from pilothouse.rules.money import share_down

POOL_SHARE_PPM = 100_000
"""The pool may lose at most a tenth of itself to one account."""


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
    m = s.markets[s.positions[row].market]
    pool = find_balance(s, m.insurance_account, Wallet.FUTURES, m.quote)
    return share_down(max(0, s.balances[pool].available), POOL_SHARE_PPM) if pool != 0 else 0


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
