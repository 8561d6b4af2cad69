"""The door of the engine: a machine steps blocks of commands and tells what happened.

It has no clock, no chance, no disk and no network. Two machines that stepped the same blocks have
the same fingerprint, compiled or not, whatever their capacities.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine import snapshot
from pilothouse.engine.arena import Arena, capacities
from pilothouse.engine.block import view_block
from pilothouse.engine.capacity import count_commands, step_in_host
from pilothouse.engine.clock import (
    EXAMINATIONS_PER_BLOCK,
    begin_block,
    end_block,
    is_quiet,
)
from pilothouse.engine.growth import bytes_grown, copy_used_rows, table_use
from pilothouse.engine.invariants import broken_invariants
from pilothouse.engine.state import EVENTS_ROOM, State
from pilothouse.engine.step import step_commands
from pilothouse.engine.tables import GROWABLE
from pilothouse.language.rows import Malformed, Rows
from pilothouse.language.schema import ROW_WORDS

NAMES_BEFORE_CREATION = 64
NO_EVENTS = np.zeros((0, ROW_WORDS), np.int64)
GIVEN_AWAY_FROM = EVENTS_ROOM // 4
"""So many events are given away with their buffer; fewer are copied out of it."""


@dataclass(frozen=True)
class Stepped:
    """What a block did: a receipt for each command (position, outcome, made, repeated) and the
    rows of its events.
    """

    receipts: NDArray[np.int64]
    events: Rows


def _joined(events: list[Rows]) -> Rows:
    if len(events) == 1:
        return events[0]
    return np.concatenate(events) if events else NO_EVENTS


class Machine:
    """An exchange at one position of its journal."""

    def __init__(self, arena: Arena) -> None:
        self.arena = arena

    @classmethod
    def empty(cls) -> Machine:
        """Return a machine before its first command."""
        arena = Arena(capacities(dict.fromkeys(GROWABLE, 1), NAMES_BEFORE_CREATION))
        arena.plain.exchange[0]["names"] = NAMES_BEFORE_CREATION
        return cls(arena)

    @property
    def state(self) -> State:
        """Return the tables, for reading between two blocks."""
        return self.arena.plain

    @property
    def position(self) -> int:
        """Return the position of the last command stepped, 0 before the first."""
        return int(self.state.exchange[0]["position"])

    @property
    def time(self) -> int:
        """Return the time of the last block in microseconds since the epoch."""
        return int(self.state.exchange[0]["time"])

    def step(self, rows: Rows, time: int) -> Stepped:
        """Step a block of commands, maybe none, at a time that never goes back."""
        events: list[Rows] = []
        receipts = self._step_commands(rows, time, events)
        self._examine(EXAMINATIONS_PER_BLOCK, events)
        return Stepped(receipts, _joined(events))

    def execute(self, rows: Rows, time: int) -> Stepped:
        """Step a block's commands and leave the accounts that wait to the next block.

        Only who looks into a block stops here: rehearsals and explanations.
        """
        events: list[Rows] = []
        return Stepped(self._step_commands(rows, time, events), _joined(events))

    def _step_commands(self, rows: Rows, time: int, events: list[Rows]) -> NDArray[np.int64]:
        rows = np.ascontiguousarray(rows, np.int64).reshape(-1, ROW_WORDS)
        commands = count_commands(rows)
        if commands < 0:
            raise Malformed("a row announces more continuation rows than the block has")
        self._make_room_for(commands)
        self.state.exchange[0]["time"] = max(time, self.time)
        begin_block(self.arena.state, commands)
        self._step_rows(rows, events)
        self._take_events(events)
        return self.state.receipts[:commands].view(np.int64).reshape(-1, 4).copy()

    def _step_rows(self, rows: Rows, events: list[Rows]) -> None:
        block, words = view_block(rows)
        row = 0
        while row < len(rows):
            row = step_commands(self.arena.state, block, words, row, len(rows))
            stepped_none = self.state.scratch[0]["events"] == 0
            self._take_events(events)
            if row < len(rows) and stepped_none:
                self.arena, row = step_in_host(self.arena, block, words, rows, row)

    def examine(self, most: int) -> Rows:
        """Examine at most so many of the accounts that wait; return the rows of its events."""
        events: list[Rows] = []
        self._examine(most, events)
        return _joined(events)

    def _examine(self, left: int, events: list[Rows]) -> None:
        while left > 0:
            left = end_block(self.arena.state, left)
            self._take_events(events)

    def _take_events(self, events: list[Rows]) -> None:
        written = int(self.state.scratch[0]["events"])
        if written == 0:
            return
        rows = self.state.events[:written].view(np.int64).reshape(-1, ROW_WORDS)
        self.state.scratch[0]["events"] = 0
        if written < GIVEN_AWAY_FROM:
            events.append(rows.copy())
            return
        events.append(rows)
        self.arena.renew_events()

    def _make_room_for(self, commands: int) -> None:
        if commands > len(self.state.receipts):
            self.arena.make_room_for_receipts(commands)
        self.state.scratch[0]["receipts"] = 0

    def fingerprint(self) -> tuple[int, int]:
        """Return the fingerprint of the state as two signed 64-bit halves."""
        return snapshot.fingerprint(self.arena)

    def copy(self) -> Machine:
        """Return an independent machine with the same state; memory not used is not touched."""
        made = Arena(self.arena.capacities)
        copy_used_rows(self.arena, made)
        return Machine(made)

    def copy_into(self, other: Machine) -> None:
        """Make another machine's state the same as this one's, in memory it has touched."""
        if other.arena.capacities == self.arena.capacities:
            copy_used_rows(self.arena, other.arena)
        else:
            other.arena = self.copy().arena

    def to_bytes(self) -> bytes:
        """Return the state as bytes, for a snapshot."""
        return snapshot.to_bytes(self.arena)

    @classmethod
    def from_bytes(cls, raw: bytes) -> Machine:
        """Return the machine whose state these bytes are."""
        return cls(snapshot.from_bytes(raw))

    def quiet(self) -> bool:
        """Tell whether nothing is under way: no account could be helped on, no funding is due."""
        return bool(is_quiet(self.arena.state))

    def table_use(self) -> dict[str, tuple[int, int]]:
        """Return of each table that clients fill how many rows are taken and how many it has."""
        return table_use(self.arena)

    def bytes_grown(self, table: str, rows: int) -> int:
        """Return the bytes that the state would take with so many rows in a table."""
        return bytes_grown(self.arena, table, rows)

    def broken_invariants(self) -> list[str]:
        """Return a sentence for each invariant that does not hold, none if all is well."""
        return broken_invariants(self.state)
