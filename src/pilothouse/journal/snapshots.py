"""Snapshots: the machine's bytes after a block, so that recovery need not start from zero.

A snapshot is never needed: whatever is wrong with one, an older one or the whole journal does the
same work. It is written beside its name and renamed, so that a name always means a whole file.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import struct
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final

from pilothouse.journal.aside import set_aside
from pilothouse.journal.blocks import HASH_BYTES
from pilothouse.journal.crash import crash_point
from pilothouse.journal.storage import Storage, write_in_pieces

FOLDER: Final = "snapshots"
MAGIC: Final = b"PHSNAPS\n"
FORMAT: Final = 1

PART: Final = ".part"
RESERVE_BYTES: Final = 256 << 20
"""No snapshot is written that would leave the journal less room than this."""

_ENDING: Final = ".snapshot"
_LAYOUT: Final = struct.Struct("<8s7q32s32s32s32s")
_SEALED: Final = _LAYOUT.size - HASH_BYTES


class BadSnapshot(ValueError):
    """The file is no whole snapshot; the text says what is wrong with it."""


@dataclass(frozen=True)
class SnapshotHead:
    """Where a snapshot was taken: after which block, when, by which release, its fingerprint.

    `block_seal` is the seal of the block it follows; without that block in the journal the
    snapshot belongs to another history.
    """

    block: int
    position: int
    time: int
    fingerprint: tuple[int, int]
    release: bytes
    block_seal: bytes


@dataclass(frozen=True)
class Snapshot(SnapshotHead):
    """The machine after a block, as bytes."""

    body: bytes

    @property
    def head(self) -> SnapshotHead:
        """Return what it says about itself, without the machine."""
        at = self.block, self.position, self.time, self.fingerprint
        return SnapshotHead(*at, self.release, self.block_seal)


def write_snapshot(storage: Storage, snapshot: Snapshot) -> str:
    """Write a snapshot so that it is there whole or not at all; return its name."""
    name = f"{FOLDER}/{snapshot_file(snapshot.block)}"
    ask_for_room(storage, "a snapshot", len(snapshot.body))
    try:
        _write(storage, name + PART, snapshot)
        crash_point("snapshot_rename")
        storage.rename(name + PART, name)
        storage.sync_folder(FOLDER)
    except OSError:
        with contextlib.suppress(OSError):
            storage.remove(name + PART)
        raise
    return name


def _write(storage: Storage, name: str, snapshot: Snapshot) -> None:
    file = storage.open_append(name)
    try:
        file.cut(0)
        write_in_pieces(file, _header(snapshot), snapshot.body)
    finally:
        file.close()
    try:
        _parse(_read(storage, name))
    except BadSnapshot as wrong:
        raise OSError(errno.EIO, f"the snapshot was read back differently: {wrong}") from wrong


def ask_for_room(storage: Storage, what: str, size: int) -> None:
    """Raise OSError if so many bytes would leave the journal too little room."""
    free = storage.free_bytes()
    if free < size + RESERVE_BYTES:
        raise OSError(
            errno.ENOSPC,
            f"{what} needs {size:,} bytes and would leave less than {RESERVE_BYTES:,} for the "
            f"journal; {free:,} are free",
        )


def remove_parts(storage: Storage) -> None:
    """Remove what a crash left half written; only the process that takes snapshots may."""
    for name in storage.names(FOLDER):
        if name.endswith(PART):
            storage.remove(f"{FOLDER}/{name}")


def snapshot_file(block: int) -> str:
    """Return the name, in its folder, of the snapshot after a block."""
    return f"{block:020d}{_ENDING}"


def snapshot_blocks(storage: Storage) -> list[int]:
    """Return the numbers of the blocks that have a snapshot, newest first."""
    names = storage.names(FOLDER)
    return sorted((int(one.removesuffix(_ENDING)) for one in names if _named(one)), reverse=True)


def read_snapshot(storage: Storage, block: int) -> Snapshot:
    """Return the snapshot after a block; raise BadSnapshot if it is not what was sealed."""
    return _parse(_read(storage, f"{FOLDER}/{snapshot_file(block)}"))


def _read(storage: Storage, name: str) -> bytes:
    file = storage.open_read(name)
    try:
        return file.read(0, file.size()).tobytes()
    finally:
        file.close()


def read_head(storage: Storage, block: int) -> SnapshotHead:
    """Return what the snapshot after a block says about itself; its machine is not looked at."""
    file = storage.open_read(f"{FOLDER}/{snapshot_file(block)}")
    try:
        return _parse_head(file.read(0, _LAYOUT.size).tobytes())[0]
    finally:
        file.close()


def good_heads(storage: Storage) -> list[SnapshotHead]:
    """Return the heads of all snapshots whose head is whole, newest first."""
    found = []
    for block in snapshot_blocks(storage):
        # A snapshot that is removed at this moment is as good as one that never was.
        with contextlib.suppress(BadSnapshot, FileNotFoundError):
            found.append(read_head(storage, block))
    return found


def good_snapshots(
    storage: Storage, wanted: Callable[[SnapshotHead], bool] = lambda head: True
) -> Iterator[Snapshot | BadSnapshot]:
    """Yield the wanted snapshots, newest first; in place of a bad one, what is wrong with it."""
    for block in snapshot_blocks(storage):
        try:
            if wanted(read_head(storage, block)):
                yield read_snapshot(storage, block)
        except BadSnapshot as bad:
            yield bad
        except FileNotFoundError:
            continue


def keep_only(storage: Storage, blocks: Collection[int]) -> list[str]:
    """Remove all other snapshots that are whole by their head, and what a crash left half written.

    One whose head is not whole cannot be placed: it is set aside. Returns where.
    """
    placed = {one.block for one in good_heads(storage)}
    aside = []
    for block in snapshot_blocks(storage):
        if block in blocks:
            continue
        if block in placed:
            storage.remove(f"{FOLDER}/{snapshot_file(block)}")
        else:
            aside.append(set_aside(storage, f"{FOLDER}/{snapshot_file(block)}"))
    remove_parts(storage)
    return aside


def _named(name: str) -> bool:
    number = name.removesuffix(_ENDING)
    return name.endswith(_ENDING) and number.isascii() and number.isdigit()


def _header(made: Snapshot) -> bytes:
    words = (FORMAT, made.block, made.position, made.time, *made.fingerprint, len(made.body))
    body = hashlib.sha256(made.body).digest()
    raw = _LAYOUT.pack(MAGIC, *words, made.release, made.block_seal, body, bytes(HASH_BYTES))
    return raw[:_SEALED] + hashlib.sha256(raw[:_SEALED]).digest()


def _parse(raw: bytes) -> Snapshot:
    head, size, body_hash = _parse_head(raw)
    body = raw[_LAYOUT.size :]
    if len(body) != size or hashlib.sha256(body).digest() != body_hash:
        raise BadSnapshot(f"the snapshot after block {head.block} differs from its hash")
    at = head.block, head.position, head.time, head.fingerprint
    return Snapshot(*at, head.release, head.block_seal, body)


def _parse_head(raw: bytes) -> tuple[SnapshotHead, int, bytes]:
    if len(raw) < _LAYOUT.size:
        raise BadSnapshot("a snapshot is cut off")
    magic, form, *words, size, release, block_seal, body_hash, seal = _LAYOUT.unpack_from(raw)
    block, position, time, high, low = words
    if magic != MAGIC or hashlib.sha256(raw[:_SEALED]).digest() != seal:
        raise BadSnapshot("the header of a snapshot differs from its seal")
    if form != FORMAT:
        raise BadSnapshot(f"the snapshot after block {block} has the unknown format {form}")
    return SnapshotHead(block, position, time, (high, low), release, block_seal), size, body_hash
