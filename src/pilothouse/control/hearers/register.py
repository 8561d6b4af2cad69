"""The register hears entries: written in the transaction of the deed that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pilothouse.control import register
from pilothouse.control.canonical import plain_bytes
from pilothouse.control.hearers.hearer import Answered, Words
from pilothouse.control.ports import trial_of
from pilothouse.control.register import Write
from pilothouse.language.refusals import BASE_VERSION_HAS_MOVED


def stored(words: Write) -> dict[str, Any]:
    """Return what is to be written as JSON for a step's row."""
    return asdict(words)


def words(stored: dict[str, Any]) -> Words:
    """Return what a step's row says is to be written."""
    return Write(**stored)


def signed(words: Write, change: int, number: int) -> str:
    """Return the canonical bytes of the entry in the step's name, as hexadecimal text."""
    return plain_bytes(asdict(words) | {"change": change, "step": number}).hex()


def impact(words: Write, change: int, number: int, after: Sequence[Write] = ()) -> dict[str, Any]:
    """Say whether it would be written, and what a trial of its kind finds, if there is one."""
    moved = register.version(words.kind, words.key) != words.base_version
    outcome = int(BASE_VERSION_HAS_MOVED) if moved else 0
    found = trial_of(words.kind)(words.key, words.body)
    return {"position": register.position(), "outcome": outcome, **found}


def play_out(words: Write, change: int, number: int, after: Sequence[Write] = ()) -> None:
    """Return nothing: an entry moves no account."""


def shocks(words: Write, change: int, number: int, after: Sequence[Write] = ()) -> None:
    """Return nothing: an entry is the same at any mark."""


def say(words: Write, change: int, number: int, name: int) -> Answered:
    """Return what writes the entry: it is done when the receipt is written down."""
    return lambda now: register.write(words, change=change, step=number, now=now)


def wait_for(position: int, timeout_s: float) -> bool:
    """Tell that it can be read back: it was written with its receipt."""
    return True


def event_at(position: int) -> dict[str, Any] | None:
    """Return what was written at a position of the register."""
    written = register.row_at(position)
    return asdict(written) if written else None
