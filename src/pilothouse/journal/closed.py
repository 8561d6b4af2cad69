"""`journal/closed`: the last block of a writer that ended well, all of whose syncs succeeded.

It is the only thing that spares the next start the rewriting of the last segment. It is removed
before the next block is written, so that a writer that ends in any other way leaves none. Where it
names a block beyond the journal's end, it proves that blocks are missing.
"""

from __future__ import annotations

import re
from typing import Final

from pilothouse.journal.blocks import Header
from pilothouse.journal.segments import FOLDER
from pilothouse.journal.storage import Storage

NAME: Final = f"{FOLDER}/closed"
WORDS: Final = re.compile(rb"([1-9][0-9]{0,14}) [0-9a-f]{64}\n")
WORDS_MOST: Final = 100
"""Bytes of a note; a longer file is none."""


def note_closed(storage: Storage, tail: Header) -> None:
    """Write that the journal was closed after a block, durably."""
    file = storage.open_append(NAME + ".part")
    try:
        file.cut(0)
        file.write(_words(tail))
        file.sync()
    finally:
        file.close()
    storage.rename(NAME + ".part", NAME)
    storage.sync_folder(FOLDER)


def was_closed(storage: Storage, tail: Header) -> bool:
    """Tell whether the journal was closed after exactly this block."""
    return _found(storage) == _words(tail)


def closed_block(storage: Storage) -> int:
    """Return the number of the block after which the journal was closed, 0 if no note says."""
    words = WORDS.fullmatch(_found(storage))
    return int(words[1]) if words else 0


def _found(storage: Storage) -> bytes:
    if NAME.rpartition("/")[2] not in storage.names(FOLDER):
        return b""
    file = storage.open_read(NAME)
    try:
        return file.read(0, min(file.size(), WORDS_MOST)).tobytes()
    finally:
        file.close()


def forget_closed(storage: Storage) -> None:
    """Remove the note, durably; to be called before anything is appended."""
    if NAME.rpartition("/")[2] in storage.names(FOLDER):
        storage.remove(NAME)
        storage.sync_folder(FOLDER)


def _words(tail: Header) -> bytes:
    return f"{tail.number} {tail.seal.hex()}\n".encode()
