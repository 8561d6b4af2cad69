"""`journal/durable`: the number of the last durable block, in eight mapped bytes.

The writer raises it after the block is synced; followers stop at it. It counts blocks, not
commands, because time also passes with empty blocks.

The system writes the mapped page when it likes, always after the sync that the mark speaks of: so
after a power cut the mark is a lower bound of what was durable. Recovery keeps every whole block,
answered or not, and sets the mark anew; a mark above the last whole block is a witness that blocks
are missing. Its name is durable before the first block is, and its bytes whenever a writer starts
or ends well: a journal with blocks and without a mark that can be read has lost its witness.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from pilothouse.journal.segments import FOLDER, segment_name, segment_starts
from pilothouse.journal.storage import Storage

MARK: Final = "durable"
MARK_BYTES: Final = 8
BLOCK_MAX: Final = 1 << 48
"""No journal has as many blocks: a larger mark, or a negative one, is garbage."""


class DurableMark:
    """The mark, shared by all processes on one home. An aligned word is written in one piece.

    A lost one is made anew with `anew` alone, by a writer that was told to go on: who only looks
    finds 0 and changes no file, which would hide that it was lost.
    """

    def __init__(self, storage: Storage, *, anew: bool = False) -> None:
        self._storage = storage
        lost = not anew and mark_is_lost(storage)
        self._word = np.zeros(1, np.int64) if lost else storage.mapped_word(f"{FOLDER}/{MARK}")

    @property
    def block(self) -> int:
        """The number of the last durable block, 0 if there is none."""
        return int(self._word[0])

    def set(self, block: int) -> None:
        """Set the mark; only the process that holds the pen may."""
        self._word[0] = block

    def sync(self) -> None:
        """Return when the mark is durable as it is set now."""
        file = self._storage.open_append(f"{FOLDER}/{MARK}")
        try:
            file.sync()
        finally:
            file.close()


def mark_is_lost(storage: Storage) -> bool:
    """Tell whether there is no mark, or none that can be read, beside a journal that has bytes."""
    return mark_found(storage) is None and has_bytes(storage)


def mark_is_there(storage: Storage) -> bool:
    """Tell whether there is a file of the mark's name, whatever it holds."""
    return MARK in storage.names(FOLDER)


def has_bytes(storage: Storage) -> bool:
    """Tell whether any segment of the journal holds a byte."""
    return any(_size(storage, segment_name(one)) for one in segment_starts(storage))


def _size(storage: Storage, name: str) -> int:
    file = storage.open_read(name)
    try:
        return file.size()
    finally:
        file.close()


def mark_found(storage: Storage) -> int | None:
    """Return the mark as it is found, None where there is none that can be read.

    Only looked at: a folder that is judged is not changed by it.
    """
    if not mark_is_there(storage):
        return None
    if _size(storage, f"{FOLDER}/{MARK}") != MARK_BYTES:
        return None
    block = int(storage.mapped_word(f"{FOLDER}/{MARK}")[0])
    return block if 0 <= block <= BLOCK_MAX else None
