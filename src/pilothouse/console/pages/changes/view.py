"""GET /changes?waiting_before=&before=: what waits, then everything, each in pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from pilothouse.access.roles import Right
from pilothouse.console.answers import answer
from pilothouse.console.pages.changes.reading import page_of_all, page_of_open
from pilothouse.console.query import row_number
from pilothouse.console.rights import needs, person_of
from pilothouse.control.gates import kinds_for


@needs(Right.VIEW)
def changes(request: HttpRequest) -> HttpResponse:
    """Answer all changes, those that wait first."""
    waiting = page_of_open(row_number(request.GET.get("waiting_before", "")))
    every = page_of_all(row_number(request.GET.get("before", "")))
    facts = {
        "waiting": waiting.lines,
        "waiting_count": waiting.count,
        "waiting_older": waiting.older,
        "changes": every.lines,
        "older": every.older,
    }
    may_propose = bool(kinds_for(person_of(request), timezone.now()))
    drawing = {"nav": "changes", "may_propose": may_propose}
    return answer(request, "changes/page.html", facts, drawing)
