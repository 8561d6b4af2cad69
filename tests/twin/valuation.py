"""The twin's arithmetic: values, fees, marks, funding, collateral, as plainly as can be said."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from pilothouse.language.kinds import MarketStatus, Side, Wallet
from tests.twin.facts import Books, Market, Order, Position
from tests.twin.index import is_expired

MILLION = 1_000_000
E12 = 10**12
HOUR = 3_600 * MILLION
DAY = 24 * HOUR
EXECUTING = (MarketStatus.ONLINE, MarketStatus.LIMIT_ONLY, MarketStatus.REDUCE_ONLY)


def value(books: Books, market: Market, price: int, quantity: int) -> Fraction:
    """Return the exact value of a quantity at a price, in base units of the quote asset."""
    return price * quantity * books.unit_value(market)


def mark_value(books: Books, market: Market, quantity: int) -> Fraction:
    """Return the exact value of an unsigned quantity at the mark."""
    return value(books, market, market.mark, quantity) / 100


def ppm_up(amount: int, ppm: int) -> int:
    """Return a share of an amount, rounded up."""
    return ceil(Fraction(amount * ppm, MILLION))


def tier_at(amount: int, floors: list[int]) -> int:
    """Return the last place whose floor is reached."""
    return max(k for k, start in enumerate(floors) if k == 0 or amount >= start)


def fee_rates(books: Books, account: int, market: Market) -> tuple[int, int]:
    """Return the maker's and taker's fee of an account, in ppm."""
    tiers = books.fees.get(market.listing.fee_schedule)
    if not tiers:
        return 0, 0
    today = books.time // DAY
    traded = books.accounts[account - 1].traded
    volume = sum(amount for day, amount in traded.items() if today - day < 30) // MILLION
    tier = tiers[tier_at(volume, [one.volume_from_usd for one in tiers])]
    return tier.maker_ppm, tier.taker_ppm


def in_dollars(books: Books, asset: int, amount: int) -> int:
    """Return an amount of an asset in micro-dollars at its index, rounded down."""
    if asset == books.dollar:
        return amount
    one = books.assets[asset - 1]
    return floor(Fraction(amount * one.index_e12, 10 ** (one.listing.decimals + 6)))


def best(books: Books, number: int, side: Side) -> Order | None:
    """Return the order of a side that trades first."""
    resting = [
        one
        for one in books.orders.values()
        if one.asked.market == number and one.asked.side == side
    ]
    sign = -1 if side == Side.BUY else 1
    return min(resting, key=lambda one: (sign * one.price, one.number), default=None)


def within(price: int, share: Fraction, side: Side, tick: int) -> int:
    """Return the worst price on the tick that is no further than a share from a price."""
    width = floor(price * share)
    if side == Side.BUY:
        return max(tick, (price + width) // tick * tick)
    return max(tick, -(-(price - width) // tick) * tick)


def funding_now(books: Books, market: Market) -> int:
    """Return what one quantity unit has accrued since listing, in millionths of a base unit."""
    since = min(books.time - books.hour_started, HOUR)
    return market.funding_base + floor(Fraction(market.funding_payment * since, HOUR))


def accrued(books: Books, market: Market, position: Position) -> int:
    """Return what a position would receive now, rounded against its holder."""
    since = funding_now(books, market) - position.funding_seen
    return floor(Fraction(-position.quantity * since, MILLION))


def end_hour(books: Books) -> None:
    """Settle the accrual of the hour that ended and set every perpetual's next payment."""
    for market in books.markets:
        if market.clearing == 0:
            continue
        market.funding_base = funding_now(books, market)
        rate = 0
        if market.premium_ms > 0 and market.listing.funding_coefficient > 0:
            rate = market.premium_sum // market.premium_ms // market.listing.funding_coefficient
        most = market.listing.funding_rate_max_e12
        rate = max(-most, min(most, rate))
        if is_expired(books, books.assets[market.listing.base - 1]):
            rate = 0
        worth = floor(value(books, market, market.index, 1) / 100 * MILLION)
        market.funding_payment = floor(Fraction(rate * worth, E12))
        market.premium_sum = market.premium_ms = 0
    books.hour_started = books.time // HOUR * HOUR


def counts_for(books: Books, asset: int, amount: int) -> int:
    """Return what an amount of an asset counts for as collateral, after its haircut."""
    worth = in_dollars(books, asset, amount)
    return worth - ppm_up(worth, books.assets[asset - 1].listing.haircut_ppm)


def collateral(books: Books, account: int) -> int:
    """Return what the futures wallet counts for, in micro-dollars."""
    total = 0
    for number in range(1, len(books.assets) + 1):
        key = (account, Wallet.FUTURES, number)
        amount = books.available[key] + books.held[key]
        if number == books.dollar:
            total += amount
        elif amount > 0:
            total += counts_for(books, number, amount)
        elif amount < 0:
            total -= in_dollars(books, number, -amount) + 1
    return total
