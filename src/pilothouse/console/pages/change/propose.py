"""GET, POST /changes/propose: a kind's form for one market, filled with what holds now.

It never writes to the exchange: it opens a change and previews it.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from pilothouse.access.models import Person
from pilothouse.access.roles import Right
from pilothouse.console import exchange
from pilothouse.console.pages.change.form import form
from pilothouse.console.pages.change.move import previewed
from pilothouse.console.pages.contract.powers import kinds_for
from pilothouse.console.rights import needs, person_of
from pilothouse.control import propose as proposing
from pilothouse.control.kinds import KINDS
from pilothouse.control.kinds.kind import Unreadable
from pilothouse.control.models import Change
from pilothouse.control.ports import ports
from pilothouse.control.refusals import Refused
from pilothouse.venue.views.markets import MarketView, all_markets


@needs(Right.PROPOSE)
def propose(request: HttpRequest) -> HttpResponse:
    """Show the form, or open the change and go to its page."""
    asked = request.POST if request.method == "POST" else request.GET
    kind = asked.get("kind", "")
    kind = kind if kind in KINDS else next(iter(KINDS))
    if request.method != "POST":
        return _page(request, kind, _market(asked.get("market", "")))
    market = _market(asked.get("market", ""))
    try:
        change = _open(kind, request.POST, person_of(request))
    except Unreadable as problem:
        return _page(request, kind, market, request.POST, str(problem), problem.field)
    except Refused as problem:
        return _page(request, kind, market, request.POST, str(problem))
    return redirect(f"/changes/{change.pk}")


def _open(kind: str, given: QueryDict, by: Person) -> Change:
    fields = KINDS[kind].parse(given.dict())
    change = proposing.propose(kind, fields, by=by, why=given.get("why", ""))
    try:
        return previewed(change, by)
    except Refused:
        # The change stands; its page says why it is not previewed and offers it again.
        return change


def _markets() -> list[MarketView]:
    with exchange.machine() as machine:
        return [one for one in all_markets(machine) if one.tradeable]


def _market(wanted: str) -> MarketView | None:
    """Return the market of this symbol or number."""
    for one in _markets():
        if wanted in (one.symbol, str(one.number)):
            return one
    return None


def _page(
    request: HttpRequest,
    kind: str,
    market: MarketView | None,
    given: QueryDict | None = None,
    fault: str = "",
    fault_field: str = "",
) -> HttpResponse:
    if market is not None and kind not in kinds_for(market):
        market, fault = None, f"{KINDS[kind].TITLE} belongs to contracts"
    facts: dict[str, Any] = {
        "nav": "changes",
        "kind": kind,
        "kind_title": KINDS[kind].TITLE,
        "protects": KINDS[kind].PROTECTS_DIRECTION,
        "kinds": [{"name": one.NAME, "title": one.TITLE} for one in KINDS.values()],
        "symbols": sorted(one.symbol for one in _markets()),
        "market": market,
        "why": given.get("why", "") if given else "",
        "fault": fault,
        "fault_field": fault_field,
    }
    if market is not None:
        described = KINDS[kind].describe(ports().reader, market.number)
        facts["form"] = form(described, given.dict() if given else None)
    return render(request, "change/propose.html", facts, status=422 if fault and given else 200)
