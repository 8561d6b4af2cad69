"""GET, POST /incidents/open: say what goes wrong, and it is an incident."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from pilothouse.access.models import Person
from pilothouse.access.roles import Right, Role
from pilothouse.console.rights import needs, person_of
from pilothouse.control import forms
from pilothouse.control.kinds.kind import Unreadable
from pilothouse.control.refusals import Refused
from pilothouse.control.said import SENTENCE_MOST, TITLE_MOST
from pilothouse.control.severity import Severity
from pilothouse.desk import subjects
from pilothouse.desk.models import Incident
from pilothouse.desk.opening import open_incident


@needs(Right.RESPOND)
def open_page(request: HttpRequest) -> HttpResponse:
    """Show the form, or open the incident and go to its page."""
    if request.method != "POST":
        return _page(request, request.GET)
    try:
        incident = _open(request.POST, person_of(request))
    except (Refused, Unreadable) as problem:
        return _page(request, request.POST, str(problem))
    return redirect(f"/incidents/{incident.pk}")


def _open(form: QueryDict, by: Person) -> Incident:
    if form.get("severity") not in set(Severity):
        raise Unreadable("severity", f"it is one of {', '.join(Severity)}")
    if form.get("owner") not in set(Role):
        raise Unreadable("owner", "it is one of the roles")
    return open_incident(
        form.get("title", ""),
        Severity(form["severity"]),
        by=by,
        what=form.get("what", ""),
        owner=Role(form["owner"]),
        affected=form.getlist("affected"),
        occurred=forms.moment(form, "occurred") if form.get("occurred") else None,
    )


def _page(request: HttpRequest, given: QueryDict, fault: str = "") -> HttpResponse:
    facts: dict[str, Any] = {
        "nav": "incidents",
        "given": given,
        "title_most": TITLE_MOST,
        "what_most": SENTENCE_MOST,
        "chosen": given.getlist("affected"),
        "fault": fault,
        "severities": list(Severity),
        "owners": [(one, one.replace("_", " ")) for one in Role],
        "subjects": [(one, one.partition(":")[2]) for one in subjects.all_known()],
    }
    return render(request, "incident/open.html", facts, status=422 if fault else 200)
