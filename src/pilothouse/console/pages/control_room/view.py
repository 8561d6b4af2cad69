"""GET /: the control room, and GET /panels/NAME: one of its panels drawn again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from pilothouse.access.one_look import in_one_look
from pilothouse.access.roles import Right
from pilothouse.console.answers import answer
from pilothouse.console.live.pulse import Pulse
from pilothouse.console.live.ticker import PANELS, digest, latest
from pilothouse.console.pages.control_room import panels
from pilothouse.console.pages.control_room.panels import Panel
from pilothouse.console.rights import needs

FACTS: Final[dict[str, Callable[[Pulse | None], Panel]]] = {
    "incidents": panels.incidents_panel,
    "day": panels.day_panel,
    "markets": panels.markets_panel,
    "health": panels.health_panel,
    "waiting": panels.waiting_panel,
    "channels": panels.channels_panel,
    "applied": panels.applied_panel,
    "price": panels.price_panel,
}
"""The panels in their order, each with its facts and its drawing."""


@in_one_look
@needs(Right.VIEW)
def control_room(request: HttpRequest) -> HttpResponse:
    """Answer the whole room."""
    pulse = latest()
    facts: dict[str, Any] = {"pulse": pulse, "now_us": _now_us(pulse)}
    drawing: dict[str, Any] = {"nav": "control_room", "digests": _digests(pulse, *FACTS)}
    for made in (one(pulse) for one in FACTS.values()):
        facts |= made.facts
        drawing |= made.drawing
    return answer(request, "control_room/page.html", facts, drawing)


@in_one_look
@needs(Right.VIEW)
def panel(request: HttpRequest, name: str) -> HttpResponse:
    """Answer one panel, for a page that is open already."""
    if name not in FACTS:
        raise Http404(f"no panel is called {name}")
    pulse = latest()
    made = FACTS[name](pulse)
    shown = {"pulse": pulse, "now_us": _now_us(pulse), "digests": _digests(pulse, name)}
    return render(request, f"control_room/{name}.html", shown | made.facts | made.drawing)


def _now_us(pulse: Pulse | None) -> int:
    return pulse.taken_at if pulse else panels.microseconds(timezone.now())


def _digests(pulse: Pulse | None, *names: str) -> dict[str, str]:
    return {name: digest(name, pulse) for name in names} if pulse else {}


PANELS.update(panels.DIGESTS)
