"""The twin's orders: every check of a new order, what it holds, and a client's cancels."""

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
    Side,
    TimeInForce,
)
from tests.twin.facts import Books, Market, Order
from tests.twin.index import is_old, is_stale
from tests.twin.margin import margin_of, open_size, schedule_of, unproven
from tests.twin.trading import (
    cancel,
    crosses,
    fills_whole,
    maker_lacks,
    match,
    opposite,
    reducible,
    release,
    wallet_key,
)
from tests.twin.valuation import MILLION, best, fee_rates, mark_value, ppm_up, value, within

STATUS_REFUSES = {
    MarketStatus.HALTED: no.MARKET_IS_HALTED,
    MarketStatus.DELISTED: no.MARKET_IS_HALTED,
    MarketStatus.CANCEL_ONLY: no.MARKET_IS_CANCEL_ONLY,
}
TRADEABLE = (MarketKind.SPOT, MarketKind.PERPETUAL_LINEAR)
PROTECTION = Fraction(5, 100)
ORDERS_OF_ANYBODY = 64
"""Open orders of an account without a number of its own, in tables as small as these."""


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
    order = Order(number, asked, limit, asked.quantity, placed_at=books.time)
    refused = _book(books, order, market) or _means(books, order, market)
    if refused:
        return refused
    market.ordered = True
    _trade_and_rest(books, order, market)
    return 0


def _kind(books: Books, asked: PlaceOrder) -> int:
    if books.account(asked.account) is None:
        return no.UNKNOWN_ACCOUNT
    market = books.market(asked.market)
    if market is None:
        return no.UNKNOWN_MARKET
    if books.is_of_the_house(asked.account):
        return no.ACCOUNT_IS_THE_HOUSES
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
    if not _is_known(asked, market):
        return no.ORDER_IS_NOT_A_KNOWN_KIND
    closes = market.listing.kind == MarketKind.SPOT or asked.flags & REDUCE_ONLY
    return 0 if closes or not is_stale(books, market) else no.INDEX_IS_STALE


def _is_known(asked: PlaceOrder, market: Market) -> bool:
    if asked.side not in list(Side) or asked.order_type not in list(OrderType):
        return False
    if asked.time_in_force not in list(TimeInForce) or not 0 <= asked.flags <= 3:
        return False
    rests = asked.order_type == OrderType.LIMIT and asked.time_in_force == TimeInForce.GTC
    if asked.flags & POST_ONLY and not rests:
        return False
    return not (asked.flags & REDUCE_ONLY and market.listing.kind == MarketKind.SPOT)


def reference(books: Books, market: Market) -> int:
    """Return the price from which bands are measured, 0 if there is none."""
    if market.clearing:
        return market.mark // 100
    base, quote = (_worth(books, one) for one in (market.listing.base, market.listing.quote))
    by_index = base * 10**market.listing.price_decimals // quote if quote else 0
    return by_index if 0 < by_index < 2**61 else market.last_price


def _worth(books: Books, number: int) -> int:
    if number == books.dollar:
        return 10**12
    asset = books.assets[number - 1]
    return 0 if is_old(books, asset) else asset.index_e12


def _band_limit(books: Books, asked: PlaceOrder, market: Market) -> int:
    if market.band_ppm == 0 or reference(books, market) == 0:
        return 0
    if asked.flags & REDUCE_ONLY and is_stale(books, market):
        return 0
    share = Fraction(market.band_ppm, MILLION)
    return within(reference(books, market), share, asked.side, market.listing.tick)


def _market_limit(books: Books, asked: PlaceOrder, market: Market) -> int:
    other = best(books, asked.market, opposite(asked.side))
    if other is None:
        return 0
    limit = within(other.price, PROTECTION, asked.side, market.listing.tick)
    band = _band_limit(books, asked, market)
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
    band = _band_limit(books, asked, market)
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
    if len(mine) >= (books.accounts[asked.account - 1].orders_max or ORDERS_OF_ANYBODY):
        return no.TOO_MANY_OPEN_ORDERS
    protected = market.clearing and asked.account in books.protected
    return no.ACCOUNT_IS_BEING_LIQUIDATED if protected else 0


def _would_trade(books: Books, order: Order) -> bool:
    return crosses(order, best(books, order.asked.market, opposite(order.asked.side)))


