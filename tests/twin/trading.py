"""The twin's market place: checks, holds, matching, settlement, cancelling."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from pilothouse.language import refusals as no
from pilothouse.language.commands import CancelAllOrders, CancelOrder, PlaceOrder
from pilothouse.language.commands.orders import POST_ONLY, REDUCE_ONLY
from pilothouse.language.kinds import (
    CancelReason,
    MarketKind,
    MarketStatus,
    OrderType,
    Purpose,
    Side,
    TimeInForce,
    Wallet,
)
from tests.twin.facts import Books, Market, Order
from tests.twin.margin import margin_of, open_size, schedule_of
from tests.twin.valuation import (
    DAY,
    MILLION,
    accrued,
    best,
    fee_rates,
    funding_now,
    in_dollars,
    mark_value,
    ppm_up,
    value,
)

STATUS_REFUSES = {
    MarketStatus.HALTED: no.MARKET_IS_HALTED,
    MarketStatus.DELISTED: no.MARKET_IS_HALTED,
    MarketStatus.CANCEL_ONLY: no.MARKET_IS_CANCEL_ONLY,
}
TRADEABLE = (MarketKind.SPOT, MarketKind.PERPETUAL_LINEAR)
PROTECTION = Fraction(5, 100)


def opposite(side: Side) -> Side:
    """Return the other side."""
    return Side.SELL if side == Side.BUY else Side.BUY


def place(books: Books, asked: PlaceOrder, number: int) -> int:
    """Place an order; return a refusal or 0."""
    refused = _kind(books, asked)
    if refused:
        return refused
    market = books.markets[asked.market - 1]
    limit = asked.price
    if limit == 0 and asked.order_type == OrderType.MARKET:
        limit = _market_limit(books, asked, market)
    refused = _size(books, asked, market, limit) or _identity(books, asked, market)
    if refused:
        return refused
    order = Order(number, asked, limit, asked.quantity)
    refused = _book(books, order, market) or _means(books, order, market)
    if refused:
        return refused
    _trade_and_rest(books, order, market)
    return 0


def _kind(books: Books, asked: PlaceOrder) -> int:
    if books.account(asked.account) is None:
        return no.UNKNOWN_ACCOUNT
    market = books.market(asked.market)
    if market is None:
        return no.UNKNOWN_MARKET
    if market.listing.kind not in TRADEABLE:
        return no.MARKET_IS_NOT_TRADEABLE
    if market.status in STATUS_REFUSES:
        return STATUS_REFUSES[market.status]
    if market.status == MarketStatus.POST_ONLY and not asked.flags & POST_ONLY:
        return no.MARKET_IS_POST_ONLY
    if market.status == MarketStatus.LIMIT_ONLY and asked.order_type != OrderType.LIMIT:
        return no.MARKET_IS_LIMIT_ONLY
    if market.status == MarketStatus.REDUCE_ONLY and not asked.flags & REDUCE_ONLY:
        return no.MARKET_IS_REDUCE_ONLY
    return 0 if _is_known(asked, market) else no.ORDER_IS_NOT_A_KNOWN_KIND


def _is_known(asked: PlaceOrder, market: Market) -> bool:
    if asked.side not in list(Side) or asked.order_type not in list(OrderType):
        return False
    if asked.time_in_force not in list(TimeInForce) or not 0 <= asked.flags <= 3:
        return False
    rests = asked.order_type == OrderType.LIMIT and asked.time_in_force == TimeInForce.GTC
    if asked.flags & POST_ONLY and not rests:
        return False
    return not (asked.flags & REDUCE_ONLY and market.listing.kind == MarketKind.SPOT)


def reference(market: Market) -> int:
    """Return the price from which bands are measured, 0 if there is none."""
    return market.mark // 100 if market.clearing else market.last_price


def within(price: int, share: Fraction, side: Side, tick: int) -> int:
    """Return the worst price on the tick that is no further than a share from a price."""
    width = floor(price * share)
    if side == Side.BUY:
        return max(tick, (price + width) // tick * tick)
    return max(tick, -(-(price - width) // tick) * tick)


def _band_limit(market: Market, side: Side) -> int:
    if market.band_ppm == 0 or reference(market) == 0:
        return 0
    share = Fraction(market.band_ppm, MILLION)
    return within(reference(market), share, side, market.listing.tick)


def _market_limit(books: Books, asked: PlaceOrder, market: Market) -> int:
    other = best(books, asked.market, opposite(asked.side))
    if other is None:
        return 0
    limit = within(other.price, PROTECTION, asked.side, market.listing.tick)
    band = _band_limit(market, asked.side)
    if band == 0:
        return limit
    return min(limit, band) if asked.side == Side.BUY else max(limit, band)


def _size(books: Books, asked: PlaceOrder, market: Market, limit: int) -> int:
    listing, reduces = market.listing, asked.flags & REDUCE_ONLY
    if asked.quantity <= 0:
        return no.QUANTITY_MUST_BE_POSITIVE
    if asked.quantity % listing.lot:
        return no.QUANTITY_IS_NOT_ON_THE_LOT
    if asked.quantity < listing.quantity_min and not reduces:
        return no.QUANTITY_IS_BELOW_THE_MINIMUM
    if limit == 0 and asked.order_type == OrderType.MARKET:
        return no.NO_PRICE_TO_MEET
    if limit <= 0:
        return no.PRICE_MUST_BE_POSITIVE
    if limit % listing.tick:
        return no.PRICE_IS_NOT_ON_THE_TICK
    band = _band_limit(market, asked.side)
    if band and (limit > band if asked.side == Side.BUY else limit < band):
        return no.PRICE_IS_OUTSIDE_THE_BAND
    if not reduces and floor(value(books, market, limit, asked.quantity)) < listing.cost_min:
        return no.COST_IS_BELOW_THE_MINIMUM
    return 0


def _identity(books: Books, asked: PlaceOrder, market: Market) -> int:
    mine = [one for one in books.orders.values() if one.asked.account == asked.account]
    known = {one.asked.client_order_id for one in mine}
    if asked.client_order_id and asked.client_order_id in known:
        return no.CLIENT_ORDER_ID_IS_TAKEN
    most = books.accounts[asked.account - 1].orders_max
    if most and len(mine) >= most:
        return no.TOO_MANY_OPEN_ORDERS
    protected = market.clearing and asked.account in books.protected
    return no.ACCOUNT_IS_BEING_LIQUIDATED if protected else 0


def reducible(books: Books, order: Order) -> int:
    """Return the size of the position that a reduce-only order may still reduce."""
    held = books.positions[order.asked.account, order.asked.market].quantity
    return max(-held, 0) if order.asked.side == Side.BUY else max(held, 0)


def _crosses(order: Order, other: Order | None) -> bool:
    if other is None:
        return False
    if order.asked.side == Side.BUY:
        return other.price <= order.price
    return other.price >= order.price


def _would_trade(books: Books, order: Order) -> bool:
    return _crosses(order, best(books, order.asked.market, opposite(order.asked.side)))


def _book(books: Books, order: Order, market: Market) -> int:
    asked = order.asked
    if market.clearing and asked.flags & REDUCE_ONLY:
        order.remaining = min(order.remaining, reducible(books, order))
        if order.remaining == 0:
            return no.NO_POSITION_TO_REDUCE
    if market.clearing and asked.flags & POST_ONLY and _would_trade(books, order):
        return no.POST_ONLY_WOULD_TRADE
    if asked.time_in_force == TimeInForce.FOK and not _fills_whole(books, order):
        return no.FILL_OR_KILL_CANNOT_FILL
    return 0


def _fills_whole(books: Books, order: Order) -> bool:
    against = [
        one
        for one in books.orders.values()
        if one.asked.market == order.asked.market
        and one.asked.side == opposite(order.asked.side)
        and _crosses(order, one)
    ]
    sign = 1 if order.asked.side == Side.BUY else -1
    left = order.remaining
    for one in sorted(against, key=lambda one: (sign * one.price, one.number)):
        if left <= 0:
            break
        if one.asked.account == order.asked.account:
            return False
        cut = one.asked.flags & REDUCE_ONLY
        left -= min(one.remaining, reducible(books, one)) if cut else one.remaining
    return left <= 0


def _means(books: Books, order: Order, market: Market) -> int:
    return _margin(books, order, market) if market.clearing else _hold(books, order, market)


def wallet_key(order: Order, market: Market) -> tuple[int, int, int]:
    """Return the balance from which a spot order pays."""
    listing = market.listing
    asset = listing.quote if order.asked.side == Side.BUY else listing.base
    return order.asked.account, Wallet.SPOT, asset


def _hold(books: Books, order: Order, market: Market) -> int:
    key = wallet_key(order, market)
    has = books.available[key]
    if order.asked.side == Side.SELL:
        need = order.remaining
    else:
        need = _cost(books, order, market, order.price)
        if order.asked.order_type == OrderType.MARKET and has < need:
            other = best(books, order.asked.market, Side.SELL)
            if other is None or has < _cost(books, order, market, other.price):
                return no.INSUFFICIENT_FUNDS
            need = has
    if has < need:
        return no.INSUFFICIENT_FUNDS
    books.available[key] -= need
    books.held[key] += need
    order.held = need
    return 0


def _cost(books: Books, order: Order, market: Market, price: int) -> int:
    worth = ceil(value(books, market, price, order.remaining))
    return worth + ppm_up(worth, fee_rates(books, order.asked.account, market)[1])


def _margin(books: Books, order: Order, market: Market) -> int:
    asked = order.asked
    position = books.positions[asked.account, asked.market]
    opened_at = position.opened_at if position.quantity else books.time
    if market.mark == 0:
        return no.NO_MARK_PRICE
    if schedule_of(books, asked.account, market, opened_at, market.schedules) is None:
        return no.NO_SCHEDULE
    sign = 1 if asked.side == Side.BUY else -1
    open_already = open_size(books, asked.account, asked.market, asked.side)
    reach = position.quantity + sign * (open_already + order.remaining)
    most = market.listing.position_max
    if most and abs(reach) > most:
        return no.POSITION_WOULD_BE_TOO_LARGE
    reduces = position.quantity * sign < 0 and reach * position.quantity >= 0
    if reduces or _has_margin(books, order, market):
        return 0
    return no.INSUFFICIENT_MARGIN


def _has_margin(books: Books, order: Order, market: Market) -> bool:
    asked = order.asked
    books.orders[order.number] = order
    margin = margin_of(books, asked.account)
    del books.orders[order.number]
    at_limit = ceil(value(books, market, order.price, order.remaining))
    at_mark = ceil(mark_value(books, market, order.remaining))
    loss = at_limit - at_mark if asked.side == Side.BUY else at_mark - at_limit
    taker_ppm = fee_rates(books, asked.account, market)[1]
    cost = max(loss, 0) + ppm_up(max(at_limit, at_mark), taker_ppm)
    return margin.equity - cost >= margin.with_orders


def _trade_and_rest(books: Books, order: Order, market: Market) -> None:
    asked = order.asked
    if market.clearing == 0 and asked.flags & POST_ONLY and _would_trade(books, order):
        reason = CancelReason.POST_ONLY
    else:
        reason = _match(books, order, market)
    if order.remaining > 0 and reason is None:
        if asked.order_type == OrderType.LIMIT and asked.time_in_force == TimeInForce.GTC:
            books.orders[order.number] = order
            return
        reason = CancelReason.IMMEDIATE_REST
    if order.remaining > 0:
        books.cancelled.append((order.number, int(reason)))
    _release(books, order, market)


def _release(books: Books, order: Order, market: Market) -> None:
    key = wallet_key(order, market)
    books.held[key] -= order.held
    books.available[key] += order.held
    order.held = 0


def _match(books: Books, taker: Order, market: Market) -> CancelReason | None:
    while taker.remaining > 0:
        maker = best(books, taker.asked.market, opposite(taker.asked.side))
        if maker is None or not _crosses(taker, maker):
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
        if not market.clearing and taker.asked.side == Side.BUY and taker.held < worth:
            return CancelReason.FUNDS
        _trade(books, taker, maker, market, quantity, worth)
    return None


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
        _release(books, maker, market)


def _settle_spot(
    books: Books, buy: Order, sell: Order, market: Market,
    quantity: int, worth: int, buy_fee: int, sell_fee: int,
) -> int:  # fmt: skip
    base, quote = market.listing.base, market.listing.quote
    buyer, seller = buy.asked.account, sell.asked.account
    buy_fee = min(buy_fee, buy.held - worth)
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
    _release(books, order, books.markets[order.asked.market - 1])


def cancel_order(books: Books, asked: CancelOrder) -> tuple[int, int]:
    """Cancel one order; return (refusal, its number)."""
    if books.account(asked.account) is None:
        return no.UNKNOWN_ACCOUNT, 0
    order = books.orders.get(asked.order)
    if asked.order == 0:
        order = next((one for one in books.orders.values() if _is_named(one, asked)), None)
    if order is None:
        return no.UNKNOWN_ORDER, 0
    if order.asked.account != asked.account:
        return no.ORDER_IS_ANOTHER_ACCOUNTS, 0
    cancel(books, order, CancelReason.BY_CLIENT)
    return 0, order.number


def _is_named(order: Order, asked: CancelOrder) -> bool:
    if not asked.client_order_id or order.asked.account != asked.account:
        return False
    return order.asked.client_order_id == asked.client_order_id


def cancel_all(books: Books, asked: CancelAllOrders) -> tuple[int, int]:
    """Cancel an account's orders in one market or in all; return (refusal, how many)."""
    if books.account(asked.account) is None:
        return no.UNKNOWN_ACCOUNT, 0
    mine = [
        one
        for one in books.orders.values()
        if one.asked.account == asked.account and asked.market in (0, one.asked.market)
    ]
    for one in mine:
        cancel(books, one, CancelReason.BY_CLIENT)
    return 0, len(mine)
