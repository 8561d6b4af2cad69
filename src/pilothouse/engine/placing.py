"""Placing an order: every check in the order in which it stands here, then hold, match, rest.

All rows that the order can need are reserved before anything is changed; if one is missing, the
order is refused whole.
"""

from __future__ import annotations

from typing import Any

from pilothouse.engine import events as emit
from pilothouse.engine.accounts import account_refusal, house_refusal
from pilothouse.engine.contracts import margin_for_order, room_for_settlement, why_maker_fails
from pilothouse.engine.fees import ensure_volume, refresh_volume, room_for_volume
from pilothouse.engine.levels import PRICE_LIMIT
from pilothouse.engine.markets import is_contract, market_refusal
from pilothouse.engine.matching import best_opposite, can_fill_whole, crosses, match
from pilothouse.engine.money import balance_row, take_back_balances
from pilothouse.engine.orders import (
    CLIENT_ID,
    HOLDS_ALL,
    client_hash,
    find_client_order,
    free_order,
    release,
    rest_in_book,
    room_for_order,
    take_order,
)
from pilothouse.engine.positions import (
    find_position,
    position_row,
    room_for_position,
    take_back_positions,
)
from pilothouse.engine.price_band import market_order_limit, worst_price
from pilothouse.engine.reducing import REDUCING_MOST, reducible, reducing_orders
from pilothouse.engine.room import (
    order_limit,
    room_for_order_balances,
    room_for_order_level,
    room_for_order_nodes,
    room_for_resting_order,
)
from pilothouse.engine.spot import hold_for_order
from pilothouse.engine.staleness import index_is_stale
from pilothouse.engine.state import State
from pilothouse.language.commands.orders import ALL_FLAGS, POST_ONLY, REDUCE_ONLY
from pilothouse.language.kinds import (
    CancelReason,
    FillKind,
    MarketKind,
    MarketStatus,
    OrderType,
    Side,
    TimeInForce,
    Wallet,
)
from pilothouse.language.refusals import (
    ACCOUNT_IS_BEING_LIQUIDATED,
    BALANCE_TABLE_IS_FULL,
    CLIENT_ORDER_ID_IS_TAKEN,
    COST_IS_BELOW_THE_MINIMUM,
    FILL_OR_KILL_CANNOT_FILL,
    INDEX_IS_STALE,
    LEVEL_TABLE_IS_FULL,
    MARKET_IS_NOT_TRADEABLE,
    MARKET_IS_REDUCE_ONLY,
    NO_POSITION_TO_REDUCE,
    NO_PRICE_TO_MEET,
    NODE_TABLE_IS_FULL,
    ORDER_IS_NOT_A_KNOWN_KIND,
    ORDER_TABLE_IS_FULL,
    POSITION_TABLE_IS_FULL,
    POST_ONLY_WOULD_TRADE,
    PRICE_IS_NOT_ON_THE_TICK,
    PRICE_IS_OUTSIDE_THE_BAND,
    PRICE_MUST_BE_POSITIVE,
    QUANTITY_IS_BELOW_THE_MINIMUM,
    QUANTITY_IS_NOT_ON_THE_LOT,
    QUANTITY_MUST_BE_POSITIVE,
    TOO_MANY_OPEN_ORDERS,
    VALUE_IS_TOO_LARGE,
    VOLUME_TABLE_IS_FULL,
)
from pilothouse.rules.compiled import inlined, inner
from pilothouse.rules.market_status import order_refusal
from pilothouse.rules.money import value_down, value_fits
from pilothouse.rules.price_band import is_outside

NOT_HELD = -1
"""Nothing is held yet: whether the money reaches is judged once it is."""


@inner
def place_order(s: State, c: Any, words: Any, first: int, last: int) -> int:
    """Place an order as a command asks; return a refusal or 0.

    The client order id stands in `words[first:last]`, an empty range if there is none.
    """
    refused = _refusal_of_kind(s, c)
    if refused != 0:
        return refused
    limit = c.price
    if limit == 0 and c.order_type == OrderType.MARKET:
        limit = market_order_limit(s, c.market, c.side, _is_banded(s, c))
    refused = _refusal_of_size(s, c, limit)
    if refused != 0:
        return refused
    client_hi, client_lo = 0, 0
    if last > first and words[first] != 0:
        client_hi, client_lo = client_hash(words, first, s.exchange[0].hash_seed)
        if find_client_order(s, c.account, client_hi, client_lo) != 0:
            return CLIENT_ORDER_ID_IS_TAKEN
    refused = _refusal_of_room(s, c)
    if refused != 0:
        return refused
    x = s.exchange[0]
    balances, positions = x.balances_used, x.positions_used
    row = _write_order(s, c, limit)
    refused = _refusal_of_book(s, c, row, limit)
    if refused == 0:
        refused = _commit(s, c, row, limit)
    if refused != 0:
        free_order(s, row)
        take_back_balances(s, balances)
        take_back_positions(s, positions)
        return refused
    ensure_volume(s, c.account)
    _trade_and_rest(s, c, row, limit, client_hi, client_lo)
    return 0


