"""Compiling the engine once, before the processes that use it start and each would do the same."""

from __future__ import annotations

import numpy as np

from pilothouse.language.commands import CreateExchange
from pilothouse.language.kinds import CauseKind
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.rows import Message, to_rows
from pilothouse.language.schema import ROW_WORDS


def compile_engine() -> None:
    """Load the engine's compiled doors from the disk where they are kept, else compile them.

    A machine that creates a tiny exchange and lets time pass goes through the doors of a step.
    """
    from pilothouse.venue.machine import present_release

    tiny = CreateExchange(accounts=8, balances=8, positions=8, orders=8, levels=8, nodes=8)
    name, cause = Name(Sender.GENESIS, 1, 1), Cause(CauseKind.GENESIS, 1)
    machine = present_release().empty()
    machine.step(to_rows(Message(tiny, name, cause)), 1)
    machine.step(np.zeros((0, ROW_WORDS), np.int64), 2)
    machine.fingerprint()
