"""POST /audit/settlements and /audit/settlements/KEY/VERB: people settle differences.

The verb decides and audits; this reads the form, and goes back to the page of the audit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from pilothouse.access.models import Person
from pilothouse.access.roles import Right
from pilothouse.console import fresh
from pilothouse.console.answers import wants_json
from pilothouse.console.errors import refused
from pilothouse.console.query import row_number
from pilothouse.console.rights import needs, person_of
from pilothouse.control import settling
from pilothouse.control.policy import FRESH_SIGNATURE
from pilothouse.control.refusals import NOT_OPEN, Refused
from pilothouse.control.settling import Settlement

Move = Callable[[str, QueryDict, Person], Settlement]
MOVES: Final[dict[str, Move]] = {
    "sign": lambda key, form, by: settling.sign(key, by=by),
    "decline": lambda key, form, by: settling.decline(key, form.get("why", ""), by=by),
}
"""Every verb a person can use on a settlement, by its word in the address."""
DONE: Final = {"sign": "settled", "decline": "declined: they stay open"}


@require_POST
@needs(Right.READ_AUDIT)
def propose(request: HttpRequest) -> HttpResponse:
    """Propose to settle the chosen differences."""
    person, form = person_of(request), request.POST
    try:
        one = settling.propose(_numbers(form), form.get("why", ""), by=person)
    except Refused as problem:
        return _say_refused(request, problem)
    messages.success(request, f"{_counted(one)} proposed to be settled; another person signs.")
    return redirect("/audit")


@require_POST
@needs(Right.READ_AUDIT)
def settle(request: HttpRequest, key: str, verb: str) -> HttpResponse:
    """Sign or decline a settlement."""
    if verb not in MOVES:
        raise Http404(f"no move is called {verb}")
    if verb == "sign" and not fresh.is_fresh(request, FRESH_SIGNATURE):
        return fresh.confirm(request, "/audit")
    try:
        one = MOVES[verb](key, request.POST, person_of(request))
    except Refused as problem:
        return _say_refused(request, problem)
    messages.success(request, f"{_counted(one)} {DONE[verb]}.")
    return redirect("/audit")


def _numbers(form: QueryDict) -> list[int]:
    read = [row_number(one) for one in form.getlist("difference")]
    numbers = [one for one in read if one is not None]
    if len(numbers) < len(read):
        raise Refused(NOT_OPEN)
    return numbers


def _counted(one: Settlement) -> str:
    count = len(one.sentences)
    return f"{count} difference{'s' * (count > 1)}"


def _say_refused(request: HttpRequest, problem: Refused) -> HttpResponse:
    if wants_json(request):
        return refused(request, str(problem))
    messages.error(request, f"Refused: {problem}.")
    return redirect("/audit")
