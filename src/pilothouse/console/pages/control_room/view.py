"""GET /: the control room, and GET /panels/NAME: one of its panels drawn again."""

from __future__ import annotations

from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from pilothouse.access.models import Person
from pilothouse.access.rights import people_who_may
from pilothouse.access.roles import Right
from pilothouse.console.answers import answer
from pilothouse.console.live.pulse import Pulse
from pilothouse.console.live.ticker import PANELS, digest, latest
from pilothouse.console.pages.changes.reading import open_changes
from pilothouse.console.pages.control_room.coming import coming
from pilothouse.console.pages.control_room.heat import heat
from pilothouse.console.rights import needs

NAMES: Final = ("markets", "next", "waiting", "health")


@needs(Right.VIEW)
def control_room(request: HttpRequest) -> HttpResponse:
    """Answer the whole room."""
    return answer(
        request, "control_room/page.html", _facts(), {"nav": "control_room"} | _drawing()
    )


@needs(Right.VIEW)
def panel(request: HttpRequest, name: str) -> HttpResponse:
    """Answer one panel, for a page that is open already."""
    if name not in NAMES:
        raise Http404(f"no panel is called {name}")
    return render(request, f"control_room/{name}.html", _facts() | _drawing())


def _facts() -> dict[str, Any]:
    pulse = latest()
    return {
        "pulse": pulse,
        "waiting": open_changes(),
        "coming": coming(pulse),
        "signers": [str(person) for person in _signers()],
    }


def _drawing() -> dict[str, Any]:
    pulse = latest()
    if pulse is None:
        return {"heat": None, "digests": {}}
    return {"heat": heat(pulse), "digests": {name: digest(name, pulse) for name in NAMES}}


def _signers() -> list[Person]:
    return people_who_may(Right.SIGN)


def _markets_digest(pulse: Pulse) -> object:
    named = [(one.market.symbol, one.market.status, one.reasons) for one in pulse.named]
    return named, len(pulse.quiet), pulse.not_tradeable


PANELS["markets"] = _markets_digest
PANELS["health"] = lambda pulse: (
    pulse.health,
    [(one.market.number, one.health) for one in pulse.contracts],
)
PANELS["waiting"] = lambda _pulse: open_changes()
PANELS["next"] = lambda pulse: (coming(pulse), [str(one) for one in _signers()])
