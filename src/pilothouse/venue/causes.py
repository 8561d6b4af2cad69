"""The register of causes: every governed command of the journal, and why it was sent.

What stands in the journal is scanned from its rows alone, which costs no stepping. What became of
a command is known once a machine has stepped it: a follower's spans tell it, or the past is asked.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from pilothouse.journal.reader import Reader
from pilothouse.journal.storage import Storage
from pilothouse.language import commands as _commands
from pilothouse.language.kinds import CauseKind
from pilothouse.language.names import Cause
from pilothouse.language.rows import Rows, from_rows, split
from pilothouse.language.schema import COMMANDS, Command

assert _commands
GOVERNED: Final = np.array([one.number for one in COMMANDS.values() if one.governed])
OUTCOME: Final = 1
"""The word of a receipt that says what became of a command."""


@dataclass(frozen=True)
class Governed:
    """A governed command: where it stands, why it was sent, and its outcome, None if not known."""

    position: int
    block: int
    time: int
    cause: Cause
    command: Command
    outcome: int | None = None

    @property
    def market(self) -> int:
        """Return the market it is about, 0 if it is about none or all."""
        return int(getattr(self.command, "market", 0))


class Causes:
    """The register, filled by a follower's spans or by scanning. Any thread may read it."""

    def __init__(self) -> None:
        self._known: dict[int, Governed] = {}
        self._block = 0
        self._lock = threading.Lock()

    def hear(self, span: Any) -> None:
        """Take in a span of a follower: call it for every block, in order."""
        if len(span.receipts) == 0:
            return
        for place, one in governed_in(span.rows, span.first_position, span.block, span.time):
            self._add(replace(one, outcome=int(span.receipts[place, OUTCOME])))
        self._block = max(self._block, span.block)

    def scan(self, storage: Storage, end: int) -> None:
        """Read the journal's rows up to a block, from where the register ends."""
        if self._block >= end:
            return
        with closing(Reader(storage)) as finder:
            last = finder.header_of(self._block) if self._block else None
        with closing(Reader(storage, last)) as reader:
            for block in reader.read(end):
                head = block.header
                for _, one in governed_in(block.rows, head.first_position, head.number, head.time):
                    self._add(one)
        self._block = max(self._block, end)

    def became(self, position: int, outcome: int) -> None:
        """Note what became of a command that is in the register."""
        self._add(replace(self._known[position], outcome=outcome))

    def between(self, first: int, last: int) -> list[Governed]:
        """Return the governed commands of these positions, in order; none of the genesis."""
        with self._lock:
            known = list(self._known.values())
        return [
            one
            for one in sorted(known, key=lambda one: one.position)
            if first <= one.position <= last and one.cause.kind != CauseKind.GENESIS
        ]

    def _add(self, one: Governed) -> None:
        with self._lock:
            known = self._known.get(one.position)
            if known is None or known.outcome is None:
                self._known[one.position] = one


def governed_in(
    rows: Rows, first_position: int, block: int, time: int
) -> Iterator[tuple[int, Governed]]:
    """Yield the governed commands of a block with their places among its commands."""
    # Continuation rows may hold any words: what looks like a head is looked at again below.
    if not np.isin(rows[:, 0], GOVERNED).any():
        return
    for place, one in enumerate(split(np.asarray(rows))):
        if int(one[0, 0]) in GOVERNED:
            message = from_rows(one)
            at = first_position + place, block, time
            yield place, Governed(*at, message.cause, message.command)
