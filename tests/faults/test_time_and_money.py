"""Time that passes in one piece pays an hour of funding at most, and each timer once."""

from collections import Counter

import pytest

from pilothouse.language.commands import PlaceOrder
from pilothouse.language.events import FundingPaid, FundingRateSet
from pilothouse.language.kinds import OrderType, Side, TimeInForce
from pilothouse.language.numbers import E12, HOUR_US
from pilothouse.venue.clock import Clock
from tests.control.running import COIN, CONTRACT, DOLLAR_DECIMALS, MAKER, PRICE, Running, funded

SECOND_US = 1_000_000
RATE_MAX_E12 = 2_500_000_000


class Told:
    """What the machine tells: who paid how often, and how often a rate was set."""

    def __init__(self):
        self.paid, self.rates, self.amounts = Counter(), 0, []

    def hear(self, span):
        for row in span.events.tolist():
            if row[0] == FundingPaid.number:
                self.paid[row[3]] += 1
                self.amounts.append(self._amount(row))
            self.rates += row[0] == FundingRateSet.number

    def _amount(self, row):
        place = dict(FundingPaid.layout.word_names())
        return row[place["amount"]]


@pytest.fixture
def running():
    """An exchange with two holders, a premium in the book, and the hour just begun."""
    made = Running((100_000, 100_000))
    made.now = (made.now // HOUR_US + 1) * HOUR_US
    made.index(PRICE)
    seller = made.holders[-1] + 1
    for one in funded(seller, 10_000_000):
        made.ask(one)
    bid = {
        "market": CONTRACT,
        "order_type": OrderType.LIMIT,
        "time_in_force": TimeInForce.GTC,
        "flags": 0,
    }
    for account, side, above in ((MAKER, Side.BUY, 300), (seller, Side.SELL, 310)):
        price = (PRICE + above) * 10
        made.ask(PlaceOrder(account=account, side=side, quantity=9 * COIN, price=price, **bid))
    for _ in range(30):
        made.now += SECOND_US
        made.index(PRICE)
    made.told = Told()
    made.listen(made.told.hear)
    return made


def to_the_hour(running):
    """Let the hour end with an index that is live: a stale one makes no rate."""
    ends = (running.now // HOUR_US + 1) * HOUR_US
    running.now = ends - SECOND_US
    running.index(PRICE)
    running.now = ends


def settle(running):
    for _ in range(3):
        running.submit([])


@pytest.mark.parametrize("hours", [1, 2, 10, 240])
def test_p29_missed_hours_are_not_paid_in_one_stroke(running, hours):
    """All parts stood still for hours: when they go on, at most one whole hour is paid."""
    to_the_hour(running)
    settle(running)
    assert running.told.rates == 1
    before = Told()
    running.listen(before.hear)
    running.now += hours * HOUR_US
    settle(running)
    assert before.rates == 1 and set(before.paid.values()) == {1}, "each account once"
    coins = len(running.holders)
    most = coins * (PRICE + 300) * 10**DOLLAR_DECIMALS * RATE_MAX_E12 // E12
    assert 0 < max(map(abs, before.amounts)) <= most, "one hour at the largest rate"
    for _ in range(20):
        settle(running)
    assert before.rates == 1 and set(before.paid.values()) == {1}, "and no timer fires again"


def test_p29_ten_minutes_frozen_across_the_hour_pay_one_funding(running):
    to_the_hour(running)
    settle(running)
    running.now += HOUR_US - 300 * SECOND_US
    settle(running)
    before = Told()
    running.listen(before.hear)
    running.now += 600 * SECOND_US
    for _ in range(20):
        settle(running)
    assert before.rates == 1 and set(before.paid.values()) == {1}


@pytest.mark.parametrize("jump_us", [HOUR_US, 24 * HOUR_US, -HOUR_US])
def test_d5_a_jump_of_the_clock_pays_nothing(running, jump_us):
    """REL D5: one hour ahead paid 442 accounts a whole hour at once; one day, 457."""
    wall, steady = [running.now], [0]
    clock = Clock(running.now, lambda: wall[0], lambda: steady[0])
    wall[0] += jump_us
    for _ in range(50):
        wall[0] += SECOND_US
        steady[0] += SECOND_US
        running.now = clock.stamp()
        running.submit([])
    assert not running.told.paid and not running.told.rates
    wall[0] -= jump_us
    running.now = clock.stamp()
    running.submit([])
    assert clock.hold is None and not running.told.paid


def test_the_premium_is_there(running):
    """Otherwise nothing above would prove anything: an hour that really passes is paid."""
    to_the_hour(running)
    settle(running)
    running.now += HOUR_US
    settle(running)
    assert running.told.rates == 2 and running.told.paid
