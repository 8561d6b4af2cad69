"""GET /markets/SYMBOL: everything about one market or contract, at one position."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from pilothouse.access.roles import Right
from pilothouse.console import exchange
from pilothouse.console.answers import answer
from pilothouse.console.happened import happened
from pilothouse.console.object_frame import audit_of, lately
from pilothouse.console.pages.changes.reading import changes_touching, microseconds
from pilothouse.console.pages.contract.depth import depth
from pilothouse.console.pages.contract.powers import powers
from pilothouse.console.pages.contract.series import Chart, charts
from pilothouse.console.pages.incidents.reading import count_affecting, incidents_affecting
from pilothouse.console.rights import needs, person_of, sees_clients
from pilothouse.language.kinds import MarketKind
from pilothouse.venue.views import accounts, assets, books, fees, insurance, margin, markets
from pilothouse.venue.views.markets import MarketView
from pilothouse.watch import running
from pilothouse.watch.history import KEPT_US
from pilothouse.watch.measuring import notional

BOOK_DEPTH: Final = 10
POSITIONS_MOST: Final = 20


@needs(Right.VIEW)
def contract(request: HttpRequest, symbol: str) -> HttpResponse:
    """Answer one market. An unknown symbol is 404. Positions are for those who see clients."""
    with exchange.machine() as machine:
        found = _by_symbol(machine, symbol)
        facts = _facts(machine, found)
        if found.kind == MarketKind.PERPETUAL_LINEAR:
            facts |= _contract_facts(machine, found)
    if not sees_clients(request):
        facts.pop("positions", None)
    facts["changes"] = changes_touching(found.number)
    subject = f"market:{found.symbol}"
    facts["incidents"] = incidents_affecting(subject)
    facts["incidents_count"] = count_affecting(subject)
    facts |= lately([found.number], [subject])
    facts |= audit_of(request, *(f"change:{one.number}" for one in facts["changes"]))
    drawing = {
        "charts": drawn(found),
        "nav": found.symbol,
        "perpetual": found.kind == MarketKind.PERPETUAL_LINEAR,
        "depth": depth(facts["book"]),
        "powers": powers(person_of(request), found),
    }
    return answer(request, "contract/page.html", facts, drawing)


@needs(Right.VIEW)
def charts_of(request: HttpRequest, symbol: str) -> HttpResponse:
    """Answer the charts of one market alone, for a page that is open already."""
    with exchange.machine() as machine:
        found = _by_symbol(machine, symbol)
    return render(request, "contract/charts.html", {"market": found, "charts": drawn(found)})


def drawn(found: MarketView) -> list[Chart]:
    """Return a market's charts, with what happened to it in the time that is drawn."""
    watchman, now = running.watchman(), timezone.now()
    if watchman is None:
        return []
    marks = happened(now - timedelta(microseconds=KEPT_US), now, [found])
    return charts(found, watchman.history, microseconds(now), marks)


def _by_symbol(machine: Any, symbol: str) -> MarketView:
    for found in markets.all_markets(machine):
        if found.symbol == symbol:
            return found
    raise Http404(f"no market is called {symbol}")


def _facts(machine: Any, found: MarketView) -> dict[str, Any]:
    base = assets.asset(machine, found.base)
    return {
        "position": machine.position,
        "time": machine.time,
        "market": found,
        "base": base,
        "quote": assets.asset(machine, found.quote),
        "sources_live": base.sources_live if base else None,
        "book": books.book(machine, found.number, BOOK_DEPTH),
        "fee_tiers": fees.fee_tiers(machine, found.fee_schedule) if found.fee_schedule else (),
    }


def _contract_facts(machine: Any, found: MarketView) -> dict[str, Any]:
    return {
        "open_interest_micro_usd": notional(found, found.open_interest),
        "insurance_micro_usd": insurance.pool(machine, found.number),
        "index_sources": [_source(one, machine.time) for one in _sources(machine, found)],
        "schedules": margin.schedules(machine, found.number),
        "health": margin.health_of_contract(machine, found.number),
        "positions": accounts.contract_positions(machine, found.number, POSITIONS_MOST),
    }


def _sources(machine: Any, found: MarketView) -> list[assets.IndexSourceView]:
    return assets.index_sources(machine, found.base)


def _source(one: assets.IndexSourceView, now: int) -> dict[str, Any]:
    state = "left out: too far from the others" if one.left_out else "counts"
    return {
        "number": one.number,
        "price_e12": one.price_e12,
        "time": one.time,
        "state": state if one.is_live(now) else "silent",
    }
