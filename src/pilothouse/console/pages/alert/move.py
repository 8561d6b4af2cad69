"""POST /alerts/NUMBER/moves/VERB: one move of a person. The verb decides and audits."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from pilothouse.access.roles import Right
from pilothouse.console.errors import not_done
from pilothouse.console.pages.alert.buttons import PEOPLES
from pilothouse.console.rights import needs, person_of
from pilothouse.control.refusals import Refused
from pilothouse.watch import alerts
from pilothouse.watch.models import Alert
from pilothouse.watch.moves import Verb

QUEUE: Final = "queue"
"""Where a form says it stands, so that an answer leads back there."""


@require_POST
@needs(Right.VIEW)
def move(request: HttpRequest, number: int, verb: str) -> HttpResponse:
    """Make a move and go back to the queue or to the alert's page."""
    if verb not in set(PEOPLES):
        raise Http404(f"no move is called {verb}")
    alert = get_object_or_404(Alert, pk=number)
    person, now = person_of(request), timezone.now()
    try:
        if verb == Verb.ACKNOWLEDGE:
            alert = alerts.acknowledge(alert, by=person, now=now)
        else:
            alert = alerts.resolve(alert, request.POST.get("why", ""), by=person, now=now)
    except Refused as problem:
        return not_done(request, problem, _back(request, number))
    messages.success(request, f"AL-{alert.pk} is now {alert.state}.")
    return redirect(_back(request, number))


def _back(request: HttpRequest, number: int) -> str:
    return "/alerts" if request.POST.get("from") == QUEUE else f"/alerts/{number}"
