"""The twin's marks: what an index and a book that can be traded on make of a contract's price."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor

from pilothouse.language.commands.orders import REDUCE_ONLY
from pilothouse.language.kinds import Side
from tests.twin.facts import Books, Market, Order
from tests.twin.margin import Scope, Tiers
from tests.twin.trading import maker_lacks
from tests.twin.valuation import E12, EXECUTING, MILLION, value, within

MINUTE = 60 * MILLION


def can_be_hit(market: Market, price: int, side: Side) -> bool:
    """Say whether the band lets somebody hit an order of a side at a price."""
    around = with_premium(market) // 100
    if not market.band_ppm or not around:
        return True
    share, tick = Fraction(market.band_ppm, MILLION), market.listing.tick
    if side == Side.BUY:
        return price >= within(around, share, Side.SELL, tick)
    return price <= within(around, share, Side.BUY, tick)


def with_premium(market: Market) -> int:
    """Return the mark that a contract's index makes with the premium so far."""
    most = floor(Fraction(market.index * market.listing.premium_max_ppm, MILLION))
    return max(1, market.index + max(-most, min(most, market.premium)))


def looked(market: Market, premium: int, schedules: Mapping[Scope, Tiers] | None = None) -> int:
    """Return what a look may say: a quarter of what the least margin leaves after the fee."""
    held = market.schedules if schedules is None else schedules
    least = min((tiers[0].maintenance_ppm for tiers in held.values()), default=MILLION)
    share = min(
        market.listing.premium_max_ppm, max(0, (least - market.listing.liquidation_fee_ppm) // 4)
    )
    most = floor(Fraction(market.index * share, MILLION))
    return max(-most, min(most, premium))


def marks_under(books: Books, number: int, schedules: Mapping[Scope, Tiers]) -> tuple[int, int]:
    """Return the present mark, and the one that comes once looks may say what they then may."""
    market = books.markets[number - 1]
    if not market.mark:
        return 0, 0
    comes = looked(market, market.premium, schedules)
    most, then = (looked(market, market.index, one) for one in (None, schedules))
    if then > most:
        since = market.tradable_since
        told = premium_now(books, number, OF_ANY_AGE)
        market.tradable_since = since
        if abs(told) > most:
            comes = looked(market, told, schedules)
    return market.mark, max(1, market.index + comes)


OF_ANY_AGE = -1
"""For which time a look counts that asks what is quoted now."""
UNTOLD = -1
"""What a look says of a side where there is too much to look at."""


def impact(books: Books, number: int, side: Side, elapsed: int) -> int:
    """Return the price at which a side has given what a mark needs, 0 if it has not."""
    market = books.markets[number - 1]
    sign = -1 if side == Side.BUY else 1
    resting = sorted(
        (sign * one.price, one.number, one)
        for one in books.orders.values()
        if one.asked.market == number and one.asked.side == side
    )
    size = market.listing.impact_quantity
    size = size or max(1, ceil(500 * MILLION / (value(books, market, market.index, 1) / 100)))
    gathered, margins = 0, 0
    for looked_at, (_, _, one) in enumerate(resting):
        if not can_be_hit(market, one.price, side):
            return 0
        beyond = is_beyond(market, one)
        if looked_at >= 2_048 or margins >= 32:
            return UNTOLD if beyond else one.price
        if is_meant(books, one, size) and (not beyond or could_be_hit(books, one, elapsed)):
            margins += beyond
            gathered += one.remaining if not beyond or is_borne(books, market, one) else 0
        if gathered >= size:
            return one.price
    return 0


def premium_now(books: Books, number: int, elapsed: int) -> int:
    """Return what the book adds to the index: nothing until it could be traded on for 10 s."""
    market = books.markets[number - 1]
    bid, ask = (impact(books, number, side, elapsed) for side in (Side.BUY, Side.SELL))
    if not (market.status in EXECUTING and bid and ask):
        market.tradable_since = 0
        return 0
    market.tradable_since = market.tradable_since or books.time
    if books.time - market.tradable_since < 10 * MILLION or UNTOLD in (bid, ask):
        return 0
    return sorted([100 * bid, 100 * ask, market.index])[1] - market.index


def move_mark(books: Books, number: int, counted_until: int) -> None:
    """Compute a contract's mark anew from its index and what its book adds."""
    market = books.markets[number - 1]
    index_e12 = books.assets[market.listing.base - 1].index_e12
    index = floor(Fraction(index_e12 * 10 ** (market.listing.price_decimals + 2), E12))
    if index == 0:
        return
    elapsed = books.time - market.marked_at if market.marked_at else 0
    if market.mark and market.status in EXECUTING and counted_until > market.marked_at:
        count_premium(market, counted_until - market.marked_at)
    if elapsed > MINUTE:
        market.premium = market.tradable_since = 0
    market.index = index
    market.mark = with_premium(market)
    premium = looked(market, premium_now(books, number, elapsed))
    weight = Fraction(min(elapsed, 2 * MILLION) // 1000, 30_000)
    market.premium += floor((premium - market.premium) * weight)
    market.mark = with_premium(market)
    market.marked_at = books.time


def count_premium(market: Market, elapsed: int) -> None:
    """Count the premium that held since the mark last moved into the hour's average."""
    milliseconds = min(elapsed // 1000, 3_600_000)
    apart = market.mark - market.index
    premium = abs(apart) * MILLION // market.index * MILLION * (1 if apart >= 0 else -1)
    market.premium_sum += premium * milliseconds
    market.premium_ms += milliseconds


def is_meant(books: Books, order: Order, size: int) -> bool:
    """Say whether an order is worth a look."""
    return not order.asked.flags & REDUCE_ONLY and order.remaining >= size // 16


def is_beyond(market: Market, order: Order) -> bool:
    """Say whether an order is a gift at the index."""
    apart = 100 * order.price - market.index
    return (apart if order.asked.side == Side.BUY else -apart) > 0


def could_be_hit(books: Books, order: Order, elapsed: int) -> bool:
    """Say whether an order has rested for most of the time that a look counts for."""
    rested = books.time - order.placed_at
    return elapsed == OF_ANY_AGE or rested >= max(
        MILLION // 10, min(elapsed, 2 * MILLION) * 3 // 4
    )


def is_borne(books: Books, market: Market, order: Order) -> bool:
    """Say whether who hits an order would get it."""
    worth = floor(value(books, market, order.price, order.remaining))
    return maker_lacks(books, order, market, order.remaining, worth) is None
