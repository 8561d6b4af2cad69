"""The twin's margin: equity and requirements of an account, from its positions and its orders."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from pilothouse.language.commands import MarginTier
from pilothouse.language.commands.orders import REDUCE_ONLY
from pilothouse.language.kinds import Side, Wallet
from tests.twin.facts import Asset, Books, Market
from tests.twin.index import is_old
from tests.twin.valuation import MILLION, accrued, collateral, counts_for, mark_value, ppm_up

Tiers = tuple[MarginTier, ...]
Scope = tuple[int, int, int]


@dataclass(frozen=True)
class Margin:
    """What an account has and needs, in micro-dollars."""

    equity: int
    initial: int
    with_orders: int
    maintenance: int
    notional: int


def schedule_of(
    books: Books, account: int, market: Market, opened_at: int, schedules: dict[Scope, Tiers]
) -> Tiers | None:
    """Return the schedule of the most particular scope that covers a position."""
    owner = books.accounts[account - 1]
    covering = [
        (client_class != 0, country != 0, opened_from, tiers)
        for (client_class, country, opened_from), tiers in schedules.items()
        if client_class in (0, owner.client_class)
        and country in (0, owner.jurisdiction)
        and opened_from <= opened_at
    ]
    return max(covering, key=lambda one: one[:3])[3] if covering else None


def requirement(notional: int, tiers: Tiers | None, which: str) -> int:
    """Return the margin of a notional: each tier's share of the part above its floor, rounded up.

    The sum is exact until the end, so there is no jump between tiers.
    """
    if tiers is None:
        return 0
    total = Fraction(0)
    for k, tier in enumerate(tiers):
        top = tiers[k + 1].floor_usd * MILLION if k + 1 < len(tiers) else notional
        part = max(0, min(notional, top) - tier.floor_usd * MILLION)
        total += Fraction(part * getattr(tier, which), MILLION)
    return ceil(total)


def open_size(books: Books, account: int, market: int, side: Side) -> int:
    """Return how much an account's orders on one side of a contract could still trade.

    What only reduces needs no margin and is not counted.
    """
    return sum(
        one.remaining
        for one in books.orders.values()
        if (one.asked.account, one.asked.market, one.asked.side) == (account, market, side)
        and not one.asked.flags & REDUCE_ONLY
    )


def margin_of(
    books: Books, account: int, instead: tuple[int, dict[Scope, Tiers]] = (0, {})
) -> Margin:
    """Return an account's margin; `instead` names a contract with other schedules than its own."""
    equity, initial, with_orders, maintenance, total = collateral(books, account), 0, 0, 0, 0
    for number, market in enumerate(books.markets, 1):
        if market.clearing == 0:
            continue
        position = books.positions[account, number]
        buys = open_size(books, account, number, Side.BUY)
        sells = open_size(books, account, number, Side.SELL)
        held = position.quantity
        if not held and not buys and not sells:
            continue
        schedules = instead[1] if instead[0] == number else market.schedules
        opened_at = position.opened_at if held else books.time
        tiers = schedule_of(books, account, market, opened_at, schedules)
        worst = max(abs(held), abs(held + buys), abs(held - sells))
        size = ceil(mark_value(books, market, abs(held)))
        largest = ceil(mark_value(books, market, worst))
        initial += requirement(size, tiers, "initial_ppm")
        turned = sells - held if held > 0 else buys + held if held < 0 else 0
        anew = schedule_of(books, account, market, books.time, schedules)
        opened = requirement(ceil(mark_value(books, market, max(0, turned))), anew, "initial_ppm")
        with_orders += max(requirement(largest, tiers, "initial_ppm"), opened)
        maintenance += requirement(size, tiers, "maintenance_ppm")
        total += size
        if held:
            equity += unrealised(books, market, held) - position.entry_cost
            equity += accrued(books, market, position)
    return Margin(equity, initial, with_orders, maintenance, total)


def unproven(books: Books, account: int) -> int:
    """Return what of an account's equity rests on an index that is too old or denied."""
    total = 0
    for number, one in enumerate(books.assets, 1):
        key = (account, Wallet.FUTURES, number)
        amount = books.available[key] + books.held[key]
        if number != books.dollar and amount > 0 and is_old(books, one):
            total += counts_for(books, number, amount)
    for number, market in enumerate(books.markets, 1):
        held = books.positions[account, number].quantity if market.clearing else 0
        asset = books.assets[market.listing.base - 1]
        if held and is_old(books, asset):
            profit = unrealised(books, market, held) - books.positions[account, number].entry_cost
            worth = ceil(mark_value(books, market, abs(held)))
            total += max(profit, ppm_up(worth, doubt_ppm(asset)))
    return total


def doubt_ppm(asset: Asset) -> int:
    """Return how far an index may be wrong: by a step, or as its sources say, by all at most."""
    step = asset.listing.step_ppm or 300_000
    denied_at = asset.held[-1][0] if asset.held else 0
    if not denied_at:
        return step
    apart = Fraction(abs(denied_at - asset.index_e12), asset.index_e12)
    return max(step, min(MILLION, ceil(apart * MILLION)))


def unrealised(books: Books, market: Market, quantity: int) -> int:
    """Return what a position would bring at the mark, rounded against its holder."""
    exact = mark_value(books, market, abs(quantity))
    return floor(exact) if quantity > 0 else -ceil(exact)
