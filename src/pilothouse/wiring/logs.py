"""The logs of the parts, bounded whatever is written: one that is long is cut, its end is kept.

The parts append, so the next line of a part stands at the beginning of a log that was cut.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

BYTES_MAX: Final = 32 << 20
"""A log that is longer is cut."""
KEPT_BYTES: Final = 8 << 20
"""What is kept of its end, in NAME.log.1."""
PATTERN: Final = "*.log"


def bound_logs(folder: Path, bytes_max: int = BYTES_MAX, kept: int = KEPT_BYTES) -> list[Path]:
    """Cut each log of a folder that is too long, and return those that were.

    Raises OSError where the folder is there and cannot be looked into, or is no folder.
    """
    try:
        logs = [folder / one for one in os.listdir(folder) if fnmatch(one, PATTERN)]
    except FileNotFoundError:
        return []
    return [one for one in logs if _is_long(one, bytes_max) and _cut(one, kept)]


def _is_long(log: Path, bytes_max: int) -> bool:
    # A link leads to a file that is none of ours; a part that ended may take its log with it.
    with suppress(OSError):
        found = log.lstat()
        return stat.S_ISREG(found.st_mode) and found.st_size > bytes_max
    return False


def _cut(log: Path, kept: int) -> bool:
    try:
        handle = os.open(log, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return False
    with os.fdopen(handle, "r+b") as file:
        file.seek(-kept, os.SEEK_END)
        # A full disk keeps no end; it needs the room all the same.
        with suppress(OSError):
            _keep(log, file.read(kept))
        file.truncate(0)
    return True


def _keep(log: Path, end: bytes) -> None:
    beside = log.with_name(f"{log.name}.1.new")
    beside.unlink(missing_ok=True)
    try:
        with beside.open("xb") as out:
            out.write(end)
        beside.replace(log.with_name(f"{log.name}.1"))
    finally:
        beside.unlink(missing_ok=True)