@inlined
def _refusal_of_kind(s: State, c: Any) -> int:
    refused = account_refusal(s, c.account)
    if refused == 0:
        refused = market_refusal(s, c.market)
    if refused == 0:
        refused = house_refusal(s, c.account)
    if refused != 0:
        return refused
    m = s.markets[c.market]
    if m.kind != MarketKind.SPOT and m.kind != MarketKind.PERPETUAL_LINEAR:
        return MARKET_IS_NOT_TRADEABLE
    refused = order_refusal(m.status, c.order_type, c.flags & POST_ONLY != 0)
    if refused != 0:
        return refused
    if m.status == MarketStatus.REDUCE_ONLY and c.flags & REDUCE_ONLY == 0:
        return MARKET_IS_REDUCE_ONLY
    if not _is_known_kind(c, m.kind):
        return ORDER_IS_NOT_A_KNOWN_KIND
    if m.kind != MarketKind.SPOT and c.flags & REDUCE_ONLY == 0 and index_is_stale(s, c.market):
        return INDEX_IS_STALE
    return 0


@inlined
def _is_known_kind(c: Any, kind: int) -> bool:
    if c.side < Side.BUY or c.side > Side.SELL or c.flags < 0 or c.flags > ALL_FLAGS:
        return False
    if c.order_type < OrderType.LIMIT or c.order_type > OrderType.MARKET:
        return False
    if c.time_in_force < TimeInForce.GTC or c.time_in_force > TimeInForce.FOK:
        return False
    if c.flags & POST_ONLY != 0 and (
        c.order_type == OrderType.MARKET or c.time_in_force != TimeInForce.GTC
    ):
        return False
    return kind != MarketKind.SPOT or c.flags & REDUCE_ONLY == 0


@inlined
def _refusal_of_size(s: State, c: Any, limit: int) -> int:
    m = s.markets[c.market]
    if c.quantity <= 0:
        return QUANTITY_MUST_BE_POSITIVE
    if c.quantity % m.lot != 0:
        return QUANTITY_IS_NOT_ON_THE_LOT
    if c.quantity < m.quantity_min and c.flags & REDUCE_ONLY == 0:
        return QUANTITY_IS_BELOW_THE_MINIMUM
    if limit == 0 and c.order_type == OrderType.MARKET:
        return NO_PRICE_TO_MEET
    if limit <= 0:
        return PRICE_MUST_BE_POSITIVE
    if limit % m.tick != 0:
        return PRICE_IS_NOT_ON_THE_TICK
    if limit >= PRICE_LIMIT or not value_fits(limit, c.quantity, m.multiplier, m.divisor):
        return VALUE_IS_TOO_LARGE
    if m.band_ppm != 0 and _is_banded(s, c):
        worst = worst_price(s, c.market, c.side)
        if worst != 0 and is_outside(limit, worst, c.side):
            return PRICE_IS_OUTSIDE_THE_BAND
    if m.cost_min != 0 and c.flags & REDUCE_ONLY == 0:
        if value_down(limit, c.quantity, m.multiplier, m.divisor) < m.cost_min:
            return COST_IS_BELOW_THE_MINIMUM
    return 0


@inlined
def _is_banded(s: State, c: Any) -> bool:
    # Around the mark of a stale index a band would lock holders in: who only closes goes on.
    return c.flags & REDUCE_ONLY == 0 or not index_is_stale(s, c.market)


@inlined
def _refusal_of_room(s: State, c: Any) -> int:
    a = s.accounts[c.account]
    if a.orders_open >= order_limit(s, c.account):
        return TOO_MANY_OPEN_ORDERS
    if a.protection != 0 and s.markets[c.market].kind != MarketKind.SPOT:
        return ACCOUNT_IS_BEING_LIQUIDATED
    if not room_for_order(s):
        return ORDER_TABLE_IS_FULL
    if may_rest(c):
        if not room_for_resting_order(s):
            return ORDER_TABLE_IS_FULL
        if not room_for_order_level(s):
            return LEVEL_TABLE_IS_FULL
        if not room_for_order_nodes(s):
            return NODE_TABLE_IS_FULL
    if not room_for_order_balances(s) and not _closes_with_room(s, c):
        return BALANCE_TABLE_IS_FULL
    if is_contract(s.markets[c.market].kind):
        if not room_for_position(s) and find_position(s, c.account, c.market) == 0:
            return POSITION_TABLE_IS_FULL
    if not room_for_volume(s, c.account):
        return VOLUME_TABLE_IS_FULL
    refresh_volume(s, c.account)
    return 0


@inlined
def _closes_with_room(s: State, c: Any) -> bool:
    # Whatever fills the table, a position can be closed: rows are kept as for liquidations.
    if not is_contract(s.markets[c.market].kind) or may_rest(c) or c.flags & REDUCE_ONLY == 0:
        return False
    return room_for_settlement(s, c.account, c.market)


