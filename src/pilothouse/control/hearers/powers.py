"""The keepers of powers hear what a change gives a person: done with the deed that says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pilothouse.control import powers
from pilothouse.control.hearers.hearer import Answered, Words
from pilothouse.control.hearers.register import play_out, shocks, signed, stored, wait_for
from pilothouse.control.powers import Give
from pilothouse.language.refusals import BASE_VERSION_HAS_MOVED

__all__ = [
    "event_at",
    "impact",
    "play_out",
    "say",
    "shocks",
    "signed",
    "stored",
    "wait_for",
    "words",
]


def words(stored: dict[str, Any]) -> Words:
    """Return what a step's row says is to be given."""
    return Give(**stored)


def impact(words: Give, change: int, number: int, after: Sequence[Give] = ()) -> dict[str, Any]:
    """Say whether it would be given, and who would hold such a power then."""
    moved = powers.version(words.kind, words.key) != words.base_version
    outcome = int(BASE_VERSION_HAS_MOVED) if moved else 0
    found = powers.counted(words)
    return {"position": powers.position(), "outcome": outcome, **found}


def say(words: Give, change: int, number: int, name: int) -> Answered:
    """Return what gives the power: it is done when the receipt is written down."""
    return lambda now: powers.write(words, change=change, step=number, now=now)


def event_at(position: int) -> dict[str, Any] | None:
    """Return what was given at a position of the audit."""
    return powers.row_at(position)
