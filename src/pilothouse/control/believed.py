"""Which rows of the audit are believed: those that were written with the folder's secret.

From the founding of that secret on, every row is sealed. A row that somebody appended with SQL is
not, however rightly it is chained: it gives nobody a power, and it is a difference. Rows of before
are believed as they are, since the chain of the sealed ones holds them. Which row is the founding
stands in `founding.json` too: taken out of the database, it is a difference and not a beginning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models import Q, QuerySet

from pilothouse.access.one_look import once
from pilothouse.access.secret_file import proof_of, read_secret
from pilothouse.control import founding_file
from pilothouse.control.founding_file import NotAsWritten, NotedFounding
from pilothouse.control.stored import told
from pilothouse.records import audit
from pilothouse.records.models import AuditRow
from pilothouse.records.plain_rows import text_fields
from pilothouse.records.readable import Unreadable, readable, stream
from pilothouse.records.row_hash import row_hash

FOUNDING: Final = "founding"
"""The deed of the row that says what the folder is, and which credentials it began with."""
FIRST: Final = 1
"""The number of the audit's first row: one below it is no part of the chain."""
NAMED_MOST: Final = 100
"""Rows without a seal that are named one by one."""
MARK_LETTERS: Final = 12
TEXTS: Final = text_fields(AuditRow)
Rows = QuerySet[AuditRow]


@dataclass(frozen=True)
class Beginning:
    """From which row on all need a seal; `row` is the founding, None where `fault` says why."""

    number: int
    row: AuditRow | None
    fault: str = ""


def founding_rows() -> list[AuditRow]:
    """Return every row about a founding, oldest first."""
    rows = AuditRow.objects.filter(deed=FOUNDING, outcome=audit.DONE, number__gte=FIRST)
    return [one for one in readable(rows.order_by("number")) if isinstance(one.facts, dict)]


def founding_row(proof: str = "") -> AuditRow | None:
    """Return the founding of a secret: its first row. What is appended later is none of it.

    That of the folder's own secret, if none is named, has its seal and is the one that was noted.
    """
    if proof:
        return _first_of(proof)
    begun = beginning()
    return begun.row if begun else None


def _first_of(proof: str) -> AuditRow | None:
    return next((one for one in founding_rows() if one.facts.get("secret_proof") == proof), None)


def beginning() -> Beginning | None:
    """Return where the folder's own secret began; None if it never did."""
    return once(beginning, _beginning)


def _beginning() -> Beginning | None:
    secret = read_secret(settings.PILOTHOUSE_HOME)
    try:
        noted = founding_file.read(settings.PILOTHOUSE_HOME, secret)
    except NotAsWritten as why:
        return _nowhere(str(why))
    return _as_noted(noted) if noted else _unnoted(proof_of(secret))


def _as_noted(noted: NotedFounding) -> Beginning:
    row = AuditRow.objects.filter(number=noted.number).first()
    called = f"Row {noted.number:,} of the audit, the founding of this folder's secret,"
    if row is None:
        return _nowhere(f"{called} is gone.")
    if {row.hash, row_hash(row)} != {noted.hash} or not audit.is_sealed(row):
        return _nowhere(f"{called} is not as it was written.")
    return Beginning(noted.number, row)


def _unnoted(proof: str) -> Beginning | None:
    # A crash between row and file leaves a founding that is sealed. One that is not was put there.
    row = _first_of(proof)
    if row is None or audit.is_sealed(row):
        return Beginning(row.number, row) if row else None
    return _nowhere(
        f"Row {row.number:,} of the audit, a founding, was not written by this exchange."
    )


def _nowhere(why: str) -> Beginning:
    # Without its founding nothing holds the rows of before: not one is believed without a seal.
    return Beginning(FIRST, None, why)


def odd_beginning() -> Iterator[str]:
    """Yield a sentence if the founding is not what it was."""
    begun = beginning()
    if begun and begun.fault:
        yield begun.fault


def believed(rows: Rows) -> Iterator[AuditRow]:
    """Yield those of the rows that are believed, oldest first; all where nothing is sealed yet.

    One that cannot be read is not believed.
    """
    begun = beginning()
    for row in stream(rows.filter(number__gte=FIRST).order_by("number")):
        if not isinstance(row, Unreadable) and is_believed(row, begun):
            yield row


def is_believed(row: AuditRow, begun: Beginning | None) -> bool:
    """Tell whether a row is believed where the folder's secret began as said.

    One that holds what no release writes, bytes for a text or facts that are no object, is not,
    however old it is.
    """
    if not _is_plain(row) or row.number < FIRST:
        return False
    return begun is None or row.number < begun.number or audit.is_sealed(row)


def _is_plain(row: AuditRow) -> bool:
    return (
        isinstance(row.number, int)
        and isinstance(row.at, datetime)
        and isinstance(row.facts, dict)
        and all(isinstance(getattr(row, one), str) for one in TEXTS)
    )


def unsealed(wanted: Q) -> Iterator[str]:
    """Yield a sentence for each row that has no seal where it needs one: many become one."""
    begun = beginning()
    if begun is None:
        return
    rows = AuditRow.objects.filter(wanted, number__gte=begun.number).order_by("number")
    every = stream(rows)
    odd = (row for row in every if isinstance(row, Unreadable) or not audit.is_sealed(row))
    yield from _named(odd, "written by this exchange")


def below() -> Iterator[str]:
    """Yield a sentence for each row with a number below the first."""
    rows = AuditRow.objects.filter(number__lt=FIRST).order_by("number")
    yield from _named(stream(rows), "numbered by this exchange")


def _words(row: AuditRow) -> str:
    return ", ".join(map(told, (row.deed, row.subject, row.actor)))


def _named(odd: Iterator[AuditRow | Unreadable], how: str) -> Iterator[str]:
    count = 0
    for count, row in enumerate(odd, 1):
        if count > NAMED_MOST:
            continue
        if isinstance(row, Unreadable):
            yield f"Row {row.pk:,} of the audit cannot be read and counts for nothing."
        else:
            yield (
                f"Row {row.number:,} of the audit ({_words(row)}) was not {how} and counts for "
                f"nothing ({told(row.hash)[:MARK_LETTERS]})."
            )
    if count > NAMED_MOST:
        yield f"{count - NAMED_MOST:,} further rows of the audit were not {how}."
