"""Halting within a block: just before one command, or just before one examination at its end.

A block does three things in order: what time brings due (the end of an hour, funding), its
commands, and the examination of accounts that wait. Commands and examinations are stepped one by
one by the same engine that decided; before what time brings due the machine halts at the block's
beginning, with the block's time set and the hour that ends not ended yet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from pilothouse.engine.clock import EXAMINATIONS_PER_BLOCK
from pilothouse.engine.machine import NO_EVENTS, Machine
from pilothouse.journal.blocks import Block, Header
from pilothouse.language.rows import Rows, split

POSITION: Final = 1
"""The word of an event in which its position stands."""


@dataclass(frozen=True)
class Halt:
    """A machine of the asker's own, the block it stands in or behind, and what comes next.

    `where` says in words what it stands before. `told` are the rows of the events that the same
    command or examination then told, with the place of the first among those of the block, and
    `after` the machine behind it. `command` are the rows of the command, if it stands before one.
    `examined` counts the examinations up to and with the one it stands before, 0 for none.
    """

    machine: Machine
    header: Header
    where: str
    told: Rows = field(default_factory=lambda: NO_EVENTS)
    first_told: int = 0
    command: Rows = field(default_factory=lambda: NO_EVENTS)
    outcome: int = 0
    after: Machine | None = None
    examined: int = 0

    def later(self) -> Rows:
        """Return what the block's end told after `told`; it steps `after` on.

        Only where it stands before an examination: elsewhere nothing.
        """
        if self.after is None or not self.examined:
            return NO_EVENTS
        return self.after.examine(EXAMINATIONS_PER_BLOCK - self.examined)


def halt_before_command(machine: Machine, block: Block, position: int) -> Halt:
    """Step a machine that stands before a block to just before one of its commands."""
    number = position - block.header.first_position
    commands = split(np.asarray(block.rows))
    at = sum(len(one) for one in commands[:number])
    after = machine.copy()
    did = after.execute(block.rows[: at + len(commands[number])], block.header.time)
    first = len(machine.execute(block.rows[:at], block.header.time).events)
    return Halt(
        machine,
        block.header,
        f"before command {position}",
        did.events[first:],
        first,
        commands[number],
        int(did.receipts[number, 1]),
        after,
    )


def halt_before_event(machine: Machine, block: Block, event: int) -> Halt | None:
    """Step a machine that stands before a block to just before what told an event of it.

    Return None if the block told no event of this place.
    """
    after = machine.copy()
    told = after.execute(block.rows, block.header.time).events
    if event >= len(told):
        return _before_examination(machine, after, block, event, len(told))
    if event < 0:
        return None
    position = int(told[event, POSITION])
    if position >= block.header.first_position:
        return halt_before_command(machine, block, position)
    begun = told[:, POSITION] < block.header.first_position
    machine.state.exchange[0]["time"] = max(block.header.time, machine.time)
    return Halt(machine, block.header, "at the block's beginning", told[begun])


def _before_examination(
    machine: Machine, after: Machine, block: Block, event: int, first: int
) -> Halt | None:
    for examined in range(EXAMINATIONS_PER_BLOCK):
        if not int(after.state.exchange[0]["queue_count"]):
            return None
        told = after.examine(1)
        if event < first + len(told):
            machine.execute(block.rows, block.header.time)
            machine.examine(examined)
            where = f"before examination {examined + 1} at the block's end"
            return Halt(
                machine, block.header, where, told, first, after=after, examined=examined + 1
            )
        first += len(told)
    return None
