"""An order that a stale index refuses is told which index, and what its sources say."""

import numpy as np
import pytest

from pilothouse.language.commands import PlaceOrder, Transfer
from pilothouse.language.kinds import CauseKind, OrderType, Side, TimeInForce, Wallet
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.refusals import INDEX_IS_STALE
from pilothouse.language.rows import Message, to_rows
from pilothouse.venue.explanation.refusal import refused
from pilothouse.venue.halting import Halt
from tests.attack.index_world import COIN, CONTRACT, DOLLAR, ETHER, OTHER, SECOND_US, IndexWorld


@pytest.fixture
def world():
    made = IndexWorld()
    made.all_tell(20_000)
    made.all_tell(1_000, ETHER)
    made.client = made.account(10_000)
    made.long(made.client, price=20_000, quantity=2 * COIN)
    return made


def told(world, command):
    before = world.machine.copy()
    name = Name(Sender.GENESIS, 1, next(world.names))
    rows = to_rows(Message(command, name, Cause(CauseKind.GENESIS, 1)))
    after = before.copy()
    outcome = int(after.step(np.concatenate([rows]), world.time).receipts[0][1])
    assert outcome == INDEX_IS_STALE
    return refused(Halt(before, None, "", command=rows, outcome=outcome, after=after))


def an_order(world, market):
    return PlaceOrder(
        account=world.client, market=market, side=Side.BUY, order_type=OrderType.LIMIT, flags=0,
        time_in_force=TimeInForce.GTC, quantity=COIN, price=10_000 if market == OTHER else 200_000,
    )  # fmt: skip


@pytest.mark.parametrize("market", [CONTRACT, OTHER])
def test_an_index_that_fell_silent_is_named_with_the_time(world, market):
    for _ in range(72):
        world.time += SECOND_US
        world.all_tell(1_000, ETHER)
    (one,) = told(world, an_order(world, market)).comparisons
    assert "XBT in doubt for" in one.left.name
    assert (one.left.figure.text, one.sign, one.right.figure.text) == ("12 s", "≥", "0 s")


@pytest.mark.parametrize("market", [CONTRACT, OTHER])
def test_an_index_that_its_sources_deny_is_named_with_what_they_say(world, market):
    world.all_tell(12_000)
    (one,) = told(world, an_order(world, market)).comparisons
    assert [at.figure.text for at in (one.left, one.right)] == ["20,000 USD", "12,000 USD"]


def test_a_transfer_is_told_the_same(world):
    world.all_tell(12_000)
    out = Transfer(
        account=world.client, asset=DOLLAR, amount=1, source=Wallet.FUTURES, target=Wallet.SPOT
    )
    said = told(world, out)
    assert "is not what its sources say of 12,000 USD" in said.because
