"""Files in the journal's folder that only look like segments: they are refused by their names.

A segment follows where the one before it ends. One that begins anywhere else is never read, and
blocks appended to it would stand where no reader looks, even if it is a true copy of blocks.
"""

from __future__ import annotations

from pilothouse.journal.mend import Damaged
from pilothouse.journal.reader import Reader
from pilothouse.journal.segments import FOLDER, foreign_names, segment_name, segment_starts
from pilothouse.journal.storage import Storage


def foreign(storage: Storage) -> list[str]:
    """Return a sentence for each file that ends like a segment and is not named as one."""
    return [
        f"{FOLDER}/{ascii(name)[1:-1]} is no segment of this journal: its name is not 20 digits "
        f"and .blocks. Nothing was changed. Move the file out of the folder, then start again"
        for name in foreign_names(storage)
    ]


def strays(storage: Storage, reader: Reader) -> list[str]:
    """Return a sentence for each segment that a reader of the whole journal passed over."""
    end = reader.tail.number if reader.tail else 0
    passed = [one for one in segment_starts(storage) if one not in reader.opened and one <= end]
    return [
        f"{segment_name(one)} does not belong to this journal: it begins inside the segment "
        f"before it. Nothing was changed. Move the file out of the folder, then start again"
        for one in passed
    ]


def refuse(sentences: list[str]) -> None:
    """Raise Damaged with what was found, if anything was."""
    if sentences:
        raise Damaged(" ".join(sentences))
