"""A block may make more events than the machine keeps at once; all of it is stepped."""

import numpy as np

from pilothouse.engine.machine import Machine
from pilothouse.engine.state import EVENTS_ROOM
from pilothouse.language.commands import CreateExchange, Deposit, ListAsset, OpenAccount
from pilothouse.language.kinds import CauseKind, ClientClass, Purpose
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.rows import Message, to_rows


def rows_of(commands, first=1):
    genesis = Cause(CauseKind.GENESIS, 1)
    named = (
        Message(one, Name(Sender.GENESIS, 1, first + k), genesis) for k, one in enumerate(commands)
    )
    return np.concatenate([to_rows(one) for one in named])


def test_a_block_with_more_events_than_the_buffer_holds_is_stepped_whole():
    machine = Machine.empty()
    sizes = dict.fromkeys(("accounts", "balances", "positions", "orders", "levels", "nodes"), 64)
    opening = [
        CreateExchange(**sizes),
        ListAsset(symbol="ZUSD", decimals=6, collateral=1),
        OpenAccount(client_class=ClientClass.HOUSE, purpose=Purpose.CUSTODY),
        OpenAccount(client_class=ClientClass.RETAIL),
    ]
    receipts = machine.step(rows_of(opening), 1).receipts
    assert receipts[:, 1].tolist() == [0, 0, 0, 0]
    account = int(receipts[3, 2])

    deposits = [Deposit(account=account, asset=1, amount=5)] * (EVENTS_ROOM + 1)
    stepped = machine.step(rows_of(deposits, first=10), 2)

    assert set(stepped.receipts[:, 1].tolist()) == {0}
    assert len(stepped.events) >= len(deposits)
    assert machine.position == len(opening) + len(deposits)
