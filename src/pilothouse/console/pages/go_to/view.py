"""GET /go-to?q=: places that fit a few letters, ranked here. A place is a page, never a deed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse

from pilothouse.access.roles import Right
from pilothouse.console.answers import answer
from pilothouse.console.live.ticker import latest
from pilothouse.console.pages.changes.reading import changes_like
from pilothouse.console.rights import needs

PLACES_MOST: Final = 9


@dataclass(frozen=True)
class Place:
    """One page: what it is called, what kind of page it is, where."""

    label: str
    kind: str
    address: str


PAGES: Final = (
    Place("Control room", "page", "/"),
    Place("Changes", "page", "/changes"),
    Place("Propose a change", "page", "/changes/propose"),
    Place("Markets", "page", "/markets"),
    Place("Audit log", "page", "/audit"),
)


@needs(Right.VIEW)
def go_to(request: HttpRequest) -> HttpResponse:
    """Answer the places that fit best."""
    wanted = request.GET.get("q", "").strip().lower()
    return answer(request, "go_to/places.html", {"places": places(wanted)})


def places(wanted: str) -> list[Place]:
    """Return what fits, best first: what begins with the letters before what contains them."""
    named = [*PAGES, *_markets()]
    fitting = [place for place in named if wanted in place.label.lower()]
    fitting.sort(key=lambda place: not place.label.lower().startswith(wanted))
    return [*_numbered(wanted), *fitting, *_changes(wanted)][:PLACES_MOST]


def _markets() -> list[Place]:
    pulse = latest()
    if pulse is None:
        return []
    seen = [*(one.market for one in pulse.named), *pulse.quiet]
    return [Place(one.symbol, "market", f"/markets/{one.symbol}") for one in seen]


def _numbered(wanted: str) -> list[Place]:
    if not wanted.isdecimal() or len(wanted) > 18:
        return []
    number = int(wanted)
    return [Place(f"Account {number}", "account", f"/accounts/{number}")]


def _changes(wanted: str) -> list[Place]:
    if not wanted:
        return []
    return [
        Place(f"{one.label} {one.title}", "change", one.address) for one in changes_like(wanted)
    ]
