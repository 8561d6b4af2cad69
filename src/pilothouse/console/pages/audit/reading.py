"""Audit rows as people read them: with names, and the page of what each is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from pilothouse.access.models import Person
from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.records.models import AuditRow

PAGES: Final = {"change": "changes", "incident": "incidents", "alert": "alerts"}
"""Objects that have a page, by the word the audit uses."""


@dataclass(frozen=True)
class AuditLine:
    """One row: when (microseconds), who, what, about what, in which words, and its hash."""

    number: int
    at: int
    actor: str
    deed: str
    subject: str
    address: str
    outcome: str
    sentence: str
    facts: dict[str, Any]
    hash: str


CLIENT: Final = "account:"
HIDDEN: Final = "a client"
"""What stands for an account where its number with a moment would give a pseudonym back."""


def lines(rows: Iterable[AuditRow], *, sees_clients: bool = True) -> list[AuditLine]:
    """Return audit rows with the names of people and the addresses of what they are about.

    Without `sees_clients` a row about a client says so, and neither whom nor which moment.
    """
    names = {f"person:{one.pk}": str(one) for one in Person.objects.all()}
    return [
        _line(row, names)
        if sees_clients or not row.subject.startswith(CLIENT)
        else replace(_line(row, names), subject=HIDDEN, sentence=f"{row.deed}: {HIDDEN}", facts={})
        for row in rows
    ]


def _line(row: AuditRow, names: dict[str, str]) -> AuditLine:
    return AuditLine(
        number=row.number,
        at=microseconds(row.at),
        actor=names.get(row.actor, row.actor),
        deed=row.deed,
        subject=names.get(row.subject, row.subject),
        address=_address(row.subject),
        outcome=row.outcome,
        sentence=row.sentence,
        facts=row.facts,
        hash=row.hash,
    )


def _address(subject: str) -> str:
    kind, _, number = subject.partition(":")
    if kind == "product":
        return f"/products/{number}"
    return f"/{PAGES[kind]}/{number}" if kind in PAGES and number.isdecimal() else ""
