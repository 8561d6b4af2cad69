"""GET /audit?q=&subject=: the line of time, searched; GET /audit?verify=1 follows the chain."""

from __future__ import annotations

from typing import Final

from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from pilothouse.access.models import Person
from pilothouse.access.roles import Right
from pilothouse.console.answers import answer
from pilothouse.console.pages.audit.reading import lines
from pilothouse.console.rights import needs
from pilothouse.records import audit as records
from pilothouse.records.models import AuditRow

ROWS_A_PAGE: Final = 100


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
