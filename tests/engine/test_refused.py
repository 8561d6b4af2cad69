"""A refused command leaves no row behind: of balances, positions or volumes."""

import pytest

from pilothouse.engine.machine import Machine
from pilothouse.language import commands as ask
from pilothouse.language import refusals as no
from pilothouse.language.kinds import ClientClass, OrderType, Side, TimeInForce
from tests.twin.worlds import PERPETUAL, SPOT, START_US, Sender, foundation, rows_of

USED = ("balances_used", "positions_used", "volumes_used", "orders_open")


@pytest.fixture
def exchange():
    machine, sender = Machine.empty(), Sender()
    asked = [*foundation(), ask.OpenAccount(client_class=ClientClass.RETAIL)]
    stepped = machine.step(rows_of([sender.message(one) for one in asked]), START_US)
    return machine, sender, int(stepped.receipts[-1, 2])


def order(account, market, **changes):
    words = {
        "side": Side.BUY, "order_type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC,
        "flags": 0, "quantity": 2_000_000, "price": 10_000,
    }  # fmt: skip
    return ask.PlaceOrder(account=account, market=market, **(words | changes))


@pytest.mark.parametrize(
    ("market", "changes", "refused"),
    [
        (SPOT, {}, no.INSUFFICIENT_FUNDS),
        (SPOT, {"side": Side.SELL}, no.INSUFFICIENT_FUNDS),
        (SPOT, {"time_in_force": TimeInForce.FOK}, no.FILL_OR_KILL_CANNOT_FILL),
        (PERPETUAL, {"quantity": 2_000}, no.INSUFFICIENT_MARGIN),
        (PERPETUAL, {"flags": 2}, no.NO_POSITION_TO_REDUCE),
    ],
)
def test_a_refused_order_of_a_new_account_leaves_nothing(exchange, market, changes, refused):
    machine, sender, account = exchange
    before = {name: int(machine.state.exchange[0][name]) for name in USED}
    asked = sender.message(order(account, market, **changes))
    stepped = machine.step(rows_of([asked]), START_US + 1)
    assert stepped.receipts[0, 1] == refused
    row = machine.state.accounts[account]
    assert (row["balances_first"], row["positions_first"], row["volume"]) == (0, 0, 0)
    after = {name: int(machine.state.exchange[0][name]) for name in USED}
    assert after == before
    assert not machine.broken_invariants()
