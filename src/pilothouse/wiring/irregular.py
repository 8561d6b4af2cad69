"""What in a folder is not what its name says: a pipe, a device, a folder or a link for a file.

Opening a pipe could wait for ever, a device never ends, and a link leads to what belongs to
somebody else. Every command looks before it opens what others may have put there.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

NAMED_MOST: Final = 10
OWN_FILES: Final = frozenset({
    "exchange.json", "founding.json", "secret.key", "pilothouse.sqlite3", "pilothouse.sqlite3-wal",
    "pilothouse.sqlite3-shm", "database.checked", "up.lock", "writer.lock", "processes.json",
    "clock.json", "catalogue.json", "demo-keys.json", "traffic-prices.json", "journal/durable",
})  # fmt: skip
"""Files that an exchange opens by these names."""
OWN_KINDS: Final = (("journal", ".blocks"), ("snapshots", ".snapshot"), ("logs", ".log"))
"""Folders and the ends of names of the files that an exchange opens there."""
_KINDS: Final = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def irregular(home: Path) -> list[str]:
    """Return a sentence for each pipe and device, and what stands for a file of the exchange."""
    found: list[str] = []
    for name, kind in _irregular(home):
        if len(found) == NAMED_MOST:
            return [*found, "there are more of them; nothing was opened"]
        found.append(f"{name} is {kind}, not a file; nothing was opened. {_way_out(kind)}")
    return found


def _way_out(kind: str) -> str:
    if kind.startswith("a link"):
        return "Put the file itself there and try again"
    return "Remove it and try again"


def _irregular(home: Path) -> Iterator[tuple[str, str]]:
    for place, folders, names in os.walk(home):
        for name in sorted([*names, *folders]):
            path = Path(place) / name
            kind = _kind_of(path, _is_own(path.relative_to(home)))
            if kind:
                yield str(path.relative_to(home)), kind


def _is_own(name: Path) -> bool:
    return str(name) in OWN_FILES or (str(name.parent), name.suffix) in OWN_KINDS


def _kind_of(path: Path, is_own: bool) -> str:
    """Return what is in the place of a file, "" if a file is or if it went away."""
    try:
        if is_own and stat.S_ISLNK(path.lstat().st_mode):
            return _kind_of(path, False) or f"a link to {os.readlink(path)}"
        mode = path.stat().st_mode
    except OSError:
        return ""
    if is_own and stat.S_ISDIR(mode):
        return "a folder"
    return next((kind for is_one, kind in _KINDS if is_one(mode)), "")
