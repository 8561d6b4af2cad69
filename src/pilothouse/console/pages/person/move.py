"""POST /people/NAME/moves/VERB: what is done about a person at once. The verb decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from pilothouse.access.models import Person
from pilothouse.access.roles import Right
from pilothouse.console import fresh
from pilothouse.console.errors import not_done
from pilothouse.console.pages.person.view import found
from pilothouse.console.query import row_number
from pilothouse.console.rights import needs, person_of
from pilothouse.control import people
from pilothouse.control.kinds import KINDS
from pilothouse.control.kinds.kind import Unreadable
from pilothouse.control.models import Change
from pilothouse.control.moves import State
from pilothouse.control.policy import FRESH_SIGNATURE
from pilothouse.control.refusals import Refused

Done = Callable[[HttpRequest, Person, Person, QueryDict], HttpResponse]


def _end_role(request: HttpRequest, about: Person, by: Person, form: QueryDict) -> HttpResponse:
    asked = {"person": about.username, "role": form.get("role", ""), "act": "end"}
    return _taken(request, about, _take("role", asked, form, by))


def _disable(request: HttpRequest, about: Person, by: Person, form: QueryDict) -> HttpResponse:
    asked = {"person": about.username, "access": "disabled"}
    return _taken(request, about, _take("sign_in", asked, form, by))


def _take(kind: str, asked: dict[str, str], form: QueryDict, by: Person) -> Change:
    return people.take_away(kind, KINDS[kind].parse(asked), form.get("why", ""), by=by)


def _taken(request: HttpRequest, about: Person, change: Change) -> HttpResponse:
    if change.state in (State.APPLIED, State.VERIFIED):
        messages.success(request, f"{change.title}: done (CH-{change.pk}).")
        return redirect(f"/people/{about.username}")
    sentence = "Fewer than two others would keep a right, so another person approves this first."
    messages.warning(request, sentence)
    return redirect(f"/changes/{change.pk}")


def _end_sessions(
    request: HttpRequest, about: Person, by: Person, form: QueryDict
) -> HttpResponse:
    only = row_number(form["session"]) if form.get("session") else None
    count = people.end_sessions(about, by=by, only=only)
    messages.success(request, f"{count} session{'s' if count != 1 else ''} of {about} ended.")
    return redirect(f"/people/{about.username}")


def _invite(request: HttpRequest, about: Person, by: Person, form: QueryDict) -> HttpResponse:
    # Shown once and never again: whoever has it becomes this person.
    link = request.build_absolute_uri(people.invite(about, by=by))
    facts = {"name": about.username, "link": link, "nav": "people"}
    made = render(request, "person/invitation.html", facts)
    made["Cache-Control"] = "no-store"
    return made


MOVES: Final[dict[str, Done]] = {
    "end_role": _end_role,
    "disable": _disable,
    "end_sessions": _end_sessions,
    "invite": _invite,
}
"""What can be done about a person at once, by its word in the address."""


@require_POST
@needs(Right.VIEW)
def move(request: HttpRequest, name: str, verb: str) -> HttpResponse:
    """Do it and go back to the person's page."""
    if verb not in MOVES:
        raise Http404(f"no move is called {verb}")
    about = found(name)
    if verb == "invite" and not fresh.is_fresh(request, FRESH_SIGNATURE):
        return fresh.confirm(request, f"/people/{about.username}")
    try:
        return MOVES[verb](request, about, person_of(request), request.POST)
    except (Refused, Unreadable) as problem:
        return not_done(request, problem, f"/people/{about.username}")
