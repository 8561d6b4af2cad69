"""GET /markets: every market and contract that is listed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from pilothouse.access.roles import Right
from pilothouse.console import exchange
from pilothouse.console.answers import answer
from pilothouse.console.rights import needs
from pilothouse.venue.views.markets import all_markets


@needs(Right.VIEW)
def markets(request: HttpRequest) -> HttpResponse:
    """Answer all markets, those that can trade first."""
    with exchange.machine() as machine:
        listed = all_markets(machine)
        facts = {"position": machine.position, "time": machine.time}
    listed = sorted(listed, key=lambda one: (not one.tradeable, one.kind, one.symbol))
    return answer(request, "markets/page.html", {**facts, "markets": listed}, {"nav": "markets"})
