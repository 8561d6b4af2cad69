"""Checksums of the archive's files: made of what is written, compared with what is read.

A flipped bit leaves size and footer as they are, and the columns can often be read all the same:
only a checksum of the whole file shows it. What differs from its checksum, is missing or cannot
be read is damaged; what says something of the machine (no descriptors, no room) is not.
"""

from __future__ import annotations

import errno
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

Facts = dict[str, Any]
"""What the manifest says of a file: its `bytes`, and its `blake2b` in hexadecimal digits."""
PIECE: Final = 1 << 20
"""Bytes that are read at one time."""
DIGEST_BYTES: Final = 32
NOT_DAMAGE: Final = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EROFS,
    errno.EACCES,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOMEM,
)
"""What says something of the disk or of us, and nothing of the archive."""


class Damaged(Exception):
    """A file of the archive is not what was written; the text says which and why."""


class Summed(io.RawIOBase):
    """A file under way to the disk; `facts` are those of what was written so far."""

    def __init__(self, out: IO[bytes]) -> None:
        super().__init__()
        self._out, self._bytes = out, 0
        self._sum = hashlib.blake2b(digest_size=DIGEST_BYTES)

    def writable(self) -> bool:
        """Return that it takes bytes."""
        return True

    def write(self, data: Any) -> int:
        """Write bytes and take them into the checksum; return how many."""
        self._out.write(data)
        self._sum.update(data)
        size = memoryview(data).nbytes
        self._bytes += size
        return size

    @property
    def facts(self) -> Facts:
        """Return size and checksum of what was written."""
        return {"bytes": self._bytes, "blake2b": self._sum.hexdigest()}


def facts_of(raw: bytes) -> Facts:
    """Return size and checksum of bytes."""
    digest = hashlib.blake2b(raw, digest_size=DIGEST_BYTES)
    return {"bytes": len(raw), "blake2b": digest.hexdigest()}


def read(path: Path, facts: Facts) -> bytes:
    """Return the bytes of a file as they were written. Raises Damaged."""
    return b"".join(compared(path, facts))


def compared(path: Path, facts: Facts) -> Iterator[bytes]:
    """Yield a file's pieces; raise Damaged, at the latest behind the last, if they differ."""
    found, size = hashlib.blake2b(digest_size=DIGEST_BYTES), 0
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                found.update(piece)
                size += len(piece)
                yield piece
    except OSError as error:
        raise_passing(error)
        gone = isinstance(error, FileNotFoundError)
        raise Damaged("is missing" if gone else f"cannot be read: {error.strerror}") from error
    if size != facts["bytes"]:
        raise Damaged("has another size than it was written with")
    if found.hexdigest() != facts["blake2b"]:
        raise Damaged("has other contents than it was written with")


def raise_passing(error: Exception) -> None:
    """Raise an error again that says nothing of the archive."""
    if getattr(error, "errno", None) in NOT_DAMAGE or isinstance(error, MemoryError):
        raise error
