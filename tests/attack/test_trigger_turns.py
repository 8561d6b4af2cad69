"""Triggers set at the price of now are due with the next move, and no book waits for another.

A client hedges in many contracts of one asset and leaves nothing to spare, so that each of his
triggers stands where the price is. Once that kept everybody behind those books from being
examined, without a further command.
"""

import numpy as np
import pytest

from pilothouse.engine.triggers import FIRED_PER_MOVE
from pilothouse.language.commands import Transfer
from pilothouse.language.kinds import CauseKind, Side, Wallet
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.rows import Message, to_rows
from pilothouse.venue.views.margin import margin
from tests import asking
from tests.attack.index_world import (
    ALL,
    BITCOIN,
    COIN,
    CONTRACT,
    DOLLAR,
    ETHER,
    PRICE,
    IndexWorld,
    contract,
)

HEDGED, CONTRACTS, LONGS = 700, 8, FIRED_PER_MOVE + 176
SPARE = 200
"""What each hedged account leaves above its thresholds (micro-dollars)."""
MOST_BLOCKS = 200
BLOCK_US = 2_000


def traded(world, market, side, accounts, quantity, price):
    """Let accounts take from a large one, a hundred in a block."""
    for k in range(0, len(accounts), 100):
        some = accounts[k : k + 100]
        other = Side.SELL if side == Side.BUY else Side.BUY
        asked = [asking.limit(world.maker, market, other, quantity * len(some), price * 10)]
        asked += [asking.limit(one, market, side, quantity, price * 10) for one in some]
        assert set(world.say(*asked)) == {0}


@pytest.fixture(scope="module")
def world():
    """Hedged accounts in contracts of bitcoin; longs of ether in the last contract."""
    made = IndexWorld(rows=1 << 15)
    contracts = [CONTRACT]
    for k in range(1, CONTRACTS):
        contracts += made.made(contract(f"PF_H{k}", BITCOIN))
    last = made.made(contract("PF_LAST", ETHER))[0]
    made.say(*[asking.schedule(one, asking.PLAIN_TIER) for one in (*contracts[1:], last)])
    made.live(2, dict.fromkeys(ALL, PRICE))
    made.tell(dict.fromkeys(ALL, 2_000), ETHER)
    hedged = [made.account(1_000) for _ in range(HEDGED)]
    longs = [made.account(50) for _ in range(LONGS)]
    for k, one in enumerate(contracts):
        traded(made, one, Side.BUY if k % 2 == 0 else Side.SELL, hedged, 1, PRICE)
    traded(made, last, Side.BUY, longs, COIN, 2_000)
    for market in contracts[::2]:
        far = [asking.limit(one, market, Side.BUY, 1, PRICE * 10 - 3_000) for one in hedged]
        for k in range(0, HEDGED, 100):
            assert set(made.say(*far[k : k + 100])) == {0}
    for one in hedged:
        held = margin(made.machine, one)
        out = held.equity - held.initial_with_orders - SPARE
        asked = Transfer(
            account=one, asset=DOLLAR, amount=out, source=Wallet.FUTURES, target=Wallet.SPOT
        )
        assert made.say(asked) == [0]
    assert made.order(made.client, Side.BUY, 1_959, COIN * LONGS, last) == 0
    return made


def block(world, *commands):
    """Step one block of prices, and nothing that follows it."""
    rows = [
        to_rows(
            Message(one, Name(Sender.GENESIS, 1, next(world.names)), Cause(CauseKind.GENESIS, 1))
        )
        for one in commands
    ]
    world.time += BLOCK_US
    world.machine.step(np.concatenate([np.zeros((0, 16), np.int64), *rows]), world.time)


def test_triggers_that_stand_at_the_price_keep_nobody_else_from_being_liquidated(world):
    block(world, *asking.prices(BITCOIN, dict.fromkeys(ALL, PRICE + 2)))
    block(world, *asking.prices(ETHER, dict.fromkeys(ALL, 1_960)))
    blocks = 0
    while not world.machine.quiet():
        block(world)
        blocks += 1
        assert blocks < MOST_BLOCKS, "what a move left to do must end without another move"
    state = world.machine.state
    last = int(state.exchange[0]["markets_used"])
    rows = state.positions[state.positions["market"] == last]
    longs = rows[(rows["quantity"] == COIN)]
    assert len(longs) == 0, "all are below maintenance margin, and somebody bids for all of them"
    assert world.machine.broken_invariants() == []
