"""GET /incidents/NUMBER: one incident, whole."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.console import brief
from pilothouse.console.answers import answer
from pilothouse.console.object_frame import audit_of, queue_of
from pilothouse.console.pages.changes.reading import changes_caused_by
from pilothouse.console.pages.incident.buttons import buttons
from pilothouse.console.pages.incident.drafts import alerts_of
from pilothouse.console.pages.incident.facts import incident_facts
from pilothouse.console.pages.incidents.reading import active_incidents
from pilothouse.console.rights import needs, person_of
from pilothouse.desk.models import Incident


@needs(Right.VIEW)
def incident(request: HttpRequest, number: int) -> HttpResponse:
    """Answer one incident. An unknown number is 404."""
    people = Incident.objects.select_related("commander", "opened_by")
    found = get_object_or_404(people, pk=number)
    now = timezone.now()
    moves = buttons(found, person_of(request), now)
    facts = incident_facts(found, now) | {"moves": moves} | audit_of(request, found.subject)
    facts |= {"alerts": alerts_of(found), "changes": changes_caused_by(found.subject)}
    drawing = {
        "nav": "incidents",
        "brief": brief.of_incident(request, facts),
        "may_propose": may(person_of(request), Right.PROPOSE),
        "queue": queue_of(f"/incidents/{found.pk}", [one.address for one in active_incidents()]),
        "main_moves": [one for one in moves if one.main],
        "more_moves": [one for one in moves if not one.main],
    }
    return answer(request, "incident/page.html", facts, drawing)
