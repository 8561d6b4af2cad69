"""Looking ahead never reads outside the tables, however long the commands of a block are."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pilothouse.engine.machine import Machine
from pilothouse.language import commands as ask
from pilothouse.language.kinds import OrderType, Side, TimeInForce
from tests.twin.worlds import CLIENTS_FROM, PERPETUAL, START_US, Sender, foundation, rows_of

ROOT = Path(__file__).parents[2]
CANCELS = 40
"""More than the look goes ahead."""


def order(client_order_id=""):
    return ask.PlaceOrder(
        account=CLIENTS_FROM, market=PERPETUAL, side=Side.BUY, order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC, flags=0, quantity=2, price=9_000,
        client_order_id=client_order_id,
    )  # fmt: skip


def live(long_at):
    """Step a block of cancels in which some commands have two rows; return what became of them."""
    machine, sender = Machine.empty(), Sender()
    opened = machine.step(rows_of([sender.message(one) for one in foundation()]), START_US)
    assert not opened.receipts[:, 1].any()
    orders = [sender.message(order()) for _ in range(CANCELS)]
    placed = machine.step(rows_of(orders), START_US + 1).receipts
    cancels = [ask.CancelOrder(account=CLIENTS_FROM, order=int(one[2])) for one in placed]
    block = [
        part
        for k, one in enumerate(cancels)
        for part in ([order(f"mine-{k}"), one] if k in long_at else [one])
    ]
    stepped = machine.step(rows_of([sender.message(one) for one in block]), START_US + 2)
    return stepped.receipts[:, 1].tolist(), machine.fingerprint()


def every_place():
    """One long command at each place, which leaves out the look at one of the commands behind."""
    return [{k} for k in range(CANCELS)]


def main():
    for long_at in every_place():
        print(*live(long_at)[1])


@pytest.fixture(scope="module")
def uncompiled():
    """The fingerprints of uncompiled machines, where reading outside a table is an error."""
    path = f"{ROOT / 'src'}{os.pathsep}{ROOT}"
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine.test_lookahead"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [tuple(map(int, line.split())) for line in done.stdout.splitlines()]


def test_cancels_behind_orders_of_two_rows_are_stepped(uncompiled):
    assert len(uncompiled) == len(every_place())
    for long_at, fingerprint in zip(every_place(), uncompiled, strict=True):
        outcomes, compiled = live(long_at)
        assert compiled == fingerprint
        assert set(outcomes) == {0}


if __name__ == "__main__":
    main()
