"""`journal/durable`: the number of the last durable block, in eight mapped bytes.

The writer raises it after the block is synced; followers stop at it. It counts blocks, not
commands, because time also passes with empty blocks. Recovery never trusts it: it keeps every
whole block, answered or not, and sets the mark anew.
"""

from __future__ import annotations

from typing import Final

from pilothouse.journal.segments import FOLDER
from pilothouse.journal.storage import Storage

MARK: Final = "durable"


class DurableMark:
    """The mark, shared by all processes on one home. An aligned word is written in one piece."""

    def __init__(self, storage: Storage) -> None:
        self._word = storage.mapped_word(f"{FOLDER}/{MARK}")

    @property
    def block(self) -> int:
        """The number of the last durable block, 0 if there is none."""
        return int(self._word[0])

    def set(self, block: int) -> None:
        """Set the mark; only the process that holds the pen may."""
        self._word[0] = block
