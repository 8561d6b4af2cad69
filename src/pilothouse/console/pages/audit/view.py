"""GET /audit?q=&subject=: the line of time, searched; GET /audit?verify=1 follows the chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from pilothouse.access.models import Person
from pilothouse.access.roles import Right
from pilothouse.console.answers import answer
from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.console.rights import needs
from pilothouse.records import audit as records
from pilothouse.records.models import AuditRow

ROWS_A_PAGE: Final = 100


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


def lines(rows: list[AuditRow]) -> list[AuditLine]:
    """Return audit rows with the names of people and the addresses of what they are about."""
    names = {f"person:{one.pk}": str(one) for one in Person.objects.all()}
    return [_line(row, names) for row in rows]


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
    return f"/changes/{number}" if kind == "change" and number.isdecimal() else ""


@needs(Right.READ_AUDIT)
def audit(request: HttpRequest) -> HttpResponse:
    """Answer the newest rows that fit, and what the chain says of itself."""
    wanted = request.GET.get("q", "").strip()
    before = request.GET.get("before", "")
    rows = _search(wanted, int(before) if before.isdecimal() else None)
    found = lines(rows[:ROWS_A_PAGE])
    facts = {"rows": found, "verdict": records.verify(), "q": wanted}
    older = found[-1].number if len(rows) > ROWS_A_PAGE else None
    return answer(request, "audit/page.html", facts, {"nav": "audit", "older": older})


def _search(wanted: str, before: int | None) -> list[AuditRow]:
    rows = AuditRow.objects.order_by("-number")
    if before is not None:
        rows = rows.filter(number__lt=before)
    if wanted:
        rows = rows.filter(_fits(wanted))
    return list(rows[: ROWS_A_PAGE + 1])


def _fits(wanted: str) -> Q:
    fits = (
        Q(sentence__icontains=wanted)
        | Q(deed__icontains=wanted)
        | Q(subject=wanted)
        | Q(outcome=wanted.lower())
    )
    for one in Person.objects.filter(username__icontains=wanted):
        fits |= Q(actor=f"person:{one.pk}")
    if wanted.lower().startswith("ch-"):
        fits |= Q(subject=f"change:{wanted[3:]}")
    return fits
