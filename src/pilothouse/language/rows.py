"""Words to bytes and back: messages to rows of sixteen signed words, events from rows."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilothouse.language.kinds import CauseKind
from pilothouse.language.names import NO_CAUSE, Cause, Name
from pilothouse.language.schema import (
    COMMANDS,
    EVENTS,
    ROW_WORDS,
    ROWS_MAX,
    Command,
    Event,
    Layout,
    lay_out,
)

Rows = NDArray[np.int64]
"""Rows of sixteen words: an array of shape (n, 16)."""


class Malformed(ValueError):
    """The rows are no command of this release."""


@dataclass(frozen=True)
class Message:
    """A command on its way: what is asked, under which name, and why."""

    command: Command
    name: Name
    cause: Cause = NO_CAUSE


@dataclass(frozen=True)
class Happened:
    """An event as the engine told it: where in the journal, when, and about which account."""

    event: Event
    position: int
    time: int
    account: int


def text_words(value: str, words: int) -> list[int]:
    """Return the words of a text, little-endian and padded with zeros."""
    raw = value.encode()
    if len(raw) > 8 * words:
        raise Malformed(f"{value!r} is longer than {8 * words} bytes")
    padded = raw.ljust(8 * words, b"\0")
    return [int.from_bytes(padded[8 * k : 8 * k + 8], "little", signed=True) for k in range(words)]


def words_text(words: list[int]) -> str:
    """Return the text whose words these are."""
    raw = b"".join(int(one).to_bytes(8, "little", signed=True) for one in words)
    return raw.rstrip(b"\0").decode(errors="replace")


def to_rows(message: Message) -> Rows:
    """Return the rows of a message: shape (1 to 64, 16)."""
    asked, name, cause = message.command, message.name, message.cause
    head = [asked.number, 0, name.sender, name.hi, name.lo, cause.kind, cause.id]
    body = _body(asked, asked.layout, len(head))
    words = head + body
    while not _ends_in_records(asked.layout) and len(words) > ROW_WORDS and words[-1] == 0:
        words.pop()
    rows = -(-len(words) // ROW_WORDS)
    if rows > ROWS_MAX:
        raise Malformed(f"{type(asked).__name__} needs {rows} rows, more than {ROWS_MAX}")
    made = np.zeros(rows * ROW_WORDS, np.int64)
    made[: len(words)] = words
    made[1] = rows
    return made.reshape(rows, ROW_WORDS)


def _ends_in_records(layout: Layout) -> bool:
    return bool(layout.slots) and layout.slots[-1].of is not None


def _body(made: Any, layout: Layout, start: int) -> list[int]:
    words: list[int] = []
    for slot in layout.slots:
        words += [0] * (slot.start - start - len(words))
        value = getattr(made, slot.name)
        if slot.of is not None:
            for one in value:
                words += _body(one, lay_out(slot.of, 0), 0)
        elif slot.words > 1 or slot.kind is str:
            words += text_words(value, slot.words)
        else:
            words.append(int(value))
    return words


def from_rows(rows: Rows) -> Message:
    """Return the message whose rows these are (one head and its continuation rows)."""
    words = [int(one) for one in rows.reshape(-1)]
    cls = COMMANDS.get(words[0])
    if cls is None:
        raise Malformed(f"{words[0]} is no command of this release")
    made = _read(cls, cls.layout, words)
    return Message(made, Name(words[2], words[3], words[4]), Cause(_cause(words[5]), words[6]))


def _cause(value: int) -> Any:
    return CauseKind(value) if value in CauseKind._value2member_map_ else CauseKind.NONE


def _read(cls: type[Any], layout: Layout, words: list[int]) -> Any:
    padded = words + [0] * max(0, layout.fixed_words - len(words))
    values: dict[str, Any] = {}
    for slot in layout.slots:
        piece = padded[slot.start : slot.start + slot.words]
        if slot.of is not None:
            values[slot.name] = _read_records(slot.of, words[slot.start :], values["count"])
        elif slot.words > 1 or slot.kind is str:
            values[slot.name] = words_text(piece)
        else:
            values[slot.name] = _read_word(slot.kind, piece[0])
    return cls(**values)


def _read_word(kind: type, value: int) -> int:
    if isinstance(kind, type) and issubclass(kind, enum.IntEnum):
        return kind(value) if value in kind._value2member_map_ else value
    return value


def _read_records(of: type, words: list[int], count: int) -> tuple[Any, ...]:
    layout = lay_out(of, 0)
    width = layout.fixed_words
    if not 0 <= count <= len(words) // width:
        raise Malformed(f"{count} records are announced, room is for {len(words) // width}")
    return tuple(_read(of, layout, words[k * width : (k + 1) * width]) for k in range(count))


def from_event_row(row: NDArray[np.int64]) -> Happened:
    """Return the event whose row this is."""
    words = [int(one) for one in row]
    cls = EVENTS[words[0]]
    return Happened(_read(cls, cls.layout, words), words[1], words[2], words[3])


def split(rows: Rows) -> list[Rows]:
    """Return a block's rows cut into commands; refuse a count that does not fit."""
    made, at = [], 0
    while at < len(rows):
        count = int(rows[at, 1])
        if not 1 <= count <= ROWS_MAX or at + count > len(rows):
            raise Malformed(f"row {at} announces {count} rows")
        made.append(rows[at : at + count])
        at += count
    return made
