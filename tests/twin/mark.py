"""The twin's marks: what an index and a book that can be traded on make of a contract's price."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from pilothouse.language.commands.orders import REDUCE_ONLY
from pilothouse.language.kinds import Side
from tests.twin.facts import Books, Market, Order
from tests.twin.trading import maker_bears
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
    return max(1, market.index + clamped(market, market.premium))


def clamped(market: Market, premium: int) -> int:
    """Return a premium as far as an account's maintenance margin bears it twice, with the fee."""
    least = min((tiers[0].maintenance_ppm for tiers in market.schedules.values()), default=MILLION)
    share = min(
        market.listing.premium_max_ppm, max(0, (least - market.listing.liquidation_fee_ppm) // 2)
    )
    most = floor(Fraction(market.index * share, MILLION))
    return max(-most, min(most, premium))


def impact(books: Books, number: int, side: Side, elapsed: int) -> tuple[int, set[int]]:
    """Return the price at which a side has given what a mark needs, and who gives it."""
    market = books.markets[number - 1]
    sign = -1 if side == Side.BUY else 1
    resting = sorted(
        (sign * one.price, one.number, one)
        for one in books.orders.values()
        if one.asked.market == number and one.asked.side == side
    )
    size = market.listing.impact_quantity
    size = size or max(1, ceil(500 * MILLION / (value(books, market, market.index, 1) / 100)))
    gathered, accounts = 0, set()
    for _, _, one in resting[:256]:
        if not can_be_hit(market, one.price, side):
            break
        if one.asked.flags & REDUCE_ONLY or not is_meant(books, market, one, size, elapsed):
            continue
        gathered += one.remaining
        accounts.add(one.asked.account)
        if gathered >= size:
            return one.price, accounts
    else:
        # As many as one looks at say nothing.
        return -1 if len(resting) >= 256 else 0, accounts
    return 0, accounts


def premium_now(books: Books, number: int, elapsed: int) -> int:
    """Return what the book adds to the index: nothing until it could be traded on for 10 s."""
    market = books.markets[number - 1]
    (bid, buyers), (ask, sellers) = (
        impact(books, number, side, elapsed) for side in (Side.BUY, Side.SELL)
    )
    trades = market.status in EXECUTING
    if trades and -1 in (bid, ask):
        return 0
    if not (trades and bid and ask and len(buyers | sellers) > 1):
        market.tradable_since = 0
        return 0
    market.tradable_since = market.tradable_since or books.time
    if books.time - market.tradable_since < 10 * MILLION:
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
        market.tradable_since = 0
    market.index = index
    market.mark = with_premium(market)
    premium = clamped(market, premium_now(books, number, elapsed))
    weight = Fraction(min(elapsed, 30 * MILLION) // 1000, 30_000)
    market.premium += floor((premium - market.premium) * weight)
    market.premium = clamped(market, market.premium)
    market.mark = with_premium(market)
    market.marked_at = books.time


def count_premium(market: Market, elapsed: int) -> None:
    """Count the premium that held since the mark last moved into the hour's average."""
    milliseconds = min(elapsed // 1000, 3_600_000)
    apart = market.mark - market.index
    premium = abs(apart) * MILLION // market.index * MILLION * (1 if apart >= 0 else -1)
    market.premium_sum += premium * milliseconds
    market.premium_ms += milliseconds


def is_meant(books: Books, market: Market, order: Order, size: int, elapsed: int) -> bool:
    """Say whether somebody had time to hit an order beyond the index, and would get it."""
    apart = 100 * order.price - market.index
    if (apart if order.asked.side == Side.BUY else -apart) <= 0:
        return True
    rested = books.time - order.placed_at
    if order.remaining < size // 16 or rested < max(MILLION // 2, min(elapsed, MINUTE // 2) // 2):
        return False
    worth = floor(value(books, market, order.price, order.remaining))
    return maker_bears(books, order, market, order.remaining, worth)
