"""`set-aside/`: what a start cannot place is moved there under its name, and never deleted."""

from __future__ import annotations

from typing import Final

from pilothouse.journal.storage import Storage

FOLDER: Final = "set-aside"


def set_aside(storage: Storage, name: str) -> str:
    """Move a file or folder of the home out of the way, durably; return where it is now."""
    folder = name.rpartition("/")[0]
    there = set(storage.names(FOLDER))
    flat = name.replace("/", "-")
    kept = next(one for one in _numbered(flat, len(there)) if one not in there)
    storage.rename(name, f"{FOLDER}/{kept}")
    storage.sync_folder(FOLDER)
    storage.sync_folder(folder)
    return f"{FOLDER}/{kept}"


def _numbered(name: str, count: int) -> list[str]:
    return [name, *(f"{name}.{number}" for number in range(2, count + 3))]