def _book(books: Books, order: Order, market: Market) -> int:
    asked = order.asked
    if market.clearing and asked.flags & REDUCE_ONLY:
        order.remaining = min(order.remaining, reducible(books, order))
        if order.remaining == 0:
            return no.NO_POSITION_TO_REDUCE
        if _may_rest(asked) and _reducing(books, asked) >= 64:
            return no.TOO_MANY_OPEN_ORDERS
    if market.clearing and asked.flags & POST_ONLY and _would_trade(books, order):
        return no.POST_ONLY_WOULD_TRADE
    if asked.time_in_force != TimeInForce.FOK:
        return 0
    cut = order.remaining < asked.quantity
    fills = fills_whole if market.clearing else _fills_whole
    return no.FILL_OR_KILL_CANNOT_FILL if cut or not fills(books, order, market) else 0


def _may_rest(asked: PlaceOrder) -> bool:
    return asked.order_type == OrderType.LIMIT and asked.time_in_force == TimeInForce.GTC


def _reducing(books: Books, asked: PlaceOrder) -> int:
    return sum(
        bool(one.asked.flags & REDUCE_ONLY)
        for one in books.orders.values()
        if (one.asked.account, one.asked.market) == (asked.account, asked.market)
    )


def _fills_whole(
    books: Books, order: Order, market: Market, money: Fraction | None = None
) -> bool:
    against = [
        one
        for one in books.orders.values()
        if one.asked.market == order.asked.market
        and one.asked.side == opposite(order.asked.side)
        and crosses(order, one)
    ]
    sign = 1 if order.asked.side == Side.BUY else -1
    left = order.remaining
    taker_ppm = fee_rates(books, order.asked.account, market)[1]
    for one in sorted(against, key=lambda one: (sign * one.price, one.number)):
        if left <= 0:
            break
        if one.asked.account == order.asked.account:
            return False
        quantity = min(left, one.remaining)
        if money is not None:
            worth = floor(value(books, market, one.price, quantity))
            if worth > money:
                return False
            money -= worth + min(ppm_up(worth, taker_ppm), money - worth)
        left -= quantity
    return left <= 0


def _means(books: Books, order: Order, market: Market) -> int:
    return _margin(books, order, market) if market.clearing else _hold(books, order, market)


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
            need, order.holds_all = has, True
    if has < need:
        return no.INSUFFICIENT_FUNDS
    books.available[key] -= need
    books.held[key] += need
    order.held = need
    judged = order.holds_all and order.asked.time_in_force == TimeInForce.FOK
    if judged and not _fills_whole(books, order, market, Fraction(need)):
        release(books, order, market)
        return no.FILL_OR_KILL_CANNOT_FILL
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
    if asked.flags & REDUCE_ONLY:
        return 0
    sign = 1 if asked.side == Side.BUY else -1
    open_already = open_size(books, asked.account, asked.market, asked.side)
    reach = position.quantity + sign * (open_already + order.remaining)
    most = market.listing.position_max
    if most and abs(reach) > most:
        return no.POSITION_WOULD_BE_TOO_LARGE
    reduces = position.quantity * sign < 0 and reach * position.quantity >= 0
    return 0 if reduces else _margin_refusal(books, order, market)


def _margin_refusal(books: Books, order: Order, market: Market) -> int:
    asked = order.asked
    books.orders[order.number] = order
    margin = margin_of(books, asked.account)
    del books.orders[order.number]
    at_limit = ceil(value(books, market, order.price, order.remaining))
    at_mark = ceil(mark_value(books, market, order.remaining))
    loss = at_limit - at_mark if asked.side == Side.BUY else at_mark - at_limit
    taker_ppm = fee_rates(books, asked.account, market)[1]
    cost = max(loss, 0) + ppm_up(max(at_limit, at_mark), taker_ppm)
    if margin.equity - cost < margin.with_orders:
        return no.INSUFFICIENT_MARGIN
    left = margin.equity - unproven(books, asked.account) - cost
    return no.INDEX_IS_STALE if left < margin.with_orders else 0


def _trade_and_rest(books: Books, order: Order, market: Market) -> None:
    asked = order.asked
    if market.clearing == 0 and asked.flags & POST_ONLY and _would_trade(books, order):
        reason = CancelReason.POST_ONLY
    else:
        reason = match(books, order, market)
    if order.remaining > 0 and reason is None:
        reason = _why_not_rest(books, order, market)
        if reason is None:
            books.orders[order.number] = order
            return
    if order.remaining > 0:
        books.cancelled.append((order.number, int(reason)))
    release(books, order, market)


def _why_not_rest(books: Books, order: Order, market: Market) -> CancelReason | None:
    if not _may_rest(order.asked):
        return CancelReason.IMMEDIATE_REST
    worth = floor(value(books, market, order.price, order.remaining))
    if not market.clearing:
        return None
    return maker_lacks(books, order, market, order.remaining, worth)


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
