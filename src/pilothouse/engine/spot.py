"""Spot settlement: what an order holds, and what a fill moves.

A buy holds its value and the taker's fee on it, rounded up; a sell holds the quantity. A fill
moves the value, rounded down once, and its fees. A buy's fee takes nothing of what the order holds
for the value of its rest, so an order that holds its cost can always be filled whole, however many
fills each round up: what its values round down stays within `value_up` of the whole.
"""

from __future__ import annotations

from pilothouse.engine.fees import add_volume, fees_balance, rates, value_in_micro_usd
from pilothouse.engine.orders import HOLDS_ALL
from pilothouse.engine.state import State
from pilothouse.language.kinds import Side, Wallet
from pilothouse.language.refusals import INSUFFICIENT_FUNDS
from pilothouse.rules.compiled import inlined, inner
from pilothouse.rules.fees import fee
from pilothouse.rules.money import value_down, value_up


@inlined
def hold_for_order(s: State, row: int, limit: int, is_market: bool) -> int:
    """Hold what a new order may need at its limit; return a refusal or 0.

    A market order to buy that cannot pay for the whole range of market protection holds all there
    is, if that pays for it at the best price; it stops where the money ends.
    """
    o = s.orders[row]
    m = s.markets[o.market]
    if o.side == Side.SELL:
        b = s.balances[o.base_balance]
        need = o.remaining
    else:
        b = s.balances[o.quote_balance]
        need = _cost(s, row, limit)
        if is_market and b.available < need:
            best = s.levels[s.books[m.asks].lowest].price
            if b.available < _cost(s, row, best):
                return INSUFFICIENT_FUNDS
            need = b.available
            o.flags |= HOLDS_ALL
    if b.available < need:
        return INSUFFICIENT_FUNDS
    b.available -= need
    b.held += need
    o.held = need
    return 0


@inlined
def _cost(s: State, row: int, price: int) -> int:
    o = s.orders[row]
    m = s.markets[o.market]
    value = value_up(price, o.remaining, m.multiplier, m.divisor)
    _, taker_ppm = rates(s, o.account, m.fee_schedule)
    return value + fee(value, taker_ppm)


@inlined
def can_pay(s: State, row: int, value: int) -> bool:
    """Tell whether an order can pay for a fill: only one that holds all there is may be unable."""
    o = s.orders[row]
    return o.flags & HOLDS_ALL == 0 or o.held >= value


@inlined
def held_after(s: State, row: int, price: int, quantity: int, held: int) -> int:
    """Return what a buy that holds all there is would hold after a fill, negative if it cannot
    pay; `held` is what it holds before.
    """
    o = s.orders[row]
    m = s.markets[o.market]
    value = value_down(price, quantity, m.multiplier, m.divisor)
    _, taker_ppm = rates(s, o.account, m.fee_schedule)
    return held - value - min(fee(value, taker_ppm), max(0, held - value))


@inlined
def settle_spot(s: State, taker: int, maker: int, quantity: int, value: int) -> tuple[int, int]:
    """Move a fill between two orders; return the taker's and the maker's fee."""
    t, k = s.orders[taker], s.orders[maker]
    m = s.markets[t.market]
    _, taker_ppm = rates(s, t.account, m.fee_schedule)
    maker_ppm, _ = rates(s, k.account, m.fee_schedule)
    taker_fee = fee(value, taker_ppm)
    maker_fee = fee(value, maker_ppm)
    if t.side == Side.BUY:
        taker_fee = _pay(s, taker, maker, quantity, value, taker_fee, maker_fee)
    else:
        maker_fee = _pay(s, maker, taker, quantity, value, maker_fee, taker_fee)
    if taker_fee + maker_fee != 0:
        s.balances[fees_balance(s, t.market, Wallet.SPOT)].available += taker_fee + maker_fee
    _count_volume(s, t.account, k.account, m.quote, value)
    return taker_fee, maker_fee


@inlined
def _pay(
    s: State, buy: int, sell: int, quantity: int, value: int, buy_fee: int, sell_fee: int
) -> int:
    # The seller's fee is taken from the proceeds, the buyer's from what the order holds.
    b, o = s.orders[buy], s.orders[sell]
    buy_fee = min(buy_fee, b.held - value - _value_of_rest(s, buy))
    b.held -= value + buy_fee
    s.balances[b.quote_balance].held -= value + buy_fee
    s.balances[b.base_balance].available += quantity
    o.held -= quantity
    s.balances[o.base_balance].held -= quantity
    s.balances[o.quote_balance].available += value - sell_fee
    return buy_fee


@inlined
def _value_of_rest(s: State, row: int) -> int:
    # What a buy has to keep for its next fills. Where the money ends early, fees come first.
    o = s.orders[row]
    if o.flags & HOLDS_ALL:
        return 0
    m = s.markets[o.market]
    return value_up(o.price, o.remaining, m.multiplier, m.divisor)


@inner
def _count_volume(s: State, taker: int, maker: int, asset: int, value: int) -> None:
    micro_usd = value_in_micro_usd(s, asset, value)
    if micro_usd > 0:
        add_volume(s, taker, micro_usd)
        add_volume(s, maker, micro_usd)
