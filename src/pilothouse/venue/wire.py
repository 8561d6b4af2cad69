"""The local socket's words: a frame of rows goes in, a frame of receipts comes back.

Both start with sixteen bytes: the frame's number, a refusal's number, and a count of rows or
receipts. A receipt is four words: position, outcome, made, repeated. A frame is taken whole or
refused whole: one row that its door may not say, and nothing of it is executed.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilothouse.language.doors import GOVERNED, Doorway, Powers, door_of
from pilothouse.language.names import Receipt
from pilothouse.language.refusals import (
    ACCEPTED,
    COMMAND_IS_NOT_OF_THIS_DOOR,
    MALFORMED_COMMAND,
    SENDER_IS_NOT_OF_THIS_DOOR,
    describe,
)
from pilothouse.language.rows import Malformed, Message, Rows, split, to_rows
from pilothouse.language.schema import ROW_BYTES, ROW_WORDS

FRAME_ROWS_MAX: Final = 8_192
"""Rows of one frame: at most 1 MiB. A frame is taken into one block whole."""
HEAD: Final = struct.Struct("<QII")
FRAME_BYTES_MAX: Final = HEAD.size + FRAME_ROWS_MAX * ROW_BYTES
RECEIPT_WORDS: Final = 4
RECEIPT_BYTES: Final = 8 * RECEIPT_WORDS

PATIENCE_S: Final = 10.0
"""How long a call waits for a writer that is away."""
RETRY_S: Final = 0.05
NO_ANSWER: Final = (
    "the exchange's writer did not answer in time; what was sent may have been executed: look at "
    "the order before sending it again"
)

Receipts = NDArray[np.int64]
"""Receipts: an array of shape (n, 4)."""


class FrameRefused(ValueError):
    """The writer did not take a frame: the text says why. Nothing of it was executed."""


class DoorStaysShut(RuntimeError):
    """The exchange did not open a door; the text says why."""


class WriterIsAway(ConnectionError):
    """No writer answered in time. What was sent may have been executed, or may be yet."""


class WriterIsBusy(WriterIsAway):
    """Too much waits for the writer already: this was not sent, and is not executed."""


class FrameTooLarge(ValueError):
    """A frame announces more rows than a frame may have: the connection is cut."""


@dataclass(frozen=True)
class Frame:
    """Rows as they arrived, and how many commands they are."""

    number: int
    rows: Rows
    commands: int
    refusal: int = ACCEPTED


def rows_of(messages: Sequence[Message]) -> Rows:
    """Return the rows of several messages, one behind the other."""
    return np.concatenate([to_rows(one) for one in messages])


def ask(number: int, rows: Rows) -> bytes:
    """Return the bytes of a frame that asks."""
    return HEAD.pack(number, 0, len(rows)) + np.ascontiguousarray(rows).tobytes()


def answer(number: int, receipts: Receipts) -> bytes:
    """Return the bytes of a frame that answers."""
    head = HEAD.pack(number, ACCEPTED, len(receipts))
    return head + np.ascontiguousarray(receipts).tobytes()


def refuse(number: int, refusal: int) -> bytes:
    """Return the bytes of an answer without receipts."""
    return HEAD.pack(number, refusal, 0)


def count_commands(rows: Rows) -> int:
    """Return how many commands rows are; raise Malformed if they do not fit together."""
    if len(rows) and bool((rows[:, 1] == 1).all()):
        return len(rows)
    return len(split(rows))


def take_frame(buffer: bytearray, powers: Powers) -> Frame | None:
    """Take one frame off the front of a buffer and judge it; None if it is not whole yet.

    Raises FrameTooLarge.
    """
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
    return _judge(number, np.frombuffer(raw, np.int64).reshape(-1, ROW_WORDS), powers)


def _judge(number: int, rows: Rows, powers: Powers) -> Frame:
    try:
        commands = count_commands(rows)
    except Malformed:
        return Frame(number, rows, 0, MALFORMED_COMMAND)
    heads = rows if commands == len(rows) else np.stack([one[0] for one in split(rows)])
    refusal = refusal_at(powers, heads)
    return Frame(number, rows, 0 if refusal else commands, refusal)


def refusal_at(powers: Powers, heads: Rows) -> int:
    """Return why commands may not be said at a door with these powers, by their heads, or 0."""
    if not _all_in(heads[:, 2], powers.senders):
        return SENDER_IS_NOT_OF_THIS_DOOR
    if not _all_in(heads[:, 0], powers.commands):
        return COMMAND_IS_NOT_OF_THIS_DOOR
    if powers.causes:
        governed = heads[np.isin(heads[:, 0], list(GOVERNED))]
        if not _all_in(governed[:, 5], powers.causes):
            return COMMAND_IS_NOT_OF_THIS_DOOR
    return ACCEPTED


def _all_in(words: NDArray[np.int64], known: frozenset[int]) -> bool:
    return known.issuperset(np.unique(words).tolist())


def answer_size(head: bytes) -> int:
    """Return how many bytes follow the head of an answer."""
    return int(HEAD.unpack(head)[2]) * RECEIPT_BYTES


def read_answer(head: bytes, body: bytes) -> tuple[int, Receipts | FrameRefused]:
    """Return the number of the frame that is answered, and its receipts or why there are none."""
    number, refusal, _ = HEAD.unpack(head)
    if refusal != ACCEPTED:
        return number, FrameRefused(f"{describe(refusal)}; nothing was executed")
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


def door_for(rows: Rows) -> Doorway:
    """Return the door of the sender of the first command; raise FrameRefused if it has none."""
    door = door_of(int(rows[0, 2]))
    if door is None:
        raise FrameRefused(f"{describe(SENDER_IS_NOT_OF_THIS_DOOR)}; nothing was executed")
    return door


def opened(receipts: Sequence[Receipt]) -> int:
    """Return the number a door was given; raise DoorStaysShut."""
    (receipt,) = receipts
    if not receipt.accepted:
        raise DoorStaysShut(describe(receipt.outcome))
    return receipt.made
