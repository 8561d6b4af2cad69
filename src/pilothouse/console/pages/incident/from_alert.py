"""POST /alerts/NUMBER/incident: one step makes an alert an incident, or has it join one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from pilothouse.access.models import Person
from pilothouse.access.roles import Right
from pilothouse.console.answers import wants_json
from pilothouse.console.errors import refused
from pilothouse.console.query import row_number
from pilothouse.console.rights import needs, person_of
from pilothouse.control.refusals import Refused
from pilothouse.desk import from_alert
from pilothouse.desk.models import Incident
from pilothouse.watch.models import Alert


@require_POST
@needs(Right.VIEW)
def alert_to_incident(request: HttpRequest, number: int) -> HttpResponse:
    """Make the incident, or join the one that was chosen, and go to its page."""
    alert = get_object_or_404(Alert, pk=number)
    try:
        incident = _belongs(alert, request.POST.get("incident", ""), person_of(request))
    except Refused as problem:
        if wants_json(request):
            return refused(request, str(problem))
        messages.error(request, f"Refused: {problem}.")
        return redirect(f"/alerts/{number}")
    messages.success(request, f"AL-{alert.pk} belongs to {incident.label}.")
    return redirect(f"/incidents/{incident.pk}")


def _belongs(alert: Alert, chosen: str, by: Person) -> Incident:
    if not chosen:
        return from_alert.make_incident(alert, by=by)
    found = get_object_or_404(Incident, pk=row_number(chosen) or 0)
    return from_alert.join(found, alert, by=by)
