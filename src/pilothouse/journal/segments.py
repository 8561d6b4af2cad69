"""The files of the journal: segments, each named by the number of its first block."""

from __future__ import annotations

from typing import Final

from pilothouse.journal.storage import Storage

FOLDER: Final = "journal"
SEGMENT_BYTES: Final = 64 << 20
"""A segment takes no further block once it is this long."""

_ENDING: Final = ".blocks"


def segment_name(first_block: int) -> str:
    """Return the name of the segment that starts with a block."""
    return f"{FOLDER}/{first_block:020d}{_ENDING}"


def segment_starts(storage: Storage) -> list[int]:
    """Return the numbers of the first blocks of all segments, rising."""
    names = storage.names(FOLDER)
    return [int(name.removesuffix(_ENDING)) for name in names if name.endswith(_ENDING)]
