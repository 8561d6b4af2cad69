"""POST /incidents/NUMBER/moves/VERB: one move. The verb decides; this reads the form and reports.

A refusal is shown on the incident's page and is in the audit already, written by the verb.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from pilothouse.access.models import Person
from pilothouse.access.roles import Right
from pilothouse.console.errors import not_done
from pilothouse.console.query import row_number
from pilothouse.console.rights import needs, person_of
from pilothouse.control import forms
from pilothouse.control.kinds.kind import Unreadable
from pilothouse.control.refusals import Refused
from pilothouse.control.severity import Severity
from pilothouse.desk import from_alert, progress, record
from pilothouse.desk.clocks import Clock
from pilothouse.desk.models import Incident
from pilothouse.desk.moves import Verb
from pilothouse.watch.models import Alert

Move = Callable[[Incident, QueryDict, Person], Incident]


def _why(form: QueryDict) -> str:
    return form.get("why", "")


def _person(form: QueryDict) -> Person:
    wanted = form.get("person", "")
    found = Person.objects.filter(pk=row_number(wanted) or 0).first()
    if found is None:
        raise Unreadable("person", "nobody has this name")
    return found


def _alert(form: QueryDict) -> Alert:
    wanted = form.get("alert", "")
    found = Alert.objects.filter(pk=row_number(wanted) or 0).first()
    if found is None:
        raise Unreadable("alert", "there is no such alert")
    return found


def _severity(form: QueryDict) -> Severity:
    try:
        return Severity(form.get("severity", ""))
    except ValueError:
        raise Unreadable("severity", f"it is one of {', '.join(Severity)}") from None


def _clock(form: QueryDict) -> Clock:
    try:
        return Clock(form.get("clock", ""))
    except ValueError:
        raise Unreadable("clock", f"it is one of {', '.join(Clock)}") from None


MOVES: Final[dict[str, Move]] = {
    Verb.ACKNOWLEDGE: lambda one, _form, by: progress.acknowledge(one, by=by),
    Verb.MITIGATE: lambda one, form, by: progress.mitigate(one, _why(form), by=by),
    Verb.RESOLVE: lambda one, form, by: progress.resolve(one, _why(form), by=by),
    Verb.REOPEN: lambda one, form, by: progress.reopen(one, _why(form), by=by),
    Verb.DISMISS: lambda one, form, by: progress.dismiss(one, _why(form), by=by),
    Verb.NOTE: lambda one, form, by: record.note(one, _why(form), by=by),
    Verb.HAND_OVER: lambda one, form, by: record.hand_over(one, _person(form), by=by),
    Verb.REGRADE: lambda one, form, by: record.regrade(one, _severity(form), _why(form), by=by),
    Verb.AFFECT: lambda one, form, by: record.affect(one, form.get("affected", ""), by=by),
    Verb.SPARE: lambda one, form, by: record.spare(
        one, form.get("unaffected", ""), _why(form), by=by
    ),
    Verb.JOIN: lambda one, form, by: from_alert.join(one, _alert(form), by=by),
    Verb.CORRECT: lambda one, form, by: record.correct(
        one, _clock(form), forms.moment(form, "at"), _why(form), by=by
    ),
}
"""Every verb a person can use on an incident, by its word in the address."""


@require_POST
@needs(Right.VIEW)
def move(request: HttpRequest, number: int, verb: str) -> HttpResponse:
    """Make a move and go back to the incident's page."""
    if verb not in MOVES:
        raise Http404(f"no move is called {verb}")
    incident = get_object_or_404(Incident, pk=number)
    try:
        incident = MOVES[verb](incident, request.POST, person_of(request))
    except (Refused, Unreadable) as problem:
        return not_done(request, problem, f"/incidents/{incident.pk}")
    messages.success(request, f"{incident.label}: {verb.replace('_', ' ')}, now {incident.state}.")
    return redirect(f"/incidents/{incident.pk}")
