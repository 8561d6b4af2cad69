"""GET /people/NAME: one person, whole; sessions only for themselves and who manages people."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from pilothouse.access.invitations import is_invitable
from pilothouse.access.models import Person
from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.access.session_store import row_key
from pilothouse.console.answers import answer
from pilothouse.console.object_frame import audit_of, deeds_about
from pilothouse.console.pages.person.facts import facts_of, sessions_of
from pilothouse.console.rights import needs, person_of
from pilothouse.control import people
from pilothouse.control.said import SENTENCE_MOST


def found(name: str) -> Person:
    """Return a person by name; 404 for none."""
    person = Person.objects.filter(username=name).first()
    if person is None:
        raise Http404(f"nobody is called {name}")
    return person


@needs(Right.VIEW)
def person(request: HttpRequest, name: str) -> HttpResponse:
    """Answer one person."""
    about, by, now = found(name), person_of(request), timezone.now()
    facts = facts_of(about, now) | audit_of(request, f"person:{about.pk}")
    sees = people.may_manage(by, about, now)
    mine = row_key(request.session.session_key or "")
    facts["sessions"] = sessions_of(about, mine) if sees else None
    manages = may(by, Right.MANAGE_PEOPLE, now)
    drawing = {
        "nav": "people",
        "may_manage": manages,
        "may_invite": manages and is_invitable(about),
        "why_most": SENTENCE_MOST,
        "timeline": deeds_about(f"person:{about.pk}"),
    }
    return answer(request, "person/page.html", facts, drawing)
