"""GET /products/KEY: one product, whole."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.console import exchange
from pilothouse.console.answers import answer
from pilothouse.console.object_frame import audit_of, lately
from pilothouse.console.pages.alerts.reading import lasting
from pilothouse.console.pages.changes.reading import open_changes_touching
from pilothouse.console.pages.incidents.reading import active_incidents_affecting, count_affecting
from pilothouse.console.rights import needs, person_of
from pilothouse.control import register
from pilothouse.control.kinds import alert_rule, runbook
from pilothouse.control.kinds import product as kind
from pilothouse.desk import measured
from pilothouse.language.kinds import MarketStatus
from pilothouse.venue.views.markets import MarketView, all_markets


@needs(Right.VIEW)
def product(request: HttpRequest, key: str) -> HttpResponse:
    """Answer one product. A key that is none is 404."""
    entry = register.entry(kind.NAME, key)
    if entry is None:
        raise Http404(f"no product is called {key}")
    markets = _markets(entry)
    subjects = [f"product:{key}", *(f"market:{one.symbol}" for one in markets)]
    facts = _facts(entry, markets, subjects)
    facts |= lately([one.number for one in markets], subjects)
    facts |= audit_of(request, f"product:{key}")
    drawing = {"nav": "products", "may_propose": may(person_of(request), Right.PROPOSE)}
    return answer(request, "product/page.html", facts, drawing)


def _markets(entry: register.Entry) -> list[MarketView]:
    wanted = set(entry.body["markets"])
    with exchange.machine() as machine:
        return [one for one in all_markets(machine) if one.symbol in wanted]


def _facts(
    entry: register.Entry, markets: list[MarketView], subjects: list[str]
) -> dict[str, Any]:
    numbers = [one.number for one in markets]
    standing = [(one.number, MarketStatus(one.status)) for one in markets]
    return {
        "product": {
            "key": entry.key,
            "title": entry.body["title"],
            "owner": entry.body["owner"].replace("_", " "),
            "services": entry.body["services"],
            "version": entry.version,
            "change": entry.change,
        },
        "markets": markets,
        "state": _state(markets),
        "rules": _named(alert_rule.NAME, entry.body["rules"]),
        "runbooks": _named(runbook.NAME, entry.body["runbooks"]),
        "alerts": [one for one in lasting() if f"market:{one.market}" in subjects],
        "incidents": active_incidents_affecting(*subjects),
        "incidents_count": count_affecting(*subjects, active=True),
        "changes": open_changes_touching(numbers),
        "measured": measured.of_product(standing, subjects, timezone.now()),
    }


def _state(markets: list[MarketView]) -> str:
    """Return the word of the product's state: online, or how many of its markets are not."""
    away = sum(1 for one in markets if one.tradeable and one.status != MarketStatus.ONLINE)
    return "online" if not away else f"{away} of {len(markets)} markets not online"


def _named(entry_kind: str, keys: list[str]) -> list[dict[str, Any]]:
    held = {one.key: one.body for one in register.entries(entry_kind)}
    return [{"key": key, **held[key]} for key in keys if key in held]
