"""POST /inbox/deliveries/NUMBER/VERB: what becomes of a notice that may not have arrived."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from pilothouse.access.models import Person
from pilothouse.access.roles import Right
from pilothouse.console.answers import wants_json
from pilothouse.console.errors import refused
from pilothouse.console.rights import needs, person_of
from pilothouse.control.refusals import Refused
from pilothouse.desk import ledger
from pilothouse.desk.models import Delivery

VERBS: Final[dict[str, Callable[[Delivery, Person], Delivery]]] = {
    "it_arrived": lambda one, by: ledger.it_arrived(one, by=by),
    "send_again": lambda one, by: ledger.send_again(one, by=by),
    "give_up": lambda one, by: ledger.give_up(one, by=by),
}


@require_POST
@needs(Right.VIEW)
def decide(request: HttpRequest, number: int, verb: str) -> HttpResponse:
    """Do it and go back to the inbox."""
    if verb not in VERBS:
        raise Http404(f"no move is called {verb}")
    delivery = get_object_or_404(Delivery, pk=number)
    try:
        delivery = VERBS[verb](delivery, person_of(request))
    except Refused as problem:
        if wants_json(request):
            return refused(request, str(problem))
        messages.error(request, f"Refused: {problem}.")
    else:
        messages.success(request, f"The notice to {delivery.target} is now {delivery.state}.")
    return redirect("/inbox")
