"""What is signed: the canonical bytes of everything that would happen, and their SHA-256."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pilothouse.control.models import Change, ChangeStep
from pilothouse.language.kinds import CauseKind
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.rows import Message, to_rows
from pilothouse.language.schema import COMMANDS, Command, as_json, from_json

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
NAMELESS: Final = Name(0, 0, 0)


def stored_command(command: Command) -> dict[str, Any]:
    """Return a command as JSON for a step's row."""
    return {"number": command.number, "body": as_json(command)}


def command_of(stored: dict[str, Any]) -> Command:
    """Return the command a step's row holds."""
    return from_json(COMMANDS[stored["number"]], stored["body"])


def message_of(step: ChangeStep) -> Message:
    """Return the very message that is rehearsed, signed and sent for a step."""
    name = Name(Sender.CONTROL, step.change_id, step.number)
    return Message(command_of(step.command), name, Cause(CauseKind.CHANGE, step.change_id))


def body_hex(command: Command) -> str:
    """Return the bytes of a command without name and cause, as hexadecimal text."""
    return to_rows(Message(command, NAMELESS)).tobytes().hex()


def plain_hash(plain: Any) -> str:
    """Return the SHA-256 of plain values: sorted keys, no spaces, ASCII."""
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def signed_content(change: Change, steps: list[ChangeStep]) -> dict[str, Any]:
    """Return everything a signature covers, as plain values.

    Commands carry base and ceiling in their bytes; both stand beside them so that a kind whose
    command has no ceiling is covered too.
    """
    return {
        "change": change.pk,
        "kind": change.kind,
        "class": change.change_class,
        "scope": change.objects_touched,
        "guards": change.guards,
        "undo": change.rollback,
        "reverts": change.reverts_id,
        "steps": [_signed_step(step) for step in steps],
    }


def _signed_step(step: ChangeStep) -> dict[str, Any]:
    return {
        "number": step.number,
        "rows": to_rows(message_of(step)).tobytes().hex(),
        "base": step.base_version,
        "ceiling": step.ceiling,
        "not_before_us": _microseconds(step.not_before),
        "not_after_us": _microseconds(step.not_after),
    }


def _microseconds(at: datetime | None) -> int | None:
    return None if at is None else (at - EPOCH) // timedelta(microseconds=1)


def fingerprint_of(change: Change) -> str:
    """Return the fingerprint of a change: what a signature names."""
    steps = [one for one in change.steps.order_by("number") if one.state != ChangeStep.At.REPLACED]
    return plain_hash(signed_content(change, steps))
