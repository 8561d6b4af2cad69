"""GET /people: everybody who is known, with their roles and whether they can sign in."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.console.answers import answer
from pilothouse.console.pages.people.reading import found
from pilothouse.console.rights import needs, person_of

WANTED_MOST: Final = 64


@needs(Right.VIEW)
def people(request: HttpRequest) -> HttpResponse:
    """Answer the people whose name or role has the letters of `q`."""
    wanted = request.GET.get("q", "").strip()[:WANTED_MOST]
    part = found(wanted)
    facts = {"people": part.lines, "count": part.count}
    drawing = {
        "nav": "people",
        "wanted": wanted,
        "may_manage": may(person_of(request), Right.MANAGE_PEOPLE),
        "factor_wanted": settings.PILOTHOUSE_SECOND_FACTOR,
    }
    return answer(request, "people/page.html", facts, drawing)
