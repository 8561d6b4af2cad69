"""POST /keys/NUMBER/moves/VERB: revoke a key at once, or see the secret of a new one, once."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from pilothouse.access.models import StoredKey
from pilothouse.access.roles import Right
from pilothouse.console import fresh
from pilothouse.console.errors import not_done
from pilothouse.console.rights import needs, person_of
from pilothouse.control import key_secrets, people
from pilothouse.control.kinds import api_key
from pilothouse.control.kinds.kind import Unreadable
from pilothouse.control.policy import FRESH_SIGNATURE
from pilothouse.control.refusals import Refused

PAGE = "/keys"


@require_POST
@needs(Right.VIEW)
def move(request: HttpRequest, number: int, verb: str) -> HttpResponse:
    """Do it; the verbs judge who may."""
    try:
        if verb == "revoke":
            return _revoke(request, number)
        if verb == "show":
            return _show(request, number)
    except (Refused, Unreadable) as problem:
        return not_done(request, problem, PAGE)
    raise Http404(f"no move is called {verb}")


def _revoke(request: HttpRequest, number: int) -> HttpResponse:
    row = StoredKey.objects.filter(pk=number).first()
    if row is None:
        raise Http404(f"there is no key {number}")
    fields = api_key.KIND.parse({"key": row.public})
    why = request.POST.get("why", "")
    change = people.take_away(api_key.NAME, fields, why, by=person_of(request))
    messages.success(request, f"{change.title}: done (CH-{change.pk}).")
    return redirect(PAGE)


def _show(request: HttpRequest, number: int) -> HttpResponse:
    if not fresh.is_fresh(request, FRESH_SIGNATURE):
        return fresh.confirm(request, PAGE)
    row, secret = key_secrets.show(number, by=person_of(request))
    facts = {"key": row, "secret": secret, "nav": "keys"}
    made = render(request, "keys/secret.html", facts)
    made["Cache-Control"] = "no-store"
    return made
