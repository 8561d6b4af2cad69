"""The twin's market place: matching, settlement, funding, and taking an order out of its book."""

from __future__ import annotations

import copy
from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor

from pilothouse.language.commands.orders import REDUCE_ONLY
from pilothouse.language.kinds import CancelReason, Purpose, Side, Wallet
from tests.twin.facts import Books, Market, Order
from tests.twin.index import is_old, is_stale
from tests.twin.margin import doubt_ppm, margin_of, requirement, schedule_of, unproven
from tests.twin.valuation import (
    DAY,
    MILLION,
    accrued,
    best,
    counts_for,
    fee_rates,
    funding_now,
    in_dollars,
    mark_value,
    ppm_up,
    value,
)


def opposite(side: Side) -> Side:
    """Return the other side."""
    return Side.SELL if side == Side.BUY else Side.BUY


def reducible(books: Books, order: Order) -> int:
    """Return the size of the position that a reduce-only order may still reduce."""
    held = books.positions[order.asked.account, order.asked.market].quantity
    return max(-held, 0) if order.asked.side == Side.BUY else max(held, 0)


def is_void(books: Books, order: Order) -> bool:
    """Say whether an order only reduces a position that is not there any more."""
    return bool(order.asked.flags & REDUCE_ONLY) and reducible(books, order) == 0


def crosses(order: Order, other: Order | None) -> bool:
    """Say whether an order would trade at another's price."""
    if other is None:
        return False
    if order.asked.side == Side.BUY:
        return other.price <= order.price
    return other.price >= order.price


def wallet_key(order: Order, market: Market) -> tuple[int, int, int]:
    """Return the balance from which a spot order pays."""
    listing = market.listing
    asset = listing.quote if order.asked.side == Side.BUY else listing.base
    return order.asked.account, Wallet.SPOT, asset


def release(books: Books, order: Order, market: Market) -> None:
    """Give back what an order holds."""
    key = wallet_key(order, market)
    books.held[key] -= order.held
    books.available[key] += order.held
    order.held = 0


Trade = Callable[[Books, Order, Order, Market, int, int], None]


def match(
    books: Books, taker: Order, market: Market, trade: Trade | None = None
) -> CancelReason | None:
    """Trade with the best orders of the other side; return why it may not rest, or None."""
    while taker.remaining > 0:
        maker = best(books, taker.asked.market, opposite(taker.asked.side))
        if maker is None or not crosses(taker, maker):
            return None
        if maker.asked.account == taker.asked.account:
            return CancelReason.SELF_TRADE
        quantity = min(taker.remaining, maker.remaining)
        if maker.asked.flags & REDUCE_ONLY:
            quantity = min(quantity, reducible(books, maker))
        if quantity == 0:
            cancel(books, maker, CancelReason.REDUCE_ONLY)
            continue
        worth = floor(value(books, market, maker.price, quantity))
        if taker.holds_all and taker.held < worth:
            return CancelReason.FUNDS
        if market.clearing and taker.number and reduces(books, taker):
            taker_ppm = fee_rates(books, taker.asked.account, market)[1]
            if lacking := lacks(books, taker, market, quantity, worth, taker_ppm):
                return lacking
        if market.clearing and (lacking := maker_lacks(books, maker, market, quantity, worth)):
            cancel(books, maker, lacking)
            continue
        (trade or _trade)(books, taker, maker, market, quantity, worth)
    return None


def fills_whole(books: Books, order: Order, market: Market) -> bool:
    """Say whether a contract's order would fill at once and whole: a copy of the books tries."""
    tried, asked = copy.deepcopy((books, order))
    match(tried, asked, tried.markets[order.asked.market - 1], _TRADE)
    return bool(asked.remaining == 0)


def reduces(books: Books, order: Order) -> bool:
    """Say whether an order is on the side that reduces its account's position."""
    return reducible(books, order) > 0


def maker_lacks(
    books: Books, maker: Order, market: Market, quantity: int, worth: int
) -> CancelReason | None:
    """Say what the account of an order that rests, or would, lacks to bear a fill of it."""
    maker_ppm = fee_rates(books, maker.asked.account, market)[0]
    return lacks(books, maker, market, quantity, worth, maker_ppm)


