"""A machine copied into one that went on by itself is the first machine again, row for row."""

import numpy as np

from pilothouse.engine.machine import Machine
from pilothouse.language import commands as ask
from tests.twin.worlds import PERPETUAL, START_US, Sender, foundation, rows_of


def test_what_the_copy_did_by_itself_is_gone():
    first, other, sender = Machine.empty(), Machine.empty(), Sender()
    first.step(rows_of([sender.message(one) for one in foundation()]), START_US)
    first.copy_into(other)
    deeds = [order(6 + k % 3, 1 + k % 2, 10_000 + k) for k in range(12)]
    other.step(rows_of([sender.message(one) for one in deeds]), START_US + 1)
    assert other.fingerprint() != first.fingerprint()
    first.copy_into(other)
    assert other.fingerprint() == first.fingerprint()
    assert np.array_equal(other.arena.bytes, first.arena.bytes)


def order(account, side, price):
    return ask.PlaceOrder(
        account=account,
        market=PERPETUAL,
        side=side,
        order_type=1,
        time_in_force=1,
        flags=0,
        quantity=2_000,
        price=price,
    )
