"""The files of the journal: segments, each named by the number of its first block."""

from __future__ import annotations

import re
from typing import Final

from pilothouse.journal.storage import Storage

FOLDER: Final = "journal"
SEGMENT_BYTES: Final = 64 << 20
"""A segment takes no further block once it is this long."""

_ENDING: Final = ".blocks"
_NAME: Final = re.compile(r"[0-9]{20}\.blocks")


def segment_name(first_block: int) -> str:
    """Return the name of the segment that starts with a block."""
    return f"{FOLDER}/{first_block:020d}{_ENDING}"


def segment_starts(storage: Storage) -> list[int]:
    """Return the numbers of the first blocks of all segments, rising."""
    named = (name for name in storage.names(FOLDER) if _NAME.fullmatch(name))
    return [int(name.removesuffix(_ENDING)) for name in named]


def foreign_names(storage: Storage) -> list[str]:
    """Return the files that end like segments and are not named as one."""
    names = storage.names(FOLDER)
    return [one for one in names if one.endswith(_ENDING) and not _NAME.fullmatch(one)]
