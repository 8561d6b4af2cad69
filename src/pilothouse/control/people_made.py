"""Who was made when, as the audit has it: nobody is made with the number of another one.

With SQL a person's row is taken out and their number made free. Whoever were made with it next
would have what the audit says of the one who left: so a person who is gone is a difference, and
what was given before somebody was made is not theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pilothouse.access.models import Person
from pilothouse.control import credentials
from pilothouse.control.believed import Rows, beginning, believed
from pilothouse.control.stored import told
from pilothouse.records import audit
from pilothouse.records.models import AuditRow

MADE: Final = "made"
"""The fact of the first row about a person's credentials: they were made then."""


def made(rows: Rows) -> Iterator[AuditRow]:
    """Yield those of some rows with which a person was made, oldest first."""
    return (row for row in believed(rows.filter(deed=credentials.CHANGED)) if MADE in row.facts)


def made_again() -> Iterator[str]:
    """Yield a sentence for each person who was made with the number of another one."""
    begun = beginning()
    if begun is None:
        return
    known = begun.row.facts.get("credentials") if begun.row else None
    before = {f"person:{one}" for one in known} if isinstance(known, dict) else set()
    rows = AuditRow.objects.filter(outcome=audit.DONE, number__gt=begun.number)
    for row in made(rows):
        if row.subject in before or _is_named_before(row):
            who = row.subject.replace(":", " ")
            yield f"Row {row.number:,} of the audit created {who} again."


def _is_named_before(row: AuditRow) -> bool:
    # Nothing is written of a person before they are made, of whatever release the rows are.
    rows = AuditRow.objects.filter(subject=row.subject, outcome=audit.DONE, number__lt=row.number)
    return any(True for _ in believed(rows))


def gone() -> Iterator[str]:
    """Yield a sentence for each person whom the audit knows and the database has no more."""
    there = {str(one) for one in Person.objects.values_list("pk", flat=True)}
    for one in sorted(credentials.recorded().keys() - there):
        yield f"Person {told(one)} is gone; the audit recorded them."