def lacks(
    books: Books, order: Order, market: Market, quantity: int, worth: int, fee_ppm: int
) -> CancelReason | None:
    """Say what is lacking after a fill: its account's margin, or its margin without old prices.

    Margin is maintenance if the fill reduces, else initial.

    What only reduces, at no loss to the mark, always may. Any other must do without what rests on
    old prices, unless it reduces near the mark. Where the mark itself is old see `bears_blind`.
    """
    at_mark = ceil(mark_value(books, market, quantity))
    sign = 1 if order.asked.side == Side.BUY else -1
    loss = sign * (worth - at_mark)
    account, number = order.asked.account, order.asked.market
    held = books.positions[account, number].quantity
    left = held + sign * quantity
    reduces = held * sign < 0 and left * held >= 0
    old, free = is_stale(books, market), reduces and loss <= 0
    if free and not old:
        return None
    if not reduces and 0 < market.listing.position_max < abs(left):
        return CancelReason.FUNDS
    near = loss <= floor(at_mark * Fraction(market.listing.liquidation_fee_ppm, MILLION))
    margin = margin_of(books, account)
    equity = margin.equity - max(0, loss) - ppm_up(worth, fee_ppm)
    least, first = "maintenance_ppm", "initial_ppm"
    others = margin.maintenance - _needed(books, order, market, held, least)
    needed = others + _needed(books, order, market, left, least)
    if not reduces:
        needed = margin.initial - _needed(books, order, market, held, first)
        needed += _needed(books, order, market, left, first)
    needed = min(needed, equity) if free else needed
    if equity < needed:
        return CancelReason.FUNDS
    if old:
        borne = bears_blind(books, order, market, quantity, loss, near, equity, others, needed)
    else:
        excused = reduces and (loss <= 0 or near)
        borne = equity >= needed + (0 if excused else unproven(books, account))
    return None if borne else CancelReason.STALE_INDEX


def bears_blind(
    books: Books, order: Order, market: Market, quantity: int, loss: int, near: bool,
    equity: int, others: int, needed: int,
) -> bool:  # fmt: skip
    """Say whether a fill on an old index leaves its account whole wherever the price may be.

    All old prices move one way. Where the price goes against what is held then, by all that it
    may be wrong, margin is kept; and at the fill's own price, too, if that is a loss.
    """
    asset = market.listing.base
    up = 1 if order.asked.side == Side.SELL else -1
    at_mark = ceil(mark_value(books, market, quantity))
    held, moved = Fraction(0), {1: 0, -1: 0}
    for number, amount, sign in holdings(books, order.asked.account):
        if number == asset:
            held += sign * amount
        elif is_old(books, books.assets[number - 1]):
            # A long loses when prices fall, a short when they rise.
            moved[-sign] += ppm_up(amount, doubt_ppm(books.assets[number - 1]))
    left = held - up * at_mark
    bare = max(0, -up * left)
    far = ceil(bare * Fraction(doubt_ppm(books.assets[asset - 1]), MILLION))
    if equity < needed + far + moved[up]:
        return False
    if loss <= 0 or up * held <= 0:
        return True
    rest = max(0, up * left)
    lost = ceil(Fraction(loss) * rest / max(1, at_mark))
    return equity - lost >= others + (0 if near else moved[-up])


def holdings(books: Books, account: int) -> list[tuple[int, int, int]]:
    """Return what an account holds for its margin: asset, worth in micro-dollars, and its sign."""
    made = []
    for number in range(1, len(books.assets) + 1):
        key = (account, Wallet.FUTURES, number)
        amount = books.available[key] + books.held[key]
        if number != books.dollar and amount > 0:
            made.append((number, counts_for(books, number, amount), 1))
    for number, market in enumerate(books.markets, 1):
        quantity = books.positions[account, number].quantity if market.clearing else 0
        if quantity:
            worth = ceil(mark_value(books, market, abs(quantity)))
            made.append((market.listing.base, worth, 1 if quantity > 0 else -1))
    return made


def _needed(books: Books, order: Order, market: Market, quantity: int, which: str) -> int:
    """Return what another quantity in place of a position needs, opened now if it is none yet."""
    position = books.positions[order.asked.account, order.asked.market]
    goes_on = position.quantity * quantity > 0
    opened_at = position.opened_at if goes_on else books.time
    tiers = schedule_of(books, order.asked.account, market, opened_at, market.schedules)
    return requirement(ceil(mark_value(books, market, abs(quantity))), tiers, which)


