"""An explanation says what the twin says: of liquidations, refusals and fees of a seeded world."""

import os
import random
from math import ceil

import pytest

from pilothouse.language import refusals as no
from pilothouse.language.commands import PlaceOrder, Transfer
from pilothouse.language.kinds import FillKind, OrderType, ProtectionStep, Side, Wallet
from pilothouse.venue.explanation.explain import explain_command, explain_event
from pilothouse.venue.explanation.facts import What
from pilothouse.venue.past import Past
from tests.twin import ordering
from tests.twin.valuation import best, fee_rates, mark_value, ppm_up, value
from tests.venue.explained import live

SEED = int(os.environ.get("PILOTHOUSE_SEED", "1"))
FEW, MANY = 200, 1_000


def compare(twin, asked, outcome):
    """Return the two numbers that the twin compares for a refused command, None if it does not."""
    books = twin.books
    if isinstance(asked, Transfer):
        if outcome == no.INSUFFICIENT_FUNDS:
            return books.available[asked.account, asked.source, asked.asset], asked.amount
        return _transfer(twin, asked) if outcome == no.TRANSFER_WOULD_BREACH_MARGIN else None
    if not isinstance(asked, PlaceOrder):
        return None
    market = books.markets[asked.market - 1]
    limit = asked.price
    if limit == 0 and asked.order_type == OrderType.MARKET:
        limit = ordering._market_limit(books, asked, market)
    order = ordering.Order(10**9, asked, limit, asked.quantity)
    if outcome == no.INSUFFICIENT_MARGIN:
        return _margin(twin, order, market)
    if outcome == no.INSUFFICIENT_FUNDS:
        return _funds(books, order, market)
    listing = market.listing
    held = books.positions[asked.account, asked.market].quantity
    sign = 1 if asked.side == Side.BUY else -1
    already = ordering.open_size(books, asked.account, asked.market, asked.side)
    return {
        no.QUANTITY_MUST_BE_POSITIVE: (asked.quantity, 1),
        no.QUANTITY_IS_NOT_ON_THE_LOT: (asked.quantity % listing.lot, 0),
        no.QUANTITY_IS_BELOW_THE_MINIMUM: (asked.quantity, listing.quantity_min),
        no.PRICE_IS_NOT_ON_THE_TICK: (limit % listing.tick, 0),
        no.PRICE_IS_OUTSIDE_THE_BAND: (limit, ordering._band_limit(books, asked, market)),
        no.COST_IS_BELOW_THE_MINIMUM: (
            int(value(books, market, limit, asked.quantity)), listing.cost_min,
        ),
        no.NO_POSITION_TO_REDUCE: (max(-sign * held, 0), 1),
        no.POSITION_WOULD_BE_TOO_LARGE: (
            abs(held + sign * (already + _kept(books, order))), listing.position_max,
        ),
        no.POST_ONLY_WOULD_TRADE: (limit, _best(books, asked)),
        no.TOO_MANY_OPEN_ORDERS: (
            sum(one.asked.account == asked.account for one in books.orders.values()),
            books.accounts[asked.account - 1].orders_max or ordering.ORDERS_OF_ANYBODY,
        ),
    }.get(outcome)  # fmt: skip


def _best(books, asked):
    other = best(books, asked.market, ordering.opposite(asked.side))
    return other.price if other else 0


def _kept(books, order):
    return (
        min(order.remaining, ordering.reducible(books, order))
        if order.asked.flags & 2
        else (order.remaining)
    )


def _margin(twin, order, market):
    books, asked = twin.books, order.asked
    order.remaining = _kept(books, order)
    books.orders[order.number] = order
    margin = twin.margin(asked.account)
    del books.orders[order.number]
    at_limit = ceil(value(books, market, order.price, order.remaining))
    at_mark = ceil(mark_value(books, market, order.remaining))
    loss = max(0, at_limit - at_mark if asked.side == Side.BUY else at_mark - at_limit)
    fee = ppm_up(max(at_limit, at_mark), fee_rates(books, asked.account, market)[1])
    return margin.equity - loss - fee, margin.with_orders


def _funds(books, order, market):
    asked = order.asked
    has = books.available[ordering.wallet_key(order, market)]
    if asked.side == Side.SELL:
        return has, asked.quantity
    price = order.price
    if asked.order_type == OrderType.MARKET:
        price = _best(books, asked)
    return has, ordering._cost(books, order, market, price)


def _transfer(twin, asked):
    key = asked.account, Wallet.FUTURES, asked.asset
    twin.books.available[key] -= asked.amount
    margin = twin.margin(asked.account)
    twin.books.available[key] += asked.amount
    return margin.equity, margin.with_orders


