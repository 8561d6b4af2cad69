"""Witnesses: what stands outside the segments and says how far the journal once went.

Each was written only after the block it names was durable. So a witness that names a later block
than the journal's last proves that blocks are missing: cut off, lost with a file, or damaged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pilothouse.journal.blocks import Header
from pilothouse.journal.closed import closed_block
from pilothouse.journal.durable import mark_found
from pilothouse.journal.snapshots import FOLDER as SNAPSHOTS
from pilothouse.journal.snapshots import good_heads, snapshot_file
from pilothouse.journal.storage import Storage

MARK_NAME: Final = "the durable mark"
CLOSED_NAME: Final = "the note of the writer that ended well"


@dataclass(frozen=True)
class Witness:
    """Who says that the journal went to a block, or to a command; 0 where it does not know.

    `aside` is the file or folder that speaks of the lost history and is derived from it: it is set
    aside when people go on without that history. A `lasting` one says the same for ever.
    """

    name: str
    block: int = 0
    position: int = 0
    aside: str = ""
    lasting: bool = False

    def is_beyond(self, tail: Header | None) -> bool:
        """Tell whether it names something that comes after the journal's last block."""
        block, position = (tail.number, tail.last_position) if tail else (0, 0)
        return self.block > block or self.position > position

    def said(self) -> str:
        """Return what it says, in words."""
        known = [
            f"{what} {number:,}"
            for what, number in (("block", self.block), ("command", self.position))
            if number
        ]
        return f"{self.name}: {', '.join(known)}"


def own_witnesses(storage: Storage) -> list[Witness]:
    """Return what the journal's own room knows: the mark, the closing note, the snapshots."""
    named = ((MARK_NAME, mark_found(storage)), (CLOSED_NAME, closed_block(storage)))
    found = [Witness(name, block) for name, block in named if block]
    for head in good_heads(storage):
        file = f"{SNAPSHOTS}/{snapshot_file(head.block)}"
        name = f"the snapshot after block {head.block:,}"
        found.append(Witness(name, head.block, head.position, file))
    return found


def beyond(witnesses: Sequence[Witness], tail: Header | None) -> list[Witness]:
    """Return the witnesses that name what comes after the journal's last block."""
    return [one for one in witnesses if one.is_beyond(tail)]
