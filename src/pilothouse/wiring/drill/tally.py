"""What the journal says of a drill, and what it would say had nobody acted.

Both are the same machine over the same blocks: once as they were, once with every governed command
since the copy left out. See `venue/leaving_out.py` for what that comparison assumes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from pilothouse.journal.blocks import Block
from pilothouse.journal.durable import DurableMark
from pilothouse.journal.storage import Files
from pilothouse.language.commands import SetIndexPrice
from pilothouse.language.names import Sender
from pilothouse.language.numbers import PPM
from pilothouse.venue.causes import Causes
from pilothouse.venue.leaving_out import without
from pilothouse.venue.outcome import Living, Outcome
from pilothouse.venue.past import Past

KIND, SENDER, NAME_HI = 0, 2, 3
PRICE: Final = SetIndexPrice.layout.slot("price_e12").start
CRASH_PPM: Final = 30_000
"""A crash has begun once the replayed price stands so far below the highest it has told."""


@dataclass(frozen=True)
class Tally:
    """Both runs, when the crash began (0 if it never did), and how many commands were left out."""

    done: Outcome
    nothing_done: Outcome
    crash_began_us: int
    left_out: int
    through_position: int


@dataclass
class Fall:
    """Watches the replay's prices go by, for the moment at which the crash began."""

    run: int
    began_us: int = 0
    _highest: int = field(default=0)

    def see(self, block: Block) -> None:
        """Look at a block's commands."""
        rows = np.asarray(block.rows)
        mine = (
            (rows[:, KIND] == SetIndexPrice.number)
            & (rows[:, SENDER] == Sender.INDEX)
            & (rows[:, NAME_HI] == self.run)
        )
        for price in rows[mine, PRICE]:
            self._highest = max(self._highest, int(price))
            fallen = (self._highest - int(price)) * PPM >= CRASH_PPM * self._highest
            if fallen and not self.began_us:
                self.began_us = block.header.time


def tally(home: Path, after: int, run: int) -> Tally:
    """Step a drill's journal behind command `after` twice; `run` is its replay's number."""
    storage, past = Files(home), Past(home)
    through = DurableMark(storage).block
    causes = Causes()
    causes.scan(storage, through)
    acted = [one.position for one in causes.between(after + 1, (1 << 63) - 1)]
    done, before, fall = Living(), Living(), Fall(run)
    for machine, block in past.blocks_from_command(after + 1):
        if block.header.number > through:
            break
        fall.see(block)
        done.see(machine, machine.step(block.rows, block.header.time).events)
        after = block.header.last_position
        if acted and after < acted[0]:
            # What happened before anybody acted is the same in both runs.
            before.count.add(done.events)
    if acted:
        for lived in without(past, acted, through):
            before.see(lived.machine, lived.stepped.events)
    nothing = before if acted else done
    return Tally(done.outcome(), nothing.outcome(), fall.began_us, len(acted), after)
