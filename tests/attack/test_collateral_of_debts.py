"""Nobody keeps collateral whose fall the insurance pool pays for."""

import pytest

from pilothouse.language.commands import Transfer
from pilothouse.language.events import CollateralConverted, InsurancePaid, ProtectionStepTaken
from pilothouse.language.kinds import ProtectionStep, Side, Wallet
from pilothouse.venue.views.margin import health, margin
from tests.attack.index_world import (
    ALL,
    BITCOIN,
    CONTRACT,
    DOLLAR,
    E6,
    ETHER,
    SECOND_US,
    IndexWorld,
)
from tests.engine.protected import POOL

BITCOINS = 10**8
PRICE, OWED = 20_000, 19_000


def owing(pool=1_000_000, collateral=((BITCOIN, BITCOINS),), owed=OWED):
    """Return a world with an account that owes dollars against what it holds, without a position.

    By hand: how it lost them does not matter. What it is given then has it examined.
    """
    world = IndexWorld(haircut_ppm=50_000)
    world.live(3, dict.fromkeys(ALL, PRICE))
    world.live(3, dict.fromkeys(ALL, 1_000), ETHER)
    world.fund(POOL, DOLLAR, pool * E6)
    owes = world.account(1)
    for asset, amount in collateral:
        world.fund(owes, asset, amount)
    world.long(owes, quantity=10)
    assert world.order(world.maker, Side.BUY, PRICE, 10) == 0
    assert world.order(owes, Side.SELL, PRICE, 10) == 0
    dollars, custody = (_row(world, *one) for one in ((owes, 2, DOLLAR), (1, 1, DOLLAR)))
    world.machine.state.balances[dollars]["available"] -= (owed + 2) * E6
    world.machine.state.balances[custody]["available"] += (owed + 2) * E6
    world.fund(owes, DOLLAR, E6)
    return world, owes


def _row(world, account, wallet, asset):
    rows = world.machine.state.balances
    return next(
        k
        for k in range(1, len(rows))
        if (rows[k]["account"], rows[k]["wallet"], rows[k]["asset"]) == (account, wallet, asset)
    )


def has(world, account, asset):
    return int(world.machine.state.balances[_row(world, account, 2, asset)]["available"])


def falls(world, to, asset=BITCOIN):
    world.time += SECOND_US
    world.all_tell(to, asset)
    world.live(1)


def test_a_fall_within_the_haircut_converts_nothing():
    world, owes = owing(owed=18_000)
    falls(world, 19_000)
    assert has(world, owes, BITCOIN) == BITCOINS and not world.events(CollateralConverted)


@pytest.mark.parametrize("price", [19_990, 18_000, 14_500])
def test_nobody_gains_from_a_rise_after_a_fall_that_the_pool_paid(price):
    world, owes = owing()
    before = margin(world.machine, owes).equity + OWED * E6
    falls(world, price)
    (sold,) = world.events(CollateralConverted)
    assert (sold.amount, sold.value) == (BITCOINS, price * E6 * 95 // 100)
    (step,) = world.events(ProtectionStepTaken)
    assert step.step == ProtectionStep.CONVERSION and step.equity < 0, "so it can be explained"
    assert has(world, owes, BITCOIN) == 0 and has(world, POOL, BITCOIN) == BITCOINS
    assert sum(one.amount for one in world.events(InsurancePaid)) == OWED * E6 - sold.value
    falls(world, PRICE)
    assert margin(world.machine, owes).equity == 0 <= before
    assert margin(world.machine, POOL).equity == 1_000_000 * E6, "what it bought is worth it again"
    assert not world.machine.broken_invariants()


def test_a_pool_without_enough_dollars_buys_what_it_can_and_the_rest_is_a_debt():
    world, owes = owing(pool=9_000)
    falls(world, 18_000)
    (sold,) = world.events(CollateralConverted)
    assert sold.amount == BITCOINS * 9_000 // 17_100 and not world.events(InsurancePaid)
    assert has(world, POOL, DOLLAR) < E6 and has(world, owes, BITCOIN) == BITCOINS - sold.amount
    assert health(world.machine).debtors == 1
    world.fund(POOL, DOLLAR, 50_000 * E6)
    world.live(5)
    assert has(world, owes, BITCOIN) == 0 and health(world.machine).debtors == 0
    assert not world.machine.broken_invariants()


def test_it_waits_for_an_index_that_is_stale_and_the_pool_pays_nothing_meanwhile():
    world, owes = owing(collateral=((BITCOIN, BITCOINS), (ETHER, BITCOINS)), owed=19_500)
    for _ in range(70):
        world.time += SECOND_US
        world.all_tell(PRICE)
    falls(world, 18_000)
    assert {one.asset for one in world.events(CollateralConverted)} == {BITCOIN}
    assert has(world, owes, ETHER) == BITCOINS and not world.events(InsurancePaid)
    out = Transfer(account=owes, asset=ETHER, amount=1, source=Wallet.FUTURES, target=Wallet.SPOT)
    assert world.say(out) != [0]
    for _ in range(15):
        world.time += SECOND_US
        world.all_tell(1_000, ETHER)
        world.all_tell(18_000)
    assert {one.asset for one in world.events(CollateralConverted)} == {BITCOIN, ETHER}
    assert margin(world.machine, owes).equity == 0
    assert not world.machine.broken_invariants()


def test_the_last_position_is_closed_before_collateral_is_converted():
    world, owes = owing(collateral=((BITCOIN, 2 * BITCOINS),), owed=37_000)
    world.order(world.maker, Side.BUY, 19_500, 10 * 10**4, CONTRACT)
    assert world.order(world.seller, Side.SELL, PRICE, 1_000, CONTRACT) == 0
    assert world.order(owes, Side.BUY, PRICE, 1_000, CONTRACT) == 0
    world.all_tell(19_400)
    for _ in range(5):
        world.time += SECOND_US
        world.all_tell(19_000)
    assert world.held(owes) == 0 and world.events(CollateralConverted)
    assert margin(world.machine, owes).equity == 0


@pytest.mark.parametrize("told", [False, True])
def test_dust_of_another_asset_keeps_nothing(told):
    world, owes = owing(collateral=((BITCOIN, BITCOINS), (ETHER, 1)))
    if not told:
        world.machine.state.assets[ETHER]["index_e12"] = 0
        world.machine.state.assets[ETHER]["live_until"] = 0
    falls(world, 16_000)
    assert has(world, owes, BITCOIN) == 0 and margin(world.machine, owes).equity == 0


def test_a_crumb_that_nobody_bids_for_keeps_nothing():
    world, owes = owing(owed=OWED - 10)
    assert world.order(world.seller, Side.SELL, PRICE, 1, CONTRACT) == 0
    assert world.order(owes, Side.BUY, PRICE, 1, CONTRACT) == 0
    falls(world, 16_000)
    assert has(world, owes, BITCOIN) == 0 and world.events(CollateralConverted)


def test_what_the_pool_bought_counts_in_what_it_may_lose():
    world, _ = owing(pool=OWED)
    falls(world, PRICE - 100)
    assert has(world, POOL, DOLLAR) < 200 * E6
    poor, short = world.account(1_000), world.account(100_000)
    assert world.order(short, Side.SELL, PRICE - 100, 10_000) == 0
    assert world.order(poor, Side.BUY, PRICE - 100, 10_000) == 0
    falls(world, PRICE - 1_150)
    world.live(12, dict.fromkeys(ALL, PRICE - 1_150))
    assert world.held(short) == -10_000, "a hundred dollars short is no reason to unwind"
