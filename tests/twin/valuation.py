"""The twin's arithmetic: values, fees, marks, funding, collateral, as plainly as can be said."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from pilothouse.language.commands.orders import REDUCE_ONLY
from pilothouse.language.kinds import MarketStatus, Side, Wallet
from tests.twin.facts import Books, Market, Order, Position
from tests.twin.index import is_expired

MILLION = 1_000_000
E12 = 10**12
HOUR = 3_600 * MILLION
DAY = 24 * HOUR
MINUTE = 60 * MILLION
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


def impact(books: Books, number: int, side: Side) -> tuple[int, set[int]]:
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
    for _, _, one in resting[:64]:
        if not can_be_hit(market, one.price, side):
            break
        if one.asked.flags & REDUCE_ONLY:
            continue
        gathered += one.remaining
        accounts.add(one.asked.account)
        if gathered >= size:
            return one.price, accounts
    return 0, accounts


def premium_now(books: Books, number: int) -> int:
    """Return what the book adds to the index: nothing until it could be traded on for 10 s."""
    market = books.markets[number - 1]
    (bid, buyers), (ask, sellers) = (impact(books, number, side) for side in (Side.BUY, Side.SELL))
    trades = market.status in EXECUTING
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
    premium = premium_now(books, number)
    weight = Fraction(min(elapsed, 30 * MILLION) // 1000, 30_000)
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


def collateral(books: Books, account: int) -> int:
    """Return what the futures wallet counts for, in micro-dollars."""
    total = 0
    for number, one in enumerate(books.assets, 1):
        key = (account, Wallet.FUTURES, number)
        amount = books.available[key] + books.held[key]
        if number == books.dollar:
            total += amount
        elif amount > 0:
            worth = in_dollars(books, number, amount)
            total += worth - ppm_up(worth, one.listing.haircut_ppm)
        elif amount < 0:
            total -= in_dollars(books, number, -amount) + 1
    return total