def explained_and_judged(home, seed, count, monkeypatch):
    """Explain so many random steps, refusals and fees, and judge each by the twin."""
    expected = live(home, seed, count // 3, compare, monkeypatch)
    chance, past = random.Random(seed), Past(home)
    for (block, place), (account, step, lines) in list(expected.steps.items())[: count // 3]:
        made = explain_event(past, block, place, account)
        judge_step(made, step)
        assert judge_lines(made, lines)
    compared = lined = 0
    refused = sorted(expected.refusals.items(), key=lambda one: one[0])
    for position, (asked, outcome, numbers, lines) in chance.sample(refused, count // 3):
        made = explain_command(past, position, asked.account)
        compared += judge_refusal(made, outcome, numbers)
        lined += lines is not None and judge_lines(made, lines)
    assert compared > count // 5 and lined > count // 30
    fills = chance.sample(sorted(expected.fills), count - 2 * (count // 3))
    for block, place in fills:
        judge_fee(past, block, place, *expected.fills[block, place], chance)
    return expected


def judge_step(made, step):
    assert made.what == What.LIQUIDATION and made.faults == ()
    view, margin = made.margin, step.margin
    assert (view.equity, view.initial, view.initial_with_orders, view.maintenance) == (
        margin.equity, margin.initial, margin.with_orders, margin.maintenance,
    )  # fmt: skip
    (weighed,) = made.comparisons
    limit = margin.maintenance
    if margin.equity >= margin.maintenance:
        limit = margin.with_orders
    assert (weighed.left.figure.value, weighed.sign) == (margin.equity, "<")
    assert weighed.right.figure.value == limit > margin.equity
    if made.step not in (ProtectionStep.CANCEL_ORDERS, ProtectionStep.CONVERSION):
        lines = {one.name: one.figure.value for one in made.sections[0].lines}
        assert lines["Quantity to close"] == step.quantity
        assert lines["Worst price accepted"] == step.price


def judge_lines(made, expected):
    """Judge every line of the margin arithmetic and the book; tell whether there was any."""
    sections = {one.title: one.lines for one in made.sections}
    for title, lines in (("Equity", expected.equity), ("Requirements", expected.requirements)):
        if title in sections:
            told = {one.name: one.figure.value for one in sections[title] if one.figure.value}
            assert told == lines, (title, made.moment)
    for one in sections.get("Index prices", ()):
        assert expected.indexes.get(one.name, 0) == one.figure.value, one.name
    if made.book is not None:
        assert (made.book.bids, made.book.asks) == expected.book
    return "Equity" in sections


def judge_refusal(made, outcome, numbers):
    """Judge a refusal; tell whether numbers were compared."""
    assert (made.what, made.refusal, made.faults) == (What.REFUSAL, outcome, ())
    assert no.REFUSALS[outcome].sentence in made.said
    if numbers is None:
        return False
    (one,) = made.comparisons
    assert (one.left.figure.value, one.right.figure.value) == numbers, no.describe(outcome)
    assert {"<": one.left.figure.value < one.right.figure.value,
            ">": one.left.figure.value > one.right.figure.value,
            "=": one.left.figure.value == one.right.figure.value,
            "≥": one.left.figure.value >= one.right.figure.value}[one.sign]  # fmt: skip
    return True


def judge_fee(past, block, place, happened, fill, chance):
    event = happened.event
    maker = chance.random() < 0.5
    account = event.maker_account if maker else happened.account
    made = explain_event(past, block, place, account)
    if event.fill_kind == FillKind.UNWIND:
        assert made.what == What.LIQUIDATION
        return
    assert made.what == What.FEE and made.faults == ()
    lines = {one.name: one.figure.value for section in made.sections for one in section.lines}
    assert lines["Fee"] == (fill.maker_fee if maker else fill.taker_fee)
    assert lines["Value of the trade"] == event.value
    if maker or event.fill_kind == FillKind.TRADE:
        volume = fill.maker_volume if maker else fill.taker_volume
        assert lines["Volume of thirty days"] == volume


def test_explanations_say_what_the_twin_says(tmp_path, monkeypatch):
    explained_and_judged(tmp_path, SEED, FEW, monkeypatch)


@pytest.mark.world
def test_a_thousand_explanations_say_what_the_twin_says(tmp_path, monkeypatch):
    expected = explained_and_judged(tmp_path, SEED, MANY, monkeypatch)
    print(f"seed {SEED}: {expected.blocks} blocks, {len(expected.refusals)} refusals")
