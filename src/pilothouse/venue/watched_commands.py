"""The commands of a block that take a power to say, with what became of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from pilothouse.language import commands as asked
from pilothouse.language.kinds import CauseKind
from pilothouse.language.names import Cause, Sender
from pilothouse.language.rows import Message, Rows, from_rows, split, to_rows
from pilothouse.language.schema import Command

OUTCOME: Final = 1
REPEATED: Final = 3
NAME_WORDS: Final = slice(3, 5)
_PLACE: Final = asked.PlaceOrder.number
_PLACE_MARKET: Final = asked.PlaceOrder.layout.slot("market").start


@dataclass(frozen=True)
class Watched:
    """One command: where it is, who said it and why, and what became of it if that is known.

    `said` is the hash of its rows but for the name, which its sender gave it. What cannot be read
    as a command of this release has no `command`.
    """

    position: int
    block: int
    time: int
    number: int
    sender: int
    cause: Cause
    command: Command | None
    said: str
    outcome: int | None = None
    repeated: bool = False

    @property
    def accepted(self) -> bool:
        """Tell whether it was executed, as far as it is known."""
        return not self.outcome and not self.repeated


def said_of(rows: Rows) -> str:
    """Return the hash of a command's rows without its name."""
    nameless = np.array(rows, np.int64)
    nameless[0, NAME_WORDS] = 0
    return hashlib.sha256(nameless.tobytes()).hexdigest()


def said_by(message: Message) -> str:
    """Return the same of a message."""
    return said_of(to_rows(message))


def watched_in(
    rows: Rows,
    numbers: Any,
    first_position: int,
    block: int,
    time: int,
    receipts: Sequence[Any] | Any = None,
) -> Iterator[Watched]:
    """Yield the commands of these numbers in a block, in order."""
    # Continuation rows may hold any words: what looks like a head is looked at again below.
    if not len(rows) or not np.isin(rows[:, 0], numbers).any():
        return
    wanted = frozenset(int(one) for one in numbers)
    for place, one in enumerate(split(np.asarray(rows))):
        if int(one[0, 0]) not in wanted:
            continue
        head = [int(word) for word in one[0, :7]]
        became = None if receipts is None else receipts[place]
        yield Watched(
            position=first_position + place,
            block=block,
            time=time,
            number=head[0],
            sender=head[2],
            cause=_cause(head[5], head[6]),
            command=_command(one),
            said=said_of(one),
            outcome=None if became is None else int(became[OUTCOME]),
            repeated=became is not None and bool(became[REPEATED]),
        )


def _cause(kind: int, number: int) -> Cause:
    known = kind in CauseKind._value2member_map_
    return Cause(CauseKind(kind), number) if known else Cause()


def _command(rows: Rows) -> Command | None:
    # What the engine refused may be anything at all; it is judged without being read.
    try:
        return from_rows(rows).command
    except (ValueError, LookupError, OverflowError, MemoryError):
        return None


def markets_in_use(rows: Rows) -> set[int]:
    """Return the markets for which somebody but the founding placed orders in a block."""
    if not len(rows):
        return set()
    placed = rows[(rows[:, 0] == _PLACE) & (rows[:, 2] != Sender.GENESIS)]
    return {int(one) for one in np.unique(placed[:, _PLACE_MARKET])}
