"""What was signed is counted in the command itself: above it nothing is written."""

import pytest

from pilothouse.language.commands import SetMarketStatus, SetPriceBand
from pilothouse.language.events import MarketStatusSet, PriceBandSet
from pilothouse.language.kinds import CauseKind, MarketStatus, Side
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.refusals import IMPACT_ABOVE_WHAT_WAS_SIGNED
from pilothouse.language.rows import Message, from_event_row, to_rows
from pilothouse.venue.rehearsal import Rehearsal
from pilothouse.venue.views.markets import market
from tests.control.running import CONTRACT, MAKER, Running, order

FALLEN = 59_000
"""A fall that leaves holders of one bitcoin with 1,300 dollars below maintenance margin."""


@pytest.fixture
def exchange():
    """Three holders near their maintenance margin, and one who is far from it."""
    return Running([1_300, 1_300, 1_300, 50_000])


def status(version, status, accounts=-1, notional=-1):
    return SetMarketStatus(
        market=CONTRACT,
        status=status,
        base_version=version,
        accounts_below_maintenance_max=accounts,
        notional_below_maintenance_max=notional,
    )


def send(exchange, command, number):
    message = Message(command, Name(Sender.CONTROL, 1, number), Cause(CauseKind.CHANGE, 1))
    stepped = exchange.real.step(to_rows(message), exchange.real.time)
    return int(stepped.receipts[0, 1]), [from_event_row(row).event for row in stepped.events]


def halted_in_a_falling_market(exchange):
    assert send(exchange, status(1, MarketStatus.HALTED), 1)[0] == 0
    exchange.index(FALLEN)


def test_a_resumption_counts_whom_liquidation_reaches_again(exchange):
    halted_in_a_falling_market(exchange)
    outcome, told = send(exchange, status(2, MarketStatus.POST_ONLY, accounts=0), 2)
    assert outcome == 0, "in post_only nothing executes and nobody is reached"
    assert next(e for e in told if isinstance(e, MarketStatusSet)).accounts_below_maintenance == 0
    before = exchange.real.fingerprint()
    outcome, _ = send(exchange, status(3, MarketStatus.ONLINE, accounts=2), 3)
    assert outcome == IMPACT_ABOVE_WHAT_WAS_SIGNED
    assert market(exchange.real, CONTRACT).status == MarketStatus.POST_ONLY
    assert exchange.real.fingerprint() != before, "the refusal is remembered under its name"
    outcome, told = send(exchange, status(3, MarketStatus.ONLINE, accounts=3), 4)
    event = next(e for e in told if isinstance(e, MarketStatusSet))
    assert (outcome, event.accounts_below_maintenance) == (0, 3)
    assert event.notional_below_maintenance == 3 * FALLEN * 10**6


def test_the_notional_is_limited_too(exchange):
    halted_in_a_falling_market(exchange)
    send(exchange, status(2, MarketStatus.POST_ONLY), 2)
    enough = 3 * FALLEN * 10**6
    assert send(exchange, status(3, MarketStatus.ONLINE, notional=enough - 1), 3)[0] == (
        IMPACT_ABOVE_WHAT_WAS_SIGNED
    )
    assert send(exchange, status(3, MarketStatus.ONLINE, notional=enough), 4)[0] == 0


def test_a_market_that_executes_already_reaches_nobody_new(exchange):
    outcome, told = send(exchange, status(1, MarketStatus.LIMIT_ONLY, accounts=0), 1)
    assert outcome == 0
    assert next(e for e in told if isinstance(e, MarketStatusSet)).accounts_below_maintenance == 0


def test_the_preview_counts_with_the_commands_own_function_after_earlier_steps(exchange):
    halted_in_a_falling_market(exchange)
    steps = [status(2, MarketStatus.POST_ONLY), status(3, MarketStatus.ONLINE)]
    first, second = (
        Message(one, Name(Sender.CONTROL, 1, 9), Cause(CauseKind.CHANGE, 1)) for one in steps
    )
    rehearsal = Rehearsal(exchange)
    assert rehearsal.impact(first).accounts_reached == 0
    answer = rehearsal.impact(second, after=[first])
    assert (answer.outcome, answer.accounts_reached) == (0, 3)
    assert answer.notional_reached == 3 * FALLEN * 10**6
    assert rehearsal.impact(second).outcome != 0, "alone it would be made from another version"


def test_a_band_counts_the_orders_it_leaves_outside():
    exchange = Running([50_000])
    for price in (59_000, 58_000):
        exchange.ask(order(MAKER, Side.BUY, price))
    exchange.index(50_000)
    version = market(exchange.real, CONTRACT).band_version
    band = {"market": CONTRACT, "band_ppm": 20_000, "base_version": version}
    assert send(exchange, SetPriceBand(**band, orders_outside_max=1), 1)[0] == (
        IMPACT_ABOVE_WHAT_WAS_SIGNED
    )
    assert market(exchange.real, CONTRACT).band_ppm == 0
    outcome, told = send(exchange, SetPriceBand(**band, orders_outside_max=2), 2)
    assert outcome == 0
    assert next(e for e in told if isinstance(e, PriceBandSet)).orders_outside == 2