@inlined
def may_rest(c: Any) -> bool:
    """Tell whether the rest of an order would stay in its book."""
    return c.order_type == OrderType.LIMIT and c.time_in_force == TimeInForce.GTC


@inlined
def _write_order(s: State, c: Any, limit: int) -> int:
    x = s.exchange[0]
    m = s.markets[c.market]
    row = take_order(s)
    o = s.orders[row]
    o.number = x.position
    o.account = c.account
    o.market = c.market
    o.side = c.side
    o.flags = c.flags
    o.price = limit
    o.remaining = c.quantity
    o.held = 0
    o.level = 0
    o.next = 0
    o.previous = 0
    if m.kind == MarketKind.SPOT:
        o.position = 0
        o.base_balance = balance_row(s, c.account, Wallet.SPOT, m.base)
        o.quote_balance = balance_row(s, c.account, Wallet.SPOT, m.quote)
    else:
        o.position = position_row(s, c.account, c.market)
        o.base_balance = 0
        o.quote_balance = balance_row(s, c.account, Wallet.FUTURES, m.quote)
    return row


@inlined
def _write_details(
    s: State, c: Any, row: int, quantity: int, client_hi: int, client_lo: int
) -> None:
    o, d = s.orders[row], s.order_details[row]
    d.client_hi = client_hi
    d.client_lo = client_lo
    d.quantity = quantity
    d.placed_at = s.exchange[0].time
    d.order_type = c.order_type
    d.time_in_force = c.time_in_force
    d.user_ref = c.user_ref
    if client_hi != 0:
        o.flags |= CLIENT_ID


@inlined
def _refusal_of_book(s: State, c: Any, row: int, limit: int) -> int:
    o = s.orders[row]
    if o.position != 0:
        if o.flags & REDUCE_ONLY:
            o.remaining = min(o.remaining, reducible(s, row))
            if o.remaining == 0:
                return NO_POSITION_TO_REDUCE
            if may_rest(c) and reducing_orders(s, o.position) >= REDUCING_MOST:
                return TOO_MANY_OPEN_ORDERS
        if o.flags & POST_ONLY and _would_trade(s, row, limit):
            return POST_ONLY_WOULD_TRADE
    if c.time_in_force == TimeInForce.FOK:
        # Whole is what was asked for: not what is left of it once it only reduces.
        if o.remaining < c.quantity or not can_fill_whole(s, row, limit, NOT_HELD):
            return FILL_OR_KILL_CANNOT_FILL
    return 0


@inlined
def _would_trade(s: State, row: int, limit: int) -> bool:
    o = s.orders[row]
    level = best_opposite(s, o.market, o.side)
    return level != 0 and crosses(s, level, o.side, limit)


@inlined
def _commit(s: State, c: Any, row: int, limit: int) -> int:
    o = s.orders[row]
    if o.position == 0:
        refused = hold_for_order(s, row, limit, c.order_type == OrderType.MARKET)
        if refused == 0 and _money_ends_early(s, c, row, limit):
            release(s, row)
            refused = FILL_OR_KILL_CANNOT_FILL
    else:
        refused = margin_for_order(s, row, limit)
    if refused == 0:
        emit.order_placed(
            s, o.account, o.number, o.market, o.side, c.order_type, c.flags, o.price, o.remaining
        )
    return refused


@inlined
def _money_ends_early(s: State, c: Any, row: int, limit: int) -> bool:
    # A market order to buy may hold less than the whole range of market protection needs.
    o = s.orders[row]
    if c.time_in_force != TimeInForce.FOK or o.flags & HOLDS_ALL == 0:
        return False
    return not can_fill_whole(s, row, limit, o.held)


@inlined
def _trade_and_rest(
    s: State, c: Any, row: int, limit: int, client_hi: int, client_lo: int
) -> None:
    o = s.orders[row]
    quantity, reason = o.remaining, 0
    if o.position == 0 and o.flags & POST_ONLY and _would_trade(s, row, limit):
        # Kraken takes a post-only spot order that would trade and cancels it at once.
        reason = CancelReason.POST_ONLY
    else:
        reason = match(s, row, limit, FillKind.TRADE)
    if o.remaining > 0 and reason == 0:
        reason = _why_it_does_not_rest(s, c, row)
        if reason == 0:
            _write_details(s, c, row, quantity, client_hi, client_lo)
            rest_in_book(s, row)
            return
    if o.remaining > 0:
        emit.order_cancelled(s, o.account, o.number, o.market, reason, o.remaining)
    release(s, row)
    free_order(s, row)


@inlined
def _why_it_does_not_rest(s: State, c: Any, row: int) -> int:
    # No order rests that its account could not honour now.
    o = s.orders[row]
    m = s.markets[o.market]
    if not may_rest(c):
        return CancelReason.IMMEDIATE_REST
    value = value_down(o.price, o.remaining, m.multiplier, m.divisor)
    return 0 if o.position == 0 else why_maker_fails(s, row, o.remaining, value)
