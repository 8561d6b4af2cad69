"""Collateral and profits by a stale index buy no risk, and let no dollars out."""

import pytest

from pilothouse.language.commands import Transfer
from pilothouse.language.kinds import Side, Wallet
from pilothouse.language.refusals import INDEX_IS_STALE, INSUFFICIENT_MARGIN
from tests.attack.index_world import (
    BITCOIN,
    COIN,
    DOLLAR,
    E6,
    ETHER,
    OTHER,
    PRICE,
    SECOND_US,
    IndexWorld,
)

BITCOINS = 10**8
SILENT_S = 90


@pytest.fixture
def world():
    made = IndexWorld()
    both_tell(made)
    return made


def both_tell(world, seconds=5):
    for _ in range(seconds):
        world.time += SECOND_US
        world.all_tell(PRICE)
        world.all_tell(1_000, ETHER)


def bitcoin_falls_silent(world):
    for _ in range(SILENT_S):
        world.time += SECOND_US
        world.all_tell(1_000, ETHER)


def buys_ether(world, account, coins):
    assert world.order(world.maker, Side.SELL, 1_000, coins * COIN, OTHER) == 0
    outcome = world.order(account, Side.BUY, 1_000, coins * COIN, OTHER)
    world.cancel_all(world.maker)
    return outcome


def leaves(world, account, dollars):
    return world.say(
        Transfer(
            account=account, asset=DOLLAR, amount=dollars * E6,
            source=Wallet.FUTURES, target=Wallet.SPOT,
        )
    )[0]  # fmt: skip


def test_it_buys_no_risk_in_another_contract(world):
    client = world.account(1)
    world.fund(client, BITCOIN, BITCOINS)
    assert buys_ether(world, client, 10) == 0
    bitcoin_falls_silent(world)
    assert buys_ether(world, client, 10) == INDEX_IS_STALE
    assert buys_ether(world, client, 100_000) == INSUFFICIENT_MARGIN
    assert world.order(world.maker, Side.BUY, 1_000, 10 * COIN, OTHER) == 0
    assert world.order(client, Side.SELL, 1_000, 10 * COIN, OTHER) == 0, "reducing goes on"
    both_tell(world, 60)
    assert buys_ether(world, client, 10) == 0


def test_dollars_alone_still_buy(world):
    client = world.account(100_000)
    world.fund(client, BITCOIN, BITCOINS)
    bitcoin_falls_silent(world)
    assert buys_ether(world, client, 10) == 0


def test_dollars_do_not_leave_while_margin_rests_on_it(world):
    client = world.account(15_000)
    world.fund(client, BITCOIN, BITCOINS)
    assert buys_ether(world, client, 60) == 0
    bitcoin_falls_silent(world)
    assert leaves(world, client, 15_000) == INDEX_IS_STALE
    assert leaves(world, client, 1_000) == 0, "what the dollars themselves cover may leave"


def test_a_profit_at_a_stale_mark_buys_nothing(world):
    client, other = world.account(1_100), world.account(100_000)
    world.long(client, PRICE, COIN)
    for dollars in range(PRICE, PRICE + 4_000, 200):
        world.time += SECOND_US
        world.all_tell(dollars)
        world.all_tell(1_000, ETHER)
    assert buys_ether(world, client, 20) == 0, "a profit at a live mark does"
    bitcoin_falls_silent(world)
    assert buys_ether(world, client, 20) == INDEX_IS_STALE
    assert buys_ether(world, other, 20) == 0
