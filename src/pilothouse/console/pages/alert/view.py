"""GET /alerts/NUMBER: one alert, whole."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from pilothouse.access.models import Person
from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.console import exchange
from pilothouse.console.answers import answer
from pilothouse.console.object_frame import audit_of
from pilothouse.console.pages.alert.buttons import buttons
from pilothouse.console.pages.alert.measured import measured
from pilothouse.console.pages.alert.runbook import runbook_of
from pilothouse.console.pages.alerts.reading import line
from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.console.pages.incidents.reading import line as incident_line
from pilothouse.console.rights import needs, person_of
from pilothouse.control import register
from pilothouse.desk import from_alert
from pilothouse.records import audit
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
        "timeline": _timeline(found),
        "moves": buttons(found, person, timezone.now()),
        "incident": incident_line(incident) if incident else None,
    }
    drawing = {
        "nav": "alerts",
        "may_propose": may(person, Right.PROPOSE),
        "may_respond": found.is_open and may(person, Right.RESPOND),
        "may_join": from_alert.open_for(found),
    }
    return answer(request, "alert/page.html", facts | audit_of(request, found.subject), drawing)


def _timeline(found: Alert) -> list[dict[str, Any]]:
    names = {f"person:{one.pk}": str(one) for one in Person.objects.all()}
    return [
        {
            "about": "alert",
            "at": microseconds(row.at),
            "title": row.deed.removeprefix("alert.").capitalize(),
            "sentence": _said(names.get(row.actor, row.actor), row.facts),
            "refused": row.outcome != audit.DONE,
            "address": "",
        }
        for row in audit.rows_about(found.subject)
    ]


def _said(who: str, facts: dict[str, Any]) -> str:
    if "severity" in facts:
        return f"{who}: {facts['severity']}, now of {facts['owner'].replace('_', ' ')}"
    more = facts.get("why") or str(facts.get("reason", "")).replace("_", " ")
    return f"{who}: {more}" if more else who
