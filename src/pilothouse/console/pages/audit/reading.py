"""Audit rows as people read them: with names, and the page of what each is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from pilothouse.access.models import Person
from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.control.believed import Beginning, beginning, is_believed
from pilothouse.records.clients import names_a_client
from pilothouse.records.models import AuditRow
from pilothouse.records.readable import Unreadable, attempt

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
    is_believed: bool
    """Whether this exchange wrote it; else somebody put it there, and it counts for nothing."""


UNREADABLE: Final = "This row cannot be read: somebody changed it beside this exchange"
HIDDEN: Final = "a client"
"""What stands for an account where its number with a moment would give a pseudonym back."""


def lines(rows: Iterable[AuditRow | Unreadable], *, sees_clients: bool = True) -> list[AuditLine]:
    """Return audit rows with the names of people and the addresses of what they are about.

    A row that cannot be read says so and nothing else.
    Without `sees_clients` a row that names a client says so, and neither whom nor which moment.
    """
    names = {f"person:{one.pk}": str(one) for one in Person.objects.all()}
    begun = beginning()
    return [_line_or_unread(row, names, begun, sees_clients) for row in rows]


def _line_or_unread(
    row: AuditRow | Unreadable,
    names: dict[str, str],
    begun: Beginning | None,
    sees_clients: bool,
) -> AuditLine:
    made = None if isinstance(row, Unreadable) else attempt(partial(_line, row, names, begun))
    if made is None:
        return AuditLine(row.pk, 0, "", "", "", "", "unreadable", UNREADABLE, {}, "", False)
    if sees_clients or not names_a_client(made.deed, made.subject, made.facts):
        return made
    return replace(made, subject=HIDDEN, sentence=f"{made.deed}: {HIDDEN}", facts={})


def _line(row: AuditRow, names: dict[str, str], begun: Beginning | None) -> AuditLine:
    for text in (row.actor, row.deed, row.subject, row.outcome, row.sentence, row.hash):
        # Bytes are no words: nobody is shown how Python writes them.
        text.encode()
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
        is_believed=is_believed(row, begun),
    )


def _address(subject: str) -> str:
    kind, _, number = subject.partition(":")
    if kind == "product":
        return f"/products/{number}"
    return f"/{PAGES[kind]}/{number}" if kind in PAGES and number.isdecimal() else ""
