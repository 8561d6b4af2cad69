"""What a change does to the mark of a contract is counted under its signed ceilings.

The least maintenance margin bounds the premium, and a market that resumes begins without one: so a
change of one class's margin, or of a status, can liquidate accounts whose own margin it leaves.
"""

import pytest

from pilothouse.language.commands import SetMarketStatus, Transfer
from pilothouse.language.events import MarginScheduleSet, MarketStatusSet
from pilothouse.language.kinds import ClientClass, MarketStatus, Side, Wallet
from pilothouse.language.refusals import IMPACT_ABOVE_WHAT_WAS_SIGNED
from pilothouse.venue.views.margin import margin
from tests import asking
from tests.attack.index_world import ALL, COIN, CONTRACT, DOLLAR, E6, PRICE, IndexWorld

LEAST = (0, 20_000, 3_000)
"""Tiers with a maintenance margin that leaves a look next to nothing to say."""
NOBODY = {"accounts_below_maintenance_max": 0, "notional_below_maintenance_max": 0}
HELD_COINS, FOUNDED_USD = 10, 4_030


class Market(IndexWorld):
    """Makers who quote above the index after each price, and one account that holds ten coins."""

    def __init__(self, *first):
        super().__init__()
        self.price, self.makers = PRICE, [self.account(50_000_000) for _ in range(2)]
        assert not any(self.say(*first))
        self.live(2, dict.fromkeys(ALL, PRICE))
        self.pass_s(120)

    def quote(self):
        for one in self.makers:
            self.cancel_all(one)
        bid, ask = self.price * 1.0012, self.price * 1.0018
        assert self.order(self.makers[0], Side.BUY, bid, 100 * COIN) == 0
        assert self.order(self.makers[1], Side.SELL, ask, 100 * COIN) == 0

    def pass_s(self, seconds):
        for _ in range(seconds):
            self.quote()
            self.live(1, dict.fromkeys(ALL, self.price))

    def hold(self, side, until_usd):
        """Return an account whose equity the price has brought down to so many dollars."""
        one, sign = self.account(20_000), -1 if side == Side.BUY else 1
        limit = self.price * (1.0012 if side == Side.SELL else 1.0018)
        assert self.order(one, side, limit, HELD_COINS * COIN) == 0
        out = margin(self.machine, one).equity - FOUNDED_USD * E6
        taken = Transfer(
            account=one, asset=DOLLAR, amount=out, source=Wallet.FUTURES, target=Wallet.SPOT
        )
        assert self.say(taken) == [0]
        while margin(self.machine, one).equity > until_usd * E6:
            self.price += sign
            self.pass_s(1)
        assert self.liquidated() == set()
        return one

    def set_margin(self, *tiers, whose, **ceiling):
        version = int(self.machine.state.markets[CONTRACT]["schedule_version"])
        asked = asking.schedule(
            CONTRACT, *tiers, client_class=whose, base_version=version, **ceiling
        )
        return self.say(asked)[0]

    def foretold(self):
        return self.events(MarginScheduleSet)[-1].accounts_below_maintenance


def test_a_class_with_less_margin_takes_the_premium_from_the_others_longs():
    world = Market()
    long = world.hold(Side.BUY, until_usd=2_110)
    assert world.set_margin(LEAST, whose=ClientClass.RETAIL, **NOBODY) == (
        IMPACT_ABOVE_WHAT_WAS_SIGNED
    )
    assert world.set_margin(LEAST, whose=ClientClass.RETAIL) == 0
    assert world.foretold() == 1
    world.pass_s(60)
    assert world.liquidated() == {long}, "as was foretold"


def test_who_is_below_at_the_mark_of_now_is_counted_though_the_mark_goes_his_way():
    world = Market()
    short = world.hold(Side.SELL, until_usd=3_520)
    raised = (LEAST, (100_000, 40_000, 32_000))
    assert world.set_margin(*raised, whose=ClientClass.ANY, **NOBODY) == (
        IMPACT_ABOVE_WHAT_WAS_SIGNED
    )
    assert world.set_margin(*raised, whose=ClientClass.ANY) == 0
    assert (world.foretold(), world.liquidated()) == (1, {short})


def test_a_second_change_is_counted_at_the_mark_that_the_first_one_leads_to():
    world = Market()
    long = world.hold(Side.BUY, until_usd=3_100)
    assert world.set_margin(LEAST, whose=ClientClass.RETAIL, **NOBODY) == 0
    world.pass_s(1)
    more = (0, 30_000, 15_000)
    assert world.set_margin(more, whose=ClientClass.PROFESSIONAL, **NOBODY) == (
        IMPACT_ABOVE_WHAT_WAS_SIGNED
    )
    assert world.set_margin(more, whose=ClientClass.PROFESSIONAL) == 0
    world.pass_s(60)
    assert (world.foretold(), world.liquidated()) == (1, {long})


def test_a_class_that_bounded_the_premium_lets_it_out_over_the_others_shorts():
    retail = asking.schedule(CONTRACT, LEAST, client_class=ClientClass.RETAIL, base_version=2)
    world = Market(retail)
    short = world.hold(Side.SELL, until_usd=2_100)
    world.quote()
    assert world.set_margin(whose=ClientClass.RETAIL, **NOBODY) == IMPACT_ABOVE_WHAT_WAS_SIGNED
    assert world.set_margin(whose=ClientClass.RETAIL) == 0
    world.pass_s(60)
    assert (world.foretold(), world.liquidated()) == (1, {short})


def test_a_premium_that_nobody_quotes_is_let_out_over_nobody():
    retail = asking.schedule(CONTRACT, LEAST, client_class=ClientClass.RETAIL, base_version=2)
    world = Market(retail)
    world.hold(Side.SELL, until_usd=2_100)
    for one in world.makers:
        world.cancel_all(one)
    world.live(20, dict.fromkeys(ALL, world.price))
    assert world.set_margin(whose=ClientClass.RETAIL, **NOBODY) == 0


@pytest.mark.parametrize("seconds", [1, 5])
def test_a_market_that_resumes_counts_whom_a_mark_without_premium_reaches(seconds):
    world = Market()
    long = world.hold(Side.BUY, until_usd=2_110)
    for status, reached in ((MarketStatus.POST_ONLY, 0), (MarketStatus.ONLINE, 1)):
        version = int(world.machine.state.markets[CONTRACT]["status_version"])
        asked = {"market": CONTRACT, "status": status, "base_version": version} | NOBODY
        refused = world.say(SetMarketStatus(**asked))[0]
        assert refused == (IMPACT_ABOVE_WHAT_WAS_SIGNED if reached else 0)
        if reached:
            asked |= dict.fromkeys(NOBODY, -1)
            assert world.say(SetMarketStatus(**asked)) == [0]
        assert world.events(MarketStatusSet)[-1].accounts_below_maintenance == reached
        world.live(seconds, dict.fromkeys(ALL, world.price))
    assert world.liquidated() == {long}
