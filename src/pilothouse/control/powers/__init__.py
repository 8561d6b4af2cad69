"""The powers of people: what gives one is a change that another person signs.

A role, or the way back in, is held by a keeper in rows of its own, each with its audit row. The
version a power had when the change was made is compared and set in one transaction with them.
What takes a power away is a change too, and a stop: one person does it alone, at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from pilothouse.control.powers import access, api_keys, roles
from pilothouse.language.names import Receipt
from pilothouse.language.refusals import BASE_VERSION_HAS_MOVED
from pilothouse.records import audit
from pilothouse.records.models import AuditRow

Body = dict[str, Any]


@dataclass(frozen=True)
class Give:
    """What a change says of a person's power: this body, in the place of that version.

    `key` is the person's name, or an API key's public half; the base version of what never was
    is 0.
    """

    kind: str
    key: str
    body: Body
    base_version: int


class Keeper(Protocol):
    """Who holds one kind of power. A keeper is a module with these names."""

    def version(self, name: str) -> int:
        """Return the version of a person's powers of this kind, or of a key; 0 for none."""

    def counted(self, body: Mapping[str, Any]) -> dict[str, int]:
        """Return what a preview counts, as if it were given now."""

    def give(
        self, body: Mapping[str, Any], by: str, facts: Mapping[str, Any], now: datetime
    ) -> AuditRow:
        """Give or take the power within a transaction; return its audit row."""


KEEPERS: Final[dict[str, Keeper]] = {"role": roles, "sign_in": access, "api_key": api_keys}
"""Who keeps what, by the name of its kind of change."""


def version(kind: str, name: str) -> int:
    """Return the version of a person's powers of a kind, 0 for nobody."""
    return KEEPERS[kind].version(name)


def position() -> int:
    """Return how far the audit has come, which numbers what was given."""
    return audit.head()[0]


def counted(words: Give) -> dict[str, int]:
    """Return what the preview of a change counts."""
    return KEEPERS[words.kind].counted(words.body)


def write(words: Give, *, change: int, step: int, now: datetime) -> Receipt:
    """Give a power in the name of a change's step, within the transaction of its deed.

    The position of the receipt is the audit row's number. Another base version than what holds
    is refused.
    """
    if version(words.kind, words.key) != words.base_version:
        return Receipt(position(), int(BASE_VERSION_HAS_MOVED))
    facts = {"change": change, "step": step}
    row = KEEPERS[words.kind].give(words.body, f"change:{change}", facts, now)
    return Receipt(row.number, 0, made=version(words.kind, words.key))


def row_at(position: int) -> dict[str, Any] | None:
    """Return the facts of what was given at a position, None if nothing was."""
    row = AuditRow.objects.filter(pk=position).first()
    return dict(row.facts) if row else None
