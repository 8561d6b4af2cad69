"""GET /incidents: what goes wrong now, and what has."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.console.answers import answer
from pilothouse.console.pages.incidents.reading import (
    active_count,
    active_incidents,
    ended_incidents,
)
from pilothouse.console.rights import needs, person_of


@needs(Right.VIEW)
def incidents(request: HttpRequest) -> HttpResponse:
    """Answer all incidents, the active ones first."""
    facts = {
        "active": active_incidents(),
        "active_count": active_count(),
        "ended": ended_incidents(),
    }
    drawing = {"nav": "incidents", "may_respond": may(person_of(request), Right.RESPOND)}
    return answer(request, "incidents/page.html", facts, drawing)
