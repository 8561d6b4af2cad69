"""The margin that an order or a transfer was refused for.

What margin was weighed with the order counted in is asked of the machine itself: on a copy the
order rests, and the copy is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from pilothouse.engine import reading
from pilothouse.engine.machine import Machine
from pilothouse.language.commands import Deposit, PlaceOrder, Transfer
from pilothouse.language.kinds import OrderType, Side, TimeInForce, Wallet
from pilothouse.language.names import Name, Sender
from pilothouse.language.numbers import MARK_PER_PRICE, SECOND_US
from pilothouse.language.rows import Message, to_rows
from pilothouse.rules.bits import muldiv_up
from pilothouse.rules.index import is_stale
from pilothouse.venue.explanation import units
from pilothouse.venue.explanation.facts import Comparison, Figure, Line, usd
from pilothouse.venue.explanation.refused import Refused, balance_row, below, remaining
from pilothouse.venue.views.accounts import balance_rows, position_rows
from pilothouse.venue.views.fees import fee_of
from pilothouse.venue.views.margin import margin

RICH: Final = 1 << 50
"""Micro-dollars that any order of these markets can be paid with."""


def of_order(one: Refused) -> tuple[Comparison, ...]:
    """Return what an order's margin was compared with, as if it rested."""
    assert one.market is not None
    size, of = remaining(one), one.asked
    equity = margin(one.machine, of.account).equity
    needed = margin(_with_the_order_resting(one, size), of.account).initial_with_orders
    at_limit = one.value(True, one.limit, size)
    m = one.machine.state.markets[of.market]
    at_mark = int(
        muldiv_up(int(m["mark"]) * int(m["mark_multiplier"]), size, int(m["mark_divisor"]))
    )
    loss = at_limit - at_mark if of.side == Side.BUY else at_mark - at_limit
    _, taker_ppm = fee_of(one.after, of.account, of.market)
    cost = max(loss, 0) + int(reading.read_fee(max(at_limit, at_mark), taker_ppm))
    how = f"equity {usd(equity).text} less {usd(cost).text}: what the order would lose "
    how += "against the mark, and its fee"
    left = Line("Equity that the order would leave", usd(equity - cost), how)
    how = "positions and all orders"
    return (below(left, Line("initial margin with the order", usd(needed), how)),)


def _with_the_order_resting(one: Refused, size: int) -> Machine:
    """Return a copy in which the order rests, far from every price, for an owner with money.

    What margin an order needs depends on its size and side alone, so that the copy says it.
    """
    made, of = one.machine.copy(), one.asked
    dollar = int(made.state.exchange[0]["dollar"])
    for name in ("band_ppm", "quantity_min", "cost_min"):
        made.state.markets[name][of.market] = 0
    market = units.market_of(made, of.market)
    far = 2 * max(market.bid, market.mark // MARK_PER_PRICE) // market.tick + 1
    price = market.tick if of.side == Side.BUY else far * market.tick
    order = PlaceOrder(
        account=of.account,
        market=of.market,
        side=of.side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        flags=0,
        quantity=size,
        price=price,
    )
    money = Deposit(account=of.account, asset=dollar, amount=RICH)
    wallets = {"source": Wallet.SPOT, "target": Wallet.FUTURES}
    moved = Transfer(account=of.account, asset=dollar, amount=RICH, **wallets)
    asked = [
        to_rows(Message(command, Name(Sender.REHEARSAL, 1, k)))
        for k, command in enumerate((money, moved, order), 1)
    ]
    made.execute(np.concatenate(asked), made.time)
    return made


def of_transfer(one: Refused) -> tuple[Comparison, ...]:
    """Return what a transfer would have left, and what it had to leave."""
    moved = one.machine.copy()
    asked = one.asked
    row = balance_row(moved, asked.account, asked.source, asked.asset)
    moved.state.balances["available"][row] -= asked.amount
    view = margin(moved, asked.account)
    left = Line("Equity that the transfer would leave", usd(view.equity))
    return (below(left, Line("initial margin with orders", usd(view.initial_with_orders))),)


def of_stale_index(one: Refused) -> tuple[Comparison, ...]:
    """Return how each index that the account or its order rests on is in doubt.

    An order in another market is refused for it where its margin needs what is in doubt.
    """
    return tuple(made for asset in sorted(_rests_on(one)) for made in _doubt(one, asset))


def _rests_on(one: Refused) -> set[int]:
    state, number = one.after.state, int(one.asked.account)
    held = [state.positions[row] for row in position_rows(one.after, number)]
    markets = {int(p["market"]) for p in held if p["quantity"]}
    markets |= {one.market.number} if one.market else set()
    rows = [state.balances[row] for row in balance_rows(one.after, number)]
    lent = {int(b["asset"]) for b in rows if b["wallet"] == Wallet.FUTURES and b["available"]}
    return lent | {int(state.markets[at]["base"]) for at in markets}


def _doubt(one: Refused, number: int) -> Iterator[Comparison]:
    a, now = one.after.state.assets[number], int(one.after.state.exchange[0]["time"])
    until, since = int(a["live_until"]), int(a["held_since"])
    if not is_stale(until, since, now):
        return
    name = f"Index of {units.symbol_of(one.after, number)}"
    if a["held_e12"]:
        said = Line("what its sources say", units.index_price(int(a["held_e12"])))
        yield Comparison(Line(name, units.index_price(int(a["index_e12"]))), "≠", said)
        return
    seconds = Figure(-(-(now - (since or until)) // SECOND_US), 0, "s")
    allowed = Line("time allowed", Figure(0, 0, "s"))
    yield Comparison(Line(f"{name} in doubt for", seconds), "≥", allowed)
