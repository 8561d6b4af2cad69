"""The twin's margin arithmetic line by line, under the names an explanation gives its lines."""

from __future__ import annotations

from collections import Counter
from math import ceil

from pilothouse.language.kinds import Side, Wallet
from tests.twin.facts import Books
from tests.twin.margin import margin_of, open_size, requirement, schedule_of, unrealised
from tests.twin.valuation import accrued, in_dollars, mark_value, ppm_up

Lines = dict[str, int]


def equity_of(books: Books, account: int) -> Lines:
    """Return what makes an account's equity; what is zero is left out."""
    made: Lines = {}
    for number in range(1, len(books.assets) + 1):
        made[f"Collateral in {_name(books, number)}"] = _collateral(books, account, number)
    for number, market in enumerate(books.markets, 1):
        position = books.positions[account, number]
        if market.clearing and position.quantity:
            name = market.listing.symbol
            value = unrealised(books, market, position.quantity) - position.entry_cost
            made[f"Unrealised profit in {name}"] = value
            made[f"Funding accrued in {name}"] = accrued(books, market, position)
    made["Equity"] = margin_of(books, account).equity
    return _told(made)


def requirements_of(books: Books, account: int) -> Lines:
    """Return what makes an account's requirements; what is zero is left out."""
    made: Lines = {}
    for number, market in enumerate(books.markets, 1):
        if not market.clearing:
            continue
        held = books.positions[account, number]
        buys = open_size(books, account, number, Side.BUY)
        sells = open_size(books, account, number, Side.SELL)
        opened_at = held.opened_at if held.quantity else books.time
        tiers = schedule_of(books, account, market, opened_at, market.schedules)
        size = ceil(mark_value(books, market, abs(held.quantity)))
        worst = max(abs(held.quantity), abs(held.quantity + buys), abs(held.quantity - sells))
        largest = ceil(mark_value(books, market, worst))
        name = market.listing.symbol
        made[f"{name}: notional"] = size
        made[f"{name}: maintenance"] = requirement(size, tiers, "maintenance_ppm")
        made[f"{name}: initial"] = requirement(size, tiers, "initial_ppm")
        if buys or sells:
            made[f"{name}: initial with orders"] = requirement(largest, tiers, "initial_ppm")
    margin = margin_of(books, account)
    made["Initial margin"] = margin.initial
    made["Initial margin with orders"] = margin.with_orders
    made["Maintenance margin"] = margin.maintenance
    return _told(made)


def indexes(books: Books) -> Lines:
    """Return what every source last said of every asset, and each asset's index."""
    made: Lines = {}
    for number, one in enumerate(books.assets, 1):
        name = _name(books, number)
        made |= {f"{name}: source {k}": price for k, (price, _) in one.told.items()}
        made[f"{name}: index"] = one.index_e12
    return _told(made)


def book_of(books: Books, number: int, depth: int) -> tuple[tuple[tuple[int, int, int], ...], ...]:
    """Return the best bids and asks of a market: price, quantity, how many orders."""
    made = []
    for side, sign in ((Side.BUY, -1), (Side.SELL, 1)):
        quantity: Counter[int] = Counter()
        count: Counter[int] = Counter()
        for one in books.orders.values():
            if (one.asked.market, one.asked.side) == (number, side):
                quantity[one.price] += one.remaining
                count[one.price] += 1
        best = sorted(quantity, key=lambda price: sign * price)[:depth]
        made.append(tuple((price, quantity[price], count[price]) for price in best))
    return tuple(made)


def _collateral(books: Books, account: int, number: int) -> int:
    key = (account, Wallet.FUTURES, number)
    amount = books.available[key] + books.held[key]
    if number == books.dollar:
        return amount
    if amount < 0:
        return -in_dollars(books, number, -amount) - 1
    worth = in_dollars(books, number, amount)
    return worth - ppm_up(worth, books.assets[number - 1].listing.haircut_ppm)


def _name(books: Books, number: int) -> str:
    listing = books.assets[number - 1].listing
    return listing.display or listing.symbol


def _told(made: Lines) -> Lines:
    return {name: value for name, value in made.items() if value}
