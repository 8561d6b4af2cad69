"""GET /alerts/NUMBER: one alert, whole."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.console import brief, exchange
from pilothouse.console.answers import answer
from pilothouse.console.object_frame import audit_of, deeds_about
from pilothouse.console.pages.alert.buttons import buttons
from pilothouse.console.pages.alert.measured import measured
from pilothouse.console.pages.alert.runbook import runbook_of
from pilothouse.console.pages.alerts.reading import line
from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.console.pages.incidents.reading import line as incident_line
from pilothouse.console.rights import needs, person_of
from pilothouse.control import register
from pilothouse.desk import from_alert
from pilothouse.watch.alerts import WHY_MOST
from pilothouse.watch.models import Alert


@needs(Right.VIEW)
def alert(request: HttpRequest, number: int) -> HttpResponse:
    """Answer one alert. An unknown number is 404."""
    exchange.reach()
    people = Alert.objects.select_related("acknowledged_by", "resolved_by")
    found = get_object_or_404(people, pk=number)
    person = person_of(request)
    rule = register.entry("alert_rule", found.rule)
    incident = from_alert.incident_of(found.pk)
    facts: dict[str, Any] = {
        "alert": line(found),
        "label": f"AL-{found.pk}",
        "escalates": microseconds(found.escalate_at) if found.escalate_at else 0,
        "rule": {"key": found.rule, "version": found.rule_version, "body": rule and rule.body},
        "runbook": runbook_of(found),
        "measured": measured(found),
        "timeline": deeds_about(found.subject),
        "moves": buttons(found, person, timezone.now()),
        "incident": incident_line(incident) if incident else None,
    }
    drawing = {
        "nav": "alerts",
        "brief": brief.of_alert(request, facts),
        "why_most": WHY_MOST,
        "may_propose": may(person, Right.PROPOSE),
        "may_respond": found.is_open and may(person, Right.RESPOND),
        "may_join": from_alert.open_for(found),
    }
    return answer(request, "alert/page.html", facts | audit_of(request, found.subject), drawing)
