"""The exchange hears commands: rehearsed on a copy, sent through the venue, read back by replica.

This is the only file that makes a message in change control's name and the only one that submits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pilothouse.control import facts
from pilothouse.control.hearers.hearer import Answered, Words
from pilothouse.control.ports import ports
from pilothouse.language.commands import RecordAuditHead
from pilothouse.language.kinds import CauseKind
from pilothouse.language.names import NAMES_PER_HI, Cause, Name, Receipt, Sender, numbered
from pilothouse.language.rows import Message, to_rows
from pilothouse.language.schema import COMMANDS, Command, as_json, from_json

NO_NAME: Final = 0
"""On a copy and under a signature a command has no name yet."""
FOUND_BROKEN: Final = "f" * 64
"""Stands for the hash of a row where a head says that the audit was found broken behind it."""
_A_ROW: Final = 0
_BROKEN: Final = 1
"""The low part of a head's name. What it says of a break comes after what it says of that row."""


def stored(words: Command) -> dict[str, Any]:
    """Return a command as JSON for a step's row."""
    return {"number": words.number, "body": as_json(words)}


def words(stored: dict[str, Any]) -> Words:
    """Return the command a step's row holds."""
    made: Command = from_json(COMMANDS[stored["number"]], stored["body"])
    return made


def message(words: Command, change: int, name: int) -> Message:
    """Return the message of a change under the name with this number."""
    return Message(words, numbered(Sender.CONTROL, name), Cause(CauseKind.CHANGE, change))


def signed(words: Command, change: int, number: int) -> str:
    """Return the rows of the message as hexadecimal text, with 0 where its name will stand.

    The name is given when it is sent; all else is sent as it was signed.
    """
    return to_rows(message(words, change, NO_NAME)).tobytes().hex()


def highest_name() -> int:
    """Return the highest number of a name the exchange remembers of change control."""
    return ports().reader.highest_number(Sender.CONTROL)


def impact(words: Command, change: int, number: int, after: Sequence[Command] = ()) -> Any:
    """Count who would be hurt, and step the command on a copy."""
    return ports().rehearsal.impact(
        message(words, change, NO_NAME), [message(one, change, NO_NAME) for one in after]
    )


def play_out(words: Command, change: int, number: int, after: Sequence[Command] = ()) -> Any:
    """Let the copy run at present marks until nothing moves."""
    return ports().rehearsal.play_out(
        message(words, change, NO_NAME), [message(one, change, NO_NAME) for one in after]
    )


def shocks(words: Command, change: int, number: int, after: Sequence[Command] = ()) -> Any:
    """Say who would be below maintenance if marks fell."""
    return ports().rehearsal.shocks(
        message(words, change, NO_NAME), [message(one, change, NO_NAME) for one in after]
    )


def say(words: Command, change: int, number: int, name: int) -> Answered:
    """Send the command and wait for its receipt; the same name is executed once."""
    (receipt,) = ports().venue.submit([message(words, change, name)])
    return lambda now: receipt


def record_head(row: int, told: str) -> Receipt:
    """Record a row of the audit and its hash. The name is the row: it has one hash only."""
    head = RecordAuditHead(row=row, hash=told)
    (receipt,) = ports().venue.submit([Message(head, Name(Sender.AUDIT, row, _A_ROW))])
    return receipt


def record_break(row: int) -> Receipt:
    """Record that the audit was found broken, and that `row` was the newest with a head."""
    head = RecordAuditHead(row=row, hash=FOUND_BROKEN)
    (receipt,) = ports().venue.submit([Message(head, Name(Sender.AUDIT, row, _BROKEN))])
    return receipt


def highest_head() -> tuple[int, bool]:
    """Return the highest row of the audit that the exchange remembers by its hash, 0 for none, and
    whether the audit was found broken behind it.
    """
    row, low = divmod(ports().reader.highest_number(Sender.AUDIT), NAMES_PER_HI)
    return row, low == _BROKEN


def unnamed(words: Command, change: int) -> Message:
    """Return what a change says with no name of its own: to be compared, never to be sent."""
    return Message(words, Name(Sender.CONTROL, 0, 0), Cause(CauseKind.CHANGE, change))


def wait_for(position: int, timeout_s: float) -> bool:
    """Wait for the replica of this process to reach a position."""
    return ports().follower.wait_for(position, timeout_s)


def event_at(position: int) -> dict[str, Any] | None:
    """Return the command's event. The replica comes first and its listeners after it."""
    return facts.event_at(position) if ports().follower.position >= position else None
