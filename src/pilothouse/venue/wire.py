"""The local socket's words: a frame of rows goes in, a frame of receipts comes back.

Both start with sixteen bytes: the frame's number, a status, and a count of rows or receipts. A
receipt is four words: position, outcome, made, repeated.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilothouse.language.names import Receipt, Sender
from pilothouse.language.rows import Malformed, Message, Rows, split, to_rows
from pilothouse.language.schema import ROW_BYTES, ROW_WORDS

SOCKET: Final = "writer.sock"
FRAME_ROWS_MAX: Final = 8_192
"""Rows of one frame: at most 1 MiB. A frame is taken into one block whole."""
HEAD: Final = struct.Struct("<QII")
RECEIPT_WORDS: Final = 4
RECEIPT_BYTES: Final = 8 * RECEIPT_WORDS

PATIENCE_S: Final = 10.0
"""How long a call waits for a writer that is away."""
RETRY_S: Final = 0.05

Receipts = NDArray[np.int64]
"""Receipts: an array of shape (n, 4)."""


class Status(IntEnum):
    """What became of a frame as a whole."""

    ANSWERED = 0
    MALFORMED = 1
    NOT_YOUR_NAME = 2


SENTENCES: Final = {
    Status.MALFORMED: "the rows do not fit what their heads announce; nothing was executed",
    Status.NOT_YOUR_NAME: "only the writer itself sends in its name; nothing was executed",
}


class FrameRefused(ValueError):
    """The writer did not take a frame: its rows are no commands."""


class WriterIsAway(ConnectionError):
    """No writer answered in time. What was sent may have been executed, or may be yet."""


class FrameTooLarge(ValueError):
    """A frame announces more rows than a frame may have: the connection is cut."""


@dataclass(frozen=True)
class Frame:
    """Rows as they arrived, and how many commands they are."""

    number: int
    rows: Rows
    commands: int
    status: Status = Status.ANSWERED


def rows_of(messages: Sequence[Message]) -> Rows:
    """Return the rows of several messages, one behind the other."""
    return np.concatenate([to_rows(one) for one in messages])


def ask(number: int, rows: Rows) -> bytes:
    """Return the bytes of a frame that asks."""
    return HEAD.pack(number, 0, len(rows)) + np.ascontiguousarray(rows).tobytes()


def answer(number: int, receipts: Receipts) -> bytes:
    """Return the bytes of a frame that answers."""
    head = HEAD.pack(number, Status.ANSWERED, len(receipts))
    return head + np.ascontiguousarray(receipts).tobytes()


def refuse(number: int, status: Status) -> bytes:
    """Return the bytes of an answer without receipts."""
    return HEAD.pack(number, status, 0)


def count_commands(rows: Rows) -> int:
    """Return how many commands rows are; raise Malformed if they do not fit together."""
    if len(rows) and bool((rows[:, 1] == 1).all()):
        return len(rows)
    return len(split(rows))


def take_frame(buffer: bytearray) -> Frame | None:
    """Take one frame off the front of a buffer; None if it is not whole yet."""
    if len(buffer) < HEAD.size:
        return None
    number, _, count = HEAD.unpack_from(buffer)
    if count > FRAME_ROWS_MAX:
        raise FrameTooLarge(f"a frame of {count} rows")
    size = HEAD.size + count * ROW_BYTES
    if len(buffer) < size:
        return None
    raw = buffer[HEAD.size : size]
    del buffer[:size]
    return _judge(number, np.frombuffer(raw, np.int64).reshape(-1, ROW_WORDS))


def _judge(number: int, rows: Rows) -> Frame:
    try:
        commands = count_commands(rows)
    except Malformed:
        return Frame(number, rows, 0, Status.MALFORMED)
    # Continuation rows may hold any words: a false alarm is looked into, heads alone decide.
    if bool((rows[:, 2] == Sender.WRITER).any()) and any(
        int(one[0, 2]) == Sender.WRITER for one in split(rows)
    ):
        return Frame(number, rows, 0, Status.NOT_YOUR_NAME)
    return Frame(number, rows, commands)


def answer_size(head: bytes) -> int:
    """Return how many bytes follow the head of an answer."""
    return int(HEAD.unpack(head)[2]) * RECEIPT_BYTES


def read_answer(head: bytes, body: bytes) -> tuple[int, Receipts | FrameRefused]:
    """Return the number of the frame that is answered, and its receipts or why there are none."""
    number, status, _ = HEAD.unpack(head)
    if status != Status.ANSWERED:
        return number, FrameRefused(SENTENCES[Status(status)])
    return number, np.frombuffer(body, np.int64).reshape(-1, RECEIPT_WORDS)


def to_receipts(rows: Receipts) -> list[Receipt]:
    """Return receipts as objects."""
    return [Receipt(int(one[0]), int(one[1]), int(one[2]), bool(one[3])) for one in rows]


def frames_of(rows: Rows) -> list[Rows]:
    """Cut rows into pieces that fit a frame, between commands."""
    if len(rows) <= FRAME_ROWS_MAX:
        return [rows]
    starts, at = [0], 0
    for one in split(rows):
        if at + len(one) - starts[-1] > FRAME_ROWS_MAX:
            starts.append(at)
        at += len(one)
    return [rows[start:end] for start, end in zip(starts, [*starts[1:], at], strict=True)]
