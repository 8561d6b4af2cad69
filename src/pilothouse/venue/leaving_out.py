"""What if a change had never been: the journal stepped again with some commands left out.

Everything else of the journal stays as it was: clients and prices would have come at the same
moments, and nobody would have acted otherwise. A command that is left out gives its place and its
name to one that does nothing, so that positions, and with them the numbers of orders, stay. A
later command that was made from the version which the left-out one made is made from the one
before, so that it is still executed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from pilothouse.engine.machine import Machine, Stepped
from pilothouse.journal.blocks import Block, Header
from pilothouse.language.commands import RecordFingerprint
from pilothouse.language.rows import Rows, split
from pilothouse.language.schema import COMMANDS
from pilothouse.venue.past import NoSuchMoment, Past

NAME_AND_CAUSE: Final = slice(2, 7)
"""The words of a command's name and cause."""
_VERSIONED: Final = {
    number: (cls.layout.slot("market").start, cls.layout.slot("base_version").start)
    for number, cls in COMMANDS.items()
    if {"market", "base_version"} <= {slot.name for slot in cls.layout.slots}
}
"""Where a command that is made from a version names its market and that version."""


@dataclass(frozen=True)
class Lived:
    """A block as it would have been, and the machine behind it."""

    header: Header
    rows: Rows
    stepped: Stepped
    machine: Machine


class LeavingOut:
    """Rewrites blocks. `outcomes` says of each position left out what became of it in truth."""

    def __init__(self, outcomes: Mapping[int, int]) -> None:
        self._outcomes = outcomes
        self._behind: dict[tuple[int, int], int] = {}

    def rewritten(self, block: Block) -> Rows:
        """Return a block's rows without the commands left out."""
        head = block.header
        here = any(head.first_position <= one <= head.last_position for one in self._outcomes)
        if not here and not self._touches_versions(block.rows):
            return block.rows
        commands = enumerate(split(np.asarray(block.rows)), head.first_position)
        return np.concatenate([self._one(position, rows) for position, rows in commands])

    def _touches_versions(self, rows: Rows) -> bool:
        # What only looks like such a command is looked at again, word by word.
        return bool(self._behind) and len(rows) > 0 and int(rows[:, 0].max()) >= min(_VERSIONED)

    def _one(self, position: int, rows: Rows) -> Rows:
        place = _VERSIONED.get(int(rows[0, 0]))
        words = rows.reshape(-1)
        key = (int(rows[0, 0]), int(words[place[0]])) if place else (0, 0)
        if position in self._outcomes:
            if self._outcomes[position] == 0 and place:
                self._behind[key] = self._behind.get(key, 0) + 1
            return nothing_in_place_of(rows)
        behind = self._behind.get(key, 0)
        if not behind or not place:
            return rows
        made = words.copy()
        made[place[1]] -= behind
        return made.reshape(rows.shape)


def nothing_in_place_of(rows: Rows) -> Rows:
    """Return a command of the same name and cause that changes nothing."""
    made = np.zeros((1, rows.shape[1]), np.int64)
    made[0, 0], made[0, 1] = RecordFingerprint.number, 1
    made[0, NAME_AND_CAUSE] = rows[0, NAME_AND_CAUSE]
    return made


def without(past: Past, positions: Collection[int], through: int) -> Iterator[Lived]:
    """Live the journal without the commands of these positions, to the end of block `through`.

    Yield each block from the one that holds the first of them. Raises NoSuchMoment, PastIsSealed.
    """
    if not positions:
        raise NoSuchMoment("no command is named that could be left out")
    outcomes = {one: past.outcome(one) for one in sorted(positions)}
    change = LeavingOut(outcomes)
    for machine, block in past.blocks_from_command(min(positions)):
        if block.header.number > through:
            return
        rows = change.rewritten(block)
        stepped = machine.step(rows, block.header.time)
        yield Lived(block.header, rows, stepped, machine)
