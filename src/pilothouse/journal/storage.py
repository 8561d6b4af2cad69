"""The storage port: the few deeds a journal asks of a disk, and real files that do them.

Names are relative to the home folder. A test double does the same in memory and forgets, when its
power is cut, every byte, name and rename that was not synced.
"""

from __future__ import annotations

import errno
import mmap
import os
import shutil
import stat
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

    def is_named(self) -> bool:
        """Tell whether the name under which it was opened still leads to this very file."""

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
        """Give a file another name in one step, replacing what had it; make the new folder."""

    def remove(self, name: str) -> None:
        """Remove a file."""

    def sync_folder(self, folder: str) -> None:
        """Return when the names in a folder are durable."""

    def free_bytes(self) -> int:
        """Return how many bytes can still be written."""

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
        """Give a file another name in one step, replacing what had it; make the new folder."""
        os.replace(self.home / old, self._place(new))

    def remove(self, name: str) -> None:
        """Remove a file."""
        (self.home / name).unlink()

    def sync_folder(self, folder: str) -> None:
        """Return when the names in a folder are durable."""
        sync_folder(self.home / folder)

    def free_bytes(self) -> int:
        """Return how many bytes can still be written."""
        return shutil.disk_usage(self.home).free

    def mapped_word(self, name: str) -> NDArray[np.int64]:
        """Return one signed word that all processes share, kept in a file of eight bytes."""
        try:
            handle = os.open(self._place(name), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            if error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
                raise
            # Who only reads can do so in a folder that cannot be written.
            return _word_in((self.home / name).read_bytes())
        try:
            if os.fstat(handle).st_size != 8:
                # What is left of another length is no part of a word.
                os.ftruncate(handle, 0)
                os.ftruncate(handle, 8)
            return np.frombuffer(mmap.mmap(handle, 8), np.int64)
        finally:
            os.close(handle)

    def _place(self, name: str) -> Path:
        place = self.home / name
        _make_folder(place.parent)
        return place


def _word_in(raw: bytes) -> NDArray[np.int64]:
    return np.frombuffer(raw if len(raw) == 8 else bytes(8), np.int64)


def _make_folder(folder: Path) -> None:
    # A folder's own name is durable only once the folder above it is synced.
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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


def _open_regular(place: Path) -> int:
    # A pipe of a file's name would have its opener wait for ever.
    handle = os.open(place, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is not a regular file", str(place))
    return handle


class _RealRead:
    def __init__(self, place: Path) -> None:
        self._place = place
        self._handle = _open_regular(place)

    def read(self, offset: int, size: int) -> NDArray[np.uint8]:
        made = np.empty(max(0, min(size, self.size() - offset)), np.uint8)
        done = 0
        while done < len(made):
            got = os.preadv(self._handle, [made[done:].data], offset + done)
            if not got:
                return self._ended(made[:done], offset + done)
            done += got
        return made

    def _ended(self, made: NDArray[np.uint8], at: int) -> NDArray[np.uint8]:
        # A short read is the end of the file only if the file is that short by now.
        if at < self.size():
            raise OSError(errno.EIO, f"a read ended early, at byte {at}", str(self._place))
        return made

    def size(self) -> int:
        return os.fstat(self._handle).st_size

    def is_named(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._handle), os.stat(self._place))
        except FileNotFoundError:
            return False

    def close(self) -> None:
        os.close(self._handle)
