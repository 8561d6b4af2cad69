"""GET /markets?q=&status=&kind=&sort=&page=: the markets that are listed, a part at a time."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from pilothouse.access.roles import Right
from pilothouse.console import exchange
from pilothouse.console.answers import answer
from pilothouse.console.pages.markets.choice import SORTS, Choice, Part, choice_of, part_of
from pilothouse.console.rights import needs
from pilothouse.language.kinds import MarketKind
from pilothouse.venue.views.markets import all_markets


@needs(Right.VIEW)
def markets(request: HttpRequest) -> HttpResponse:
    """Answer the markets that were chosen, those that can trade and are largest first."""
    with exchange.machine() as machine:
        listed = all_markets(machine)
        facts = {"position": machine.position, "time": machine.time}
    choice = choice_of(request.GET)
    part = part_of(listed, choice)
    facts |= {"markets": part.markets, "count": part.count, "listed": len(listed)}
    return answer(request, "markets/page.html", facts, _drawing(choice, part))


def _drawing(choice: Choice, part: Part) -> dict[str, Any]:
    page = min(choice.page, part.pages)
    return {
        "nav": "markets",
        "choice": choice,
        "kinds": [one.name.lower() for one in MarketKind],
        "heads": {name: _head(choice, name) for name in SORTS},
        "statuses": [
            (name, count, choice.address(status="" if choice.status == name else name, page=1))
            for name, count in sorted(part.by_status.items())
        ],
        "page": page,
        "pages": part.pages,
        "before": choice.address(page=page - 1) if page > 1 else "",
        "after": choice.address(page=page + 1) if page < part.pages else "",
    }


def _head(choice: Choice, name: str) -> str:
    # The head of the present order turns it round.
    again = choice.sort == name
    return choice.address(sort=name, reverse=again and not choice.reverse, page=1)
