"""Liquidation: the price at which a position closes with nothing left, and how much is closed.

    zero-equity price of a long  = (mark value - equity) / quantity / (1 - fee), rounded up
    zero-equity price of a short = (mark value + equity) / quantity / (1 + fee), rounded down

Equity here is the position's share of its account's, by maintenance margin (`share_of_equity`):
the positions that stay keep what is theirs. Kraken's equity protection process sends an
immediate-or-cancel order at this price, so that equity stays at zero or above. With all equity
and what the insurance pool may lose in its place it is the price at which the pool has lost that;
what goes beyond, the other side gives up of its profit (`unwound_price`). The pool pays what the
mark has taken; for a buyer it pays no more than the liquidation fee's share of the mark
(`insured_value`), so that nobody gains by buying from an account of his own. Where equity is at
least half of maintenance, half of the position is closed (partial liquidation; the band and the
half are our choice, Kraken publishes neither).
"""

from __future__ import annotations

from pilothouse.language.numbers import PPM
from pilothouse.rules.bits import muldiv_down, muldiv_up
from pilothouse.rules.compiled import kernel
from pilothouse.rules.money import share_down


@kernel
def share_of_equity(equity: int, need: int, maintenance: int) -> int:
    """Return the equity of one position, by its part `need` of the account's maintenance margin.

    Rounded down: a position gives no more than is its own, and bears no less of a deficit.
    """
    if maintenance <= 0 or need >= maintenance:
        return equity
    if equity < 0:
        return -muldiv_up(-equity, need, maintenance)
    return muldiv_down(equity, need, maintenance)


@kernel
def zero_equity_value(value: int, equity: int, is_long: bool, fee_ppm: int) -> int:
    """Return the value (base units) at which closing leaves no equity, at least 0."""
    if is_long:
        return muldiv_up(max(0, value - equity), PPM, PPM - fee_ppm)
    return muldiv_down(max(0, value + equity), PPM, PPM + fee_ppm)


@kernel
def insured_value(value: int, equity: int, insured: int, is_long: bool, fee_ppm: int) -> int:
    """Return the worst value (base units) at which a position is offered with the pool behind it:
    no further from its value at the mark than the fee's share, or where no equity of its own is
    left, and never beyond `insured`: all equity of the account and what the pool may lose to it.
    """
    by_pool = zero_equity_value(value, insured, is_long, fee_ppm)
    at_zero = zero_equity_value(value, equity, is_long, fee_ppm)
    width = share_down(value, fee_ppm)
    if is_long:
        return max(by_pool, min(at_zero, value - width))
    return min(by_pool, max(at_zero, value + width))


@kernel
def is_beyond(worst: int, value: int, is_long: bool) -> bool:
    """Tell whether a position's value at mark is worse than the worst at which it may close."""
    return value < worst if is_long else value > worst


@kernel
def price_of_value(
    value: int, quantity: int, multiplier: int, divisor: int, tick: int, upwards: bool
) -> int:
    """Return the price on the tick at which a quantity has a value, at least one tick."""
    if upwards:
        price = muldiv_up(value, divisor, quantity * multiplier)
        return max(tick, (price + tick - 1) // tick * tick)
    return max(tick, muldiv_down(value, divisor, quantity * multiplier) // tick * tick)


@kernel
def unwound_price(price: int, at_mark: int, entry: int, is_long: bool) -> int:
    """Return the price of an unwind: as `price` asks of the other side, but it gives back no more
    than its profit since its `entry`, and loses nothing against the mark. All in price units.
    """
    if is_long:
        return max(at_mark, min(price, entry))
    return min(at_mark, max(price, entry))


@kernel
def quantity_to_close(quantity: int, equity: int, maintenance: int, lot: int) -> int:
    """Return how much of a position (unsigned) is closed in one step."""
    if 2 * equity < maintenance or quantity <= lot:
        return quantity
    return max(lot, quantity // 2 // lot * lot)


@kernel
def profit_rank_ppm(unrealised: int, entry_cost: int) -> int:
    """Return the rank of a counterparty in an unwind: its profit as a share of its entry cost."""
    if unrealised <= 0:
        return 0
    return muldiv_down(min(unrealised, abs(entry_cost) * 1000), PPM, max(1, abs(entry_cost)))
