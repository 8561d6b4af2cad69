"""GET /search?q=: objects, pages and verbs that fit, ranked here and filtered by right.

`>` asks for verbs, `#` for numbers, `@` for clients, `?` for help. A place is a page: nothing is
ever done here. The palette asks for the list alone; without a script this is a page like others.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from pilothouse.access.models import Person
from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.console.answers import answer
from pilothouse.console.pages.search import objects
from pilothouse.console.pages.search.place import Place, ranked
from pilothouse.console.pages.search.status_verbs import status_places
from pilothouse.console.pages.search.verbs import verbs
from pilothouse.console.rights import needs, person_of

PLACES_MOST: Final = 12
LETTERS_MOST: Final = 80

HELP: Final = (
    Place("> and a verb: actions you may take", "help", "/search?q=%3E", "> halt xbt"),
    Place("# and a number: the object with it", "help", "/search?q=%23", "#12"),
    Place("@ and a number: a client's account", "help", "/search?q=%40", "@1007"),
    Place("text: markets, pages, products, changes, incidents", "help", "/search", "xbt"),
)


@needs(Right.VIEW)
def search(request: HttpRequest) -> HttpResponse:
    """Answer the places that fit best."""
    wanted = request.GET.get("q", "")
    # Nothing has a longer name; looking for its beginning would find what was not asked for.
    known = len(wanted) <= LETTERS_MOST
    found = places(wanted, person_of(request), timezone.now()) if known else []
    drawing = {"nav": "search", "letters_most": LETTERS_MOST}
    template = "search/places.html" if request.headers.get("HX-Request") else "search/page.html"
    return answer(request, template, {"q": wanted, "places": found}, drawing)


def places(text: str, person: Person, now: datetime) -> list[Place]:
    """Return what fits a text, best first, as far as the person may see or do it."""
    text = text.strip().lower()
    sign, rest = text[:1], text[1:].strip()
    if sign == "?":
        return list(HELP)
    if sign == ">":
        filled = status_places(rest, PLACES_MOST) if may(person, Right.PROPOSE, now) else []
        return [*filled, *ranked(verbs(person, now), rest, PLACES_MOST)][:PLACES_MOST]
    if sign == "#":
        return objects.numbered(person, rest)[:PLACES_MOST]
    if sign == "@":
        return objects.clients(person, rest)
    same_for_all = [one for source in objects.ALL for one in source()]
    named = [*objects.pages(person), *same_for_all, *objects.work(text)]
    found = [
        *objects.orders(person, text),
        *objects.clients(person, text),
        *ranked(named, text, PLACES_MOST),
    ]
    if text and len(found) < PLACES_MOST:
        found += ranked(verbs(person, now), text, PLACES_MOST - len(found))
    return found[:PLACES_MOST]
