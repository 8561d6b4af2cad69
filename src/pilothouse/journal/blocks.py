"""A block of the journal: a sealed header of 192 bytes, then the rows of its commands.

The header holds the hash of the rows and the seal of the block before; the seal is the hash of the
header. So the last seal stands for every byte before it, and anyone who keeps it elsewhere can
tell whether anything was changed or cut off.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilothouse.language.rows import Rows
from pilothouse.language.schema import ROW_BYTES, ROW_WORDS

MAGIC: Final = b"PHBLOCK\n"
FORMAT: Final = 1
HASH_BYTES: Final = 32
NO_SEAL: Final = bytes(HASH_BYTES)
"""What the first block names as the seal before it."""
BLOCK_ROWS_MAX: Final = 1 << 16
"""Rows of one block: at most 8 MiB."""

_LAYOUT: Final = struct.Struct("<8s7q32s32s32s32s")
HEADER_BYTES: Final = _LAYOUT.size
_SEALED: Final = HEADER_BYTES - HASH_BYTES


class NotABlock(ValueError):
    """The bytes are no whole block; the text says what is wrong with them."""


@dataclass(frozen=True)
class Header:
    """What a block says about itself. `time` is in microseconds since the epoch."""

    term: int
    number: int
    first_position: int
    commands: int
    rows: int
    time: int
    release: bytes
    previous: bytes
    body: bytes
    seal: bytes

    @property
    def last_position(self) -> int:
        """The position of its last command; that of the block before if it is empty."""
        return self.first_position + self.commands - 1

    @property
    def size(self) -> int:
        """Return its length on disk in bytes, the header included."""
        return HEADER_BYTES + self.rows * ROW_BYTES


@dataclass(frozen=True)
class Block:
    """A header and its rows."""

    header: Header
    rows: Rows


@dataclass(frozen=True)
class Pen:
    """Who writes: the digest of the engine release, and the writer's term."""

    release: bytes
    term: int


def seal_block(
    pen: Pen, tail: Header | None, rows: Rows, commands: int, time: int
) -> tuple[Header, bytes]:
    """Return the header, and its bytes, of the block of `rows` that follows `tail`."""
    number = tail.number + 1 if tail else 1
    first = tail.last_position + 1 if tail else 1
    previous = tail.seal if tail else NO_SEAL
    body = hashlib.sha256(np.ascontiguousarray(rows).data).digest()
    words = (pen.term, number, first, commands, len(rows), time, pen.release, previous, body)
    unsealed = _LAYOUT.pack(MAGIC, FORMAT, *words, NO_SEAL)[:_SEALED]
    seal = hashlib.sha256(unsealed).digest()
    return Header(*words, seal), unsealed + seal


def read_header(raw: bytes) -> Header:
    """Return the header that stands at the start of `raw`; raise NotABlock if none does."""
    if len(raw) < HEADER_BYTES:
        raise NotABlock("the header is cut off")
    words = _LAYOUT.unpack(raw[:HEADER_BYTES])
    if words[0] != MAGIC:
        raise NotABlock("no block starts here")
    if hashlib.sha256(raw[:_SEALED]).digest() != words[-1]:
        raise NotABlock("the header's seal differs")
    if words[1] != FORMAT:
        raise NotABlock(f"format {words[1]} is not known to this release")
    return Header(*words[2:])


def read_rows(header: Header, raw: NDArray[np.uint8]) -> Rows:
    """Return the rows of a block from the bytes behind its header; raise NotABlock if they differ.

    The rows are a view of `raw`.
    """
    if len(raw) < header.size - HEADER_BYTES:
        raise NotABlock("the rows are cut off")
    whole = raw[: header.size - HEADER_BYTES]
    if hashlib.sha256(whole.data).digest() != header.body:
        raise NotABlock("the hash of the rows differs")
    return whole.view(np.int64).reshape(-1, ROW_WORDS)


def break_in_chain(before: Header | None, header: Header) -> str:
    """Return why `header` cannot follow `before`, or nothing if it can."""
    if header.number != (before.number + 1 if before else 1):
        return f"block {header.number} stands here"
    if header.previous != (before.seal if before else NO_SEAL):
        return "it names another block before it"
    if header.first_position != (before.last_position + 1 if before else 1):
        return f"its first command is {header.first_position}"
    if before and (header.time < before.time or header.term < before.term):
        return "its time or its writer's term goes back"
    if not 0 <= header.commands <= header.rows <= BLOCK_ROWS_MAX:
        return "its counts are impossible"
    return ""
