"""The storage port: the few deeds a journal asks of a disk, and real files that do them.

Names are relative to the home folder. A test double does the same in memory and forgets, when its
power is cut, every byte, name and rename that was not synced.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

Bytes = bytes | NDArray[Any]
PIECE_BYTES: Final = 1 << 20
"""So much of a large file is written between two syncs."""


class AppendFile(Protocol):
    """A file that grows at its end."""

    def write(self, data: Bytes) -> None:
        """Append all of `data`; it is not durable yet."""

    def sync(self) -> None:
        """Return when every byte written is durable; raise OSError if that failed."""

    def cut(self, size: int) -> None:
        """Drop every byte from `size` on."""

    def size(self) -> int:
        """Return the length in bytes."""

    def close(self) -> None:
        """Give the file back. Nothing is synced."""


class ReadFile(Protocol):
    """A file that is read at any place while another process may append to it."""

    def read(self, offset: int, size: int) -> NDArray[np.uint8]:
        """Return up to `size` bytes from `offset`, fewer at the end, as a writable array."""

    def size(self) -> int:
        """Return the length in bytes."""

    def close(self) -> None:
        """Give the file back."""


class Storage(Protocol):
    """The disk as a journal sees it."""

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in a folder, sorted; none if there is no such folder."""

    def open_append(self, name: str) -> AppendFile:
        """Open a file to append to it; make it, and its folder, if it is not there."""

    def open_read(self, name: str) -> ReadFile:
        """Open a file to read it."""

    def rename(self, old: str, new: str) -> None:
        """Give a file another name in one step, replacing what had it."""

    def remove(self, name: str) -> None:
        """Remove a file."""

    def sync_folder(self, folder: str) -> None:
        """Return when the names in a folder are durable."""

    def mapped_word(self, name: str) -> NDArray[np.int64]:
        """Return one signed word that all processes share, kept in a file of eight bytes."""


def write_in_pieces(file: AppendFile, *parts: bytes) -> None:
    """Write parts and sync them piece by piece.

    The journal's own sync, which an order waits for, comes behind what others have written: so
    behind one piece, and not behind a whole snapshot.
    """
    for part in parts:
        for at in range(0, len(part), PIECE_BYTES):
            file.write(part[at : at + PIECE_BYTES])
            file.sync()


class Files:
    """Real files under one folder, readable by their owner alone."""

    def __init__(self, home: Path) -> None:
        self.home = Path(home)

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in a folder, sorted; none if there is no such folder."""
        place = self.home / folder
        return sorted(one.name for one in place.iterdir()) if place.is_dir() else []

    def open_append(self, name: str) -> AppendFile:
        """Open a file to append to it; make it, and its folder, if it is not there."""
        return _RealAppend(self._place(name))

    def open_read(self, name: str) -> ReadFile:
        """Open a file to read it."""
        return _RealRead(self.home / name)

    def rename(self, old: str, new: str) -> None:
        """Give a file another name in one step, replacing what had it."""
        os.replace(self.home / old, self.home / new)

    def remove(self, name: str) -> None:
        """Remove a file."""
        (self.home / name).unlink()

    def sync_folder(self, folder: str) -> None:
        """Return when the names in a folder are durable."""
        handle = os.open(self.home / folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def mapped_word(self, name: str) -> NDArray[np.int64]:
        """Return one signed word that all processes share, kept in a file of eight bytes."""
        handle = os.open(self._place(name), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(handle).st_size != 8:
                os.ftruncate(handle, 8)
            return np.frombuffer(mmap.mmap(handle, 8), np.int64)
        finally:
            os.close(handle)

    def _place(self, name: str) -> Path:
        place = self.home / name
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return place


class _RealAppend:
    def __init__(self, place: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._handle = os.open(place, flags, 0o600)

    def write(self, data: Bytes) -> None:
        raw = data if isinstance(data, bytes) else data.data
        left = memoryview(raw).cast("B") if len(data) else memoryview(b"")
        while len(left):
            left = left[os.write(self._handle, left) :]

    def sync(self) -> None:
        os.fdatasync(self._handle)

    def cut(self, size: int) -> None:
        os.ftruncate(self._handle, size)

    def size(self) -> int:
        return os.fstat(self._handle).st_size

    def close(self) -> None:
        os.close(self._handle)


class _RealRead:
    def __init__(self, place: Path) -> None:
        self._handle = os.open(place, os.O_RDONLY | os.O_CLOEXEC)

    def read(self, offset: int, size: int) -> NDArray[np.uint8]:
        made = np.empty(max(0, min(size, self.size() - offset)), np.uint8)
        done = 0
        while done < len(made):
            got = os.preadv(self._handle, [made[done:].data], offset + done)
            if not got:
                return made[:done]
            done += got
        return made

    def size(self) -> int:
        return os.fstat(self._handle).st_size

    def close(self) -> None:
        os.close(self._handle)
