"""A world whose clock the simulation holds: the crowd drives a machine in this process.

The same seed gives the same commands, the same receipts and the same fingerprint.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from pilothouse.engine.machine import Machine, Stepped
from pilothouse.language.commands import SetIndexPrice
from pilothouse.language.kinds import CauseKind
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.rows import Message, Rows, to_rows
from pilothouse.language.schema import Command
from pilothouse.simulation import genesis
from pilothouse.simulation.crowd import Crowd
from pilothouse.simulation.opening import stages
from pilothouse.simulation.prices import SOURCES

START_US: Final = 1_798_761_600_000_000
"""The first of January 2027, 00:00 UTC, in microseconds."""
BEAT_US: Final = 100_000
GENESIS: Final = Cause(CauseKind.GENESIS, 1)
SIGNED: Final = Cause(CauseKind.CHANGE, 1)
NO_CAUSE: Final = Cause()


class World:
    """A machine, its crowd and its clock. `blocks` keeps what was stepped when it is asked to."""

    def __init__(self, seed: int, keep: bool = False) -> None:
        self.machine = Machine.empty()
        self.crowd = Crowd(seed)
        self.time = START_US
        self.refused: dict[int, int] = {}
        self.blocks: list[tuple[Rows, int]] | None = [] if keep else None
        self._names = 0

    def open(self) -> None:
        """Create the exchange and let everyone in; refusals of governed commands are faults."""
        self.send(genesis.found(), GENESIS)
        for stage in stages(self.crowd):
            self.send(stage, GENESIS)
            self.time += BEAT_US

    def run(self, beats: int, orders: int) -> None:
        """Let so many beats of a tenth of a second pass, with about so many orders each."""
        for _ in range(beats):
            self.send(self.crowd.beat(orders))
            self.time += BEAT_US

    def lead(self, asset: int, price_e12: int) -> Stepped:
        """Let all sources of an asset tell one price, and the crowd follow it from now on."""
        self.crowd.prices.follow(asset, price_e12)
        return self.send(
            [SetIndexPrice(asset=asset, source=one, price_e12=price_e12) for one in SOURCES]
        )

    def send(self, commands: Sequence[Command], cause: Cause = NO_CAUSE) -> Stepped:
        """Step commands as one block and let the crowd hear its receipts."""
        messages = [self._message(one, cause) for one in commands]
        rows = np.concatenate([to_rows(one) for one in messages] or [np.zeros((0, 16), np.int64)])
        stepped = self.step(rows)
        for command, receipt in zip(commands, stepped.receipts, strict=True):
            position, outcome = int(receipt[0]), int(receipt[1])
            self.crowd.told(command, position, outcome)
            if outcome:
                self.refused[outcome] = self.refused.get(outcome, 0) + 1
        return stepped

    def step(self, rows: Rows) -> Stepped:
        """Step a block at the world's time."""
        if self.blocks is not None:
            self.blocks.append((rows, self.time))
        return self.machine.step(rows, self.time)

    def _message(self, command: Command, cause: Cause) -> Message:
        self._names += 1
        sender = Sender.SIMULATION if cause in (NO_CAUSE, GENESIS) else Sender.REHEARSAL
        return Message(command, Name(sender, 1, self._names), cause)
