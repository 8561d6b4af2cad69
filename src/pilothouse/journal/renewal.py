"""The last segment of a writer that did not end well, written anew before anybody is answered.

After a failed write the system marks the pages as clean: they can be read and are not on the disk,
and a later sync says nothing. The error is told once, to who had the file open; a writer that was
killed may have left it untold. Pages next to a failed one may hold blocks that were answered. So
the whole segment is copied from what can be read into a new file, synced by the descriptor that
wrote it, read back, checked block by block, and only then given the segment's name.
"""

from __future__ import annotations

import contextlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilothouse.journal.blocks import HEADER_BYTES, Header, NotABlock, read_header, read_rows
from pilothouse.journal.closed import forget_closed, was_closed
from pilothouse.journal.crash import crash_point
from pilothouse.journal.segments import FOLDER, segment_name, segment_starts
from pilothouse.journal.storage import AppendFile, Storage, write_in_pieces

PART: Final = ".part"
RESERVE_BYTES: Final = 16 << 20
"""What has to stay free beside the copy, so that the exchange can go on for a while."""


class NotRenewed(OSError):
    """The last segment could not be written anew; the old one is as it was."""


def proven_end(storage: Storage, tail: Header | None) -> AppendFile | None:
    """Return the last segment, every byte of it durable, open to append; None without one.

    `tail` is its last whole block; nothing may stand behind it, and no stray segment may be there:
    then the last by its name is the one in which a reader ends. Raises NotRenewed or OSError.
    """
    _remove_parts(storage)
    starts = segment_starts(storage)
    if not starts:
        forget_closed(storage)
        return None
    name = segment_name(starts[-1])
    if tail is not None and was_closed(storage, tail):
        file = storage.open_append(name)
        # A copy of a folder holds the note, and what nobody has synced yet.
        file.sync()
        storage.sync_folder(FOLDER)
    else:
        file = _renewed(storage, name, tail)
    forget_closed(storage)
    return file


def rescue(storage: Storage, name: str, tail: Header | None, size: int) -> bool:
    """Write a segment anew up to `size` bytes, after a failed write behind them; tell if it could.

    A failed write may take what was answered with it, where both share a page. Nobody is answered
    after it: what does not succeed here is tried again at the next start.
    """
    try:
        _renewed(storage, name, tail, size).close()
    except OSError:
        return False
    return True


def _renewed(
    storage: Storage, name: str, tail: Header | None, size: int | None = None
) -> AppendFile:
    raw = _read(storage, name)[:size]
    _ask_for_room(storage, len(raw))
    file = storage.open_append(name + PART)
    try:
        file.cut(0)
        write_in_pieces(file, raw.tobytes())
        file.sync()
        _check(_read(storage, name + PART), tail, name)
        crash_point("renewed")
        storage.rename(name + PART, name)
        storage.sync_folder(FOLDER)
    except OSError:
        file.close()
        with contextlib.suppress(OSError):
            storage.remove(name + PART)
        raise
    return file


def _remove_parts(storage: Storage) -> None:
    # Only the process that holds the pen writes here: they are of a start that was killed.
    for name in storage.names(FOLDER):
        if name.endswith(PART):
            storage.remove(f"{FOLDER}/{name}")


def _read(storage: Storage, name: str) -> NDArray[np.uint8]:
    file = storage.open_read(name)
    try:
        return file.read(0, file.size())
    finally:
        file.close()


def _ask_for_room(storage: Storage, size: int) -> None:
    free = storage.free_bytes()
    if free < size + RESERVE_BYTES:
        raise NotRenewed(
            f"the writer before did not end well, so its last segment has to be written anew: "
            f"{size + RESERVE_BYTES:,} bytes are needed and {free:,} are free. Nothing was "
            f"changed; make room and start again"
        )


def _check(raw: NDArray[np.uint8], tail: Header | None, name: str) -> None:
    """Raise NotRenewed unless `raw` is whole blocks, the last of them `tail`."""
    at, last = 0, b""
    try:
        while at < len(raw):
            header = read_header(raw[at : at + HEADER_BYTES].tobytes())
            read_rows(header, raw[at + HEADER_BYTES : at + header.size])
            at, last = at + header.size, header.seal
    except NotABlock as wrong:
        raise NotRenewed(f"the new copy of {name} was read back differently: {wrong}") from wrong
    if len(raw) and (tail is None or last != tail.seal):
        raise NotRenewed(f"the new copy of {name} does not end with the journal's last block")
