"""GET /audit?q=&before=: the audit log, searched and in pages, and what its chain says."""

from __future__ import annotations

from typing import Final

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from pilothouse.access.models import Person
from pilothouse.access.roles import Right
from pilothouse.console.answers import answer
from pilothouse.console.pages.audit.reading import lines
from pilothouse.console.pages.audit.settlements import differences
from pilothouse.console.query import row_number
from pilothouse.console.rights import needs, person_of, sees_clients
from pilothouse.records.checking import CHECKING
from pilothouse.records.clients import rows_that_may_name_one
from pilothouse.records.models import AuditRow
from pilothouse.records.readable import Unreadable, each

ROWS_A_PAGE: Final = 100
WANTED_MAX: Final = 200


@needs(Right.READ_AUDIT)
def audit(request: HttpRequest) -> HttpResponse:
    """Answer the newest rows that fit, and what the chain says of itself."""
    wanted = request.GET.get("q", "").strip()[:WANTED_MAX]
    before = request.GET.get("before", "")
    clients = sees_clients(request)
    rows = _search(wanted, row_number(before), clients)
    found = lines(rows[:ROWS_A_PAGE], sees_clients=clients)
    facts = {
        "rows": found,
        "verdict": CHECKING.verdict(),
        "q": wanted,
        **differences(person_of(request), timezone.now()),
    }
    older = found[-1].number if len(rows) > ROWS_A_PAGE else None
    return answer(request, "audit/page.html", facts, {"nav": "audit", "older": older})


def _search(wanted: str, before: int | None, sees_clients: bool) -> list[AuditRow | Unreadable]:
    rows = AuditRow.objects.order_by("-number")
    if before is not None:
        rows = rows.filter(number__lt=before)
    if wanted:
        rows = rows.filter(_fits(wanted))
        if not sees_clients:
            # What a search finds says what is in the row.
            rows = rows.exclude(rows_that_may_name_one())
    return each(rows, ROWS_A_PAGE + 1)


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