def _trade(
    books: Books, taker: Order, maker: Order, market: Market, quantity: int, worth: int
) -> None:
    taker.remaining -= quantity
    maker.remaining -= quantity
    taker_fee = ppm_up(worth, fee_rates(books, taker.asked.account, market)[1])
    maker_fee = ppm_up(worth, fee_rates(books, maker.asked.account, market)[0])
    if market.clearing:
        _settle_contract(books, taker, maker, market, quantity, worth, taker_fee, maker_fee)
    elif taker.asked.side == Side.BUY:
        taker_fee = _settle_spot(
            books, taker, maker, market, quantity, worth, taker_fee, maker_fee
        )
    else:
        maker_fee = _settle_spot(
            books, maker, taker, market, quantity, worth, maker_fee, taker_fee
        )
    market.last_price = maker.price
    dollars = in_dollars(books, market.listing.quote, worth)
    for one in (taker, maker):
        books.accounts[one.asked.account - 1].traded[books.time // DAY] += dollars
    books.trades.append(
        (taker.number, maker.number, maker.price, quantity, worth, taker_fee, maker_fee)
    )
    if maker.remaining == 0:
        del books.orders[maker.number]
        release(books, maker, market)


_TRADE: Trade = _trade
"""What a trade does, whoever listens to those that are made."""


def _settle_spot(
    books: Books, buy: Order, sell: Order, market: Market,
    quantity: int, worth: int, buy_fee: int, sell_fee: int,
) -> int:  # fmt: skip
    base, quote = market.listing.base, market.listing.quote
    buyer, seller = buy.asked.account, sell.asked.account
    kept = 0 if buy.holds_all else ceil(value(books, market, buy.price, buy.remaining))
    buy_fee = min(buy_fee, buy.held - worth - kept)
    buy.held -= worth + buy_fee
    sell.held -= quantity
    books.held[buyer, Wallet.SPOT, quote] -= worth + buy_fee
    books.available[buyer, Wallet.SPOT, base] += quantity
    books.held[seller, Wallet.SPOT, base] -= quantity
    books.available[seller, Wallet.SPOT, quote] += worth - sell_fee
    books.available[books.house[Purpose.FEES], Wallet.SPOT, quote] += buy_fee + sell_fee
    return buy_fee


def _settle_contract(
    books: Books, taker: Order, maker: Order, market: Market,
    quantity: int, worth: int, taker_fee: int, maker_fee: int,
) -> None:  # fmt: skip
    house = (books.house[Purpose.FEES], Wallet.FUTURES, market.listing.quote)
    for one, charged in ((taker, taker_fee), (maker, maker_fee)):
        books.available[one.asked.account, Wallet.FUTURES, market.listing.quote] -= charged
        books.available[house] += charged
        sign = 1 if one.asked.side == Side.BUY else -1
        change_position(books, one.asked.account, one.asked.market, sign * quantity, sign * worth)


def pay(books: Books, account: int, market: Market, amount: int) -> None:
    """Move an amount from a contract's clearing account to an account (negative: back)."""
    asset = market.listing.quote
    books.available[account, Wallet.FUTURES, asset] += amount
    books.available[market.clearing, Wallet.FUTURES, asset] -= amount


def pay_funding(books: Books, account: int, number: int) -> None:
    """Pay what a position has accrued."""
    market, position = books.markets[number - 1], books.positions[account, number]
    if position.quantity:
        pay(books, account, market, accrued(books, market, position))
    position.funding_seen = funding_now(books, market)


def change_position(books: Books, account: int, number: int, quantity: int, worth: int) -> None:
    """Close what is opposite, at its share of the entry cost; open the rest."""
    market, position = books.markets[number - 1], books.positions[account, number]
    pay_funding(books, account, number)
    before = position.quantity
    closing = min(abs(before), abs(quantity)) if before * quantity < 0 else 0
    if closing:
        closing_worth = _towards_zero(Fraction(worth * closing, abs(quantity)))
        released = _towards_zero(Fraction(position.entry_cost * closing, abs(before)))
        pay(books, account, market, -closing_worth - released)
        position.entry_cost -= released
        worth -= closing_worth
    if closing != abs(quantity):
        position.entry_cost += worth
    position.quantity += quantity
    if position.quantity and before * position.quantity <= 0:
        position.opened_at = books.time


def _towards_zero(amount: Fraction) -> int:
    return floor(amount) if amount >= 0 else ceil(amount)


def cancel(books: Books, order: Order, reason: CancelReason) -> None:
    """Take a resting order out of its book and give back what it holds."""
    del books.orders[order.number]
    books.cancelled.append((order.number, int(reason)))
    release(books, order, books.markets[order.asked.market - 1])
