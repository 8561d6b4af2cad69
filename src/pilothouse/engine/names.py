"""Names of commands: a ring for each sender, so that a command sent again gets its first receipt.

A name's place in the ring is (64 hi + lo) modulo its size, a power of two. The same name with the
same body answers as before; with another body it is refused. Where a later name has taken the
place, the older one is too old and is never executed. A sender that opened its door takes names
of that opening only; what it was answered before is still answered.
"""

from __future__ import annotations

from typing import Any

from pilothouse.engine.state import State
from pilothouse.language.names import NAMES_PER_HI, SENDERS_MAX, Sender
from pilothouse.language.refusals import (
    DOOR_IS_NOT_OPEN,
    MALFORMED_COMMAND,
    NAME_HAS_ANOTHER_BODY,
    NAME_IS_TOO_FAR_AHEAD,
    NAME_IS_TOO_OLD,
    UNKNOWN_SENDER,
)
from pilothouse.rules.bits import bit, fold, mix
from pilothouse.rules.compiled import inlined

NEW = -1
REPEATED = -2
CONTROL = int(Sender.CONTROL)
AUDIT = int(Sender.AUDIT)
AHEAD_MAX = 1 << 20
"""So far above its highest a sender that counts its names itself may go on: beyond, one name would
make all that follow too old.
"""
FIRST_KEY = 0x2D358DCCAA6C78A5
KEY_STEP = 0x9134A5976FD1B
FIRST_BODY_WORD = 5
"""Cause and fields: the body a name stands for."""


@inlined
def body_hash(words: Any, first: int, kind: int, rows: int) -> int:
    """Return a hash of a command's kind, cause and fields.

    Pairs of words are folded each with keys of its own, not one after the other: a processor does
    several at once.
    """
    made = mix(kind, rows, 0)
    for k in range(first + FIRST_BODY_WORD, first + 16 * rows - 1, 2):
        key = FIRST_KEY ^ (KEY_STEP * (k - first))
        made ^= fold(words[k] ^ key, words[k + 1] ^ ~key)
    return made ^ fold(words[first + 16 * rows - 1] ^ KEY_STEP, FIRST_KEY)


@inlined
def place_of(s: State, c: Any) -> int:
    """Return a name's row in its sender's ring, or -1 if the sender or name is out of range."""
    if c.sender < 1 or c.sender >= SENDERS_MAX or c.name_hi < 0 or c.name_lo < 0:
        return -1
    names = s.exchange[0].names
    last = names - 1
    return c.sender * names + (((c.name_hi & last) * NAMES_PER_HI + (c.name_lo & last)) & last)


@inlined
def judge(s: State, c: Any, place: int, body: int) -> int:
    """Return NEW, REPEATED, or the refusal of a name."""
    if place < 0:
        return UNKNOWN_SENDER if c.sender < 1 or c.sender >= SENDERS_MAX else MALFORMED_COMMAND
    n = s.names[place]
    if n.position == 0 or n.hi < c.name_hi or (n.hi == c.name_hi and n.lo < c.name_lo):
        door = s.doors[c.sender]
        if door.hi != 0:
            return NEW if c.name_hi == door.hi else DOOR_IS_NOT_OPEN
        counts = c.sender == CONTROL or c.sender == AUDIT
        return NAME_IS_TOO_FAR_AHEAD if counts and c.name_hi - door.highest > AHEAD_MAX else NEW
    if n.hi != c.name_hi or n.lo != c.name_lo:
        return NAME_IS_TOO_OLD
    return REPEATED if n.body == body else NAME_HAS_ANOTHER_BODY


@inlined
def remember(s: State, c: Any, place: int, body: int, outcome: int, made: int) -> None:
    """Write a name with what became of it."""
    x, n, door = s.exchange[0], s.names[place], s.doors[c.sender]
    x.senders |= bit(c.sender)
    door.highest = max(door.highest, c.name_hi)
    n.hi = c.name_hi
    n.lo = c.name_lo
    n.body = body
    n.position = x.position
    n.outcome = outcome
    n.made = made
