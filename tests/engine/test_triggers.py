"""An account whose trigger finds no room is looked at in every block, until there is room."""

from pilothouse.engine.machine import Machine
from pilothouse.language import commands as ask
from tests.twin.worlds import PERPETUAL, START_US, Sender, foundation, rows_of

LEVELS = 2


def test_a_full_level_table_never_leaves_an_account_unwatched():
    machine, sender = Machine.empty(), Sender()
    create, *rest = foundation()
    small = ask.CreateExchange(**{**create.__dict__, "levels": LEVELS})
    step(machine, sender, [small, *rest])
    # Two levels are enough to trade, but three accounts want to be watched at three prices.
    step(machine, sender, [order(7, 2, 2_000), order(8, 2, 4_600), order(6, 1, 6_600)])
    assert int(machine.state.exchange[0]["positions_used"]) == 3
    assert machine.broken_invariants() == []
    assert not machine.quiet()
    step(machine, sender, [ask.GrowTable(table="levels", rows=64)])
    assert machine.quiet()


def step(machine, sender, commands):
    machine.step(rows_of([sender.message(one) for one in commands]), START_US)


def order(account, side, quantity):
    return ask.PlaceOrder(
        account=account,
        market=PERPETUAL,
        side=side,
        order_type=1,
        time_in_force=1,
        flags=0,
        quantity=quantity,
        price=10_000,
    )
