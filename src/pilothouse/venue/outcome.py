"""What a run of the journal came to: the harm it did, and what it leaves to be done."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pilothouse.engine.machine import Machine
from pilothouse.language.rows import Rows
from pilothouse.language.schema import ROW_WORDS
from pilothouse.venue.harm import Harm, HarmCount
from pilothouse.venue.views.margin import health


@dataclass(frozen=True)
class Left:
    """Who is still below maintenance margin at the end: harm that is put off, not spared."""

    still_below_accounts: int
    still_below_micro_usd: int


@dataclass(frozen=True)
class Outcome:
    """What one run came to: the harm it did, and what it leaves to be done."""

    harm: Harm
    left: Left


@dataclass
class Living:
    """One run of the journal: what it did to accounts, and the machine where it stands."""

    count: HarmCount = field(default_factory=HarmCount)
    machine: Machine | None = None
    events: Rows = field(default_factory=lambda: np.zeros((0, ROW_WORDS), np.int64))

    def see(self, machine: Machine, events: Rows) -> None:
        """Look at a machine behind a block, and at what the block did."""
        self.machine, self.events = machine, events
        self.count.add(events)

    def outcome(self) -> Outcome:
        """Return what this run came to so far."""
        harm = self.count.harm()
        if self.machine is None:
            return Outcome(harm, Left(0, 0))
        found = health(self.machine)
        return Outcome(harm, Left(found.below_maintenance, found.notional_below_maintenance))
