"""Who sends a command, what it is called, and why: sender, name, cause.

A command's name is (sender, hi, lo). The engine remembers the last names of each sender in a
ring; within a sender, names rise: a door counts up in `lo`, under the `hi` that the journal gave
it when it was opened (`OpenDoor`). Change control numbers its commands one after the other
(`numbered`). No name hangs on a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from pilothouse.language.kinds import CauseKind


class Sender(IntEnum):
    """Who may send commands. Further gateways and sources of an index have `GATEWAYS` and
    `INDEX_SOURCES`, a slot each.
    """

    GENESIS = 1
    CONTROL = 2
    INDEX = 3
    WRITER = 4
    SIMULATION = 5
    REHEARSAL = 6
    """On copies only: no door has it."""
    IMPORT = 7
    GATEWAY = 8
    AUDIT = 63
    """Its names are the numbers of the audit's rows, so one row can have one hash only."""


SENDERS_MAX: Final = 64
GATEWAYS: Final = range(int(Sender.GATEWAY), 32)
INDEX_SOURCES: Final = range(32, int(Sender.AUDIT))
NAMES_PER_HI: Final = 64
"""A name's place in its sender's ring is (64 hi + lo) modulo the ring."""


@dataclass(frozen=True)
class Name:
    """The name of a command: the same name with the same body gets its first receipt again."""

    sender: int
    hi: int
    lo: int


def numbered(sender: int, number: int) -> Name:
    """Return the name with a number that rises by one: each takes the next place in the ring."""
    return Name(sender, number // NAMES_PER_HI, number % NAMES_PER_HI)


@dataclass(frozen=True)
class Cause:
    """Why a command was sent: a change, case, incident, control or playbook by its number."""

    kind: CauseKind = CauseKind.NONE
    id: int = 0


NO_CAUSE: Final = Cause()
"""The cause of a client's own command."""


@dataclass(frozen=True)
class Receipt:
    """The answer to a command: where it stands in the journal and what became of it.

    `outcome` is 0 or a refusal's number; `made` the number of what was made (an order, an account,
    a market), `repeated` whether this is the first receipt of a name sent again.
    """

    position: int
    outcome: int
    made: int = 0
    repeated: bool = False

    @property
    def accepted(self) -> bool:
        """Tell whether the command was executed."""
        return self.outcome == 0
