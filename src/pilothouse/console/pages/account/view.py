"""GET /accounts/NUMBER: one account at one position, as the exchange sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse

from pilothouse.access.roles import Right
from pilothouse.console import exchange
from pilothouse.console.answers import answer
from pilothouse.console.object_frame import audit_of, deeds_about
from pilothouse.console.pages.account.arithmetic import arithmetic
from pilothouse.console.pages.account.events import events_of
from pilothouse.console.rights import needs
from pilothouse.records.timeline import TIMELINE
from pilothouse.venue.views import accounts, assets, margin, markets, orders
from pilothouse.venue.views.accounts import BalanceView, PositionView
from pilothouse.venue.views.assets import AssetView
from pilothouse.venue.views.markets import MarketView
from pilothouse.venue.views.orders import OrderView

ORDERS_MOST: Final = 100


@dataclass(frozen=True)
class Held:
    """A balance with its asset."""

    balance: BalanceView
    asset: AssetView


@dataclass(frozen=True)
class Open:
    """A position with its contract."""

    position: PositionView
    market: MarketView


@dataclass(frozen=True)
class Resting:
    """An order with its market."""

    order: OrderView
    market: MarketView


@needs(Right.SEE_CLIENTS)
def account(request: HttpRequest, number: int) -> HttpResponse:
    """Answer one account. An unknown number is 404."""
    with exchange.machine() as machine:
        facts = _facts(machine, number)
        facts |= {"events": events_of(machine, number), "events_since": TIMELINE.since}
    facts |= {"timeline": deeds_about(f"account:{number}")}
    facts |= audit_of(request, f"account:{number}")
    return answer(request, "account/page.html", facts)


def _facts(machine: Any, number: int) -> dict[str, Any]:
    found = accounts.account(machine, number)
    if found is None:
        raise Http404(f"there is no account {number}")
    listed = {one.number: one for one in markets.all_markets(machine)}
    held = {one.number: one for one in assets.all_assets(machine)}
    positions = accounts.positions(machine, number)
    view = margin.margin(machine, number)
    return {
        "position": machine.position,
        "time": machine.time,
        "account": found,
        "balances": [Held(one, held[one.asset]) for one in accounts.balances(machine, number)],
        "positions": [Open(one, listed[one.market]) for one in positions],
        "margin": view,
        "arithmetic": arithmetic(view, positions, held),
        "orders": [
            Resting(one, listed[one.market])
            for one in orders.orders(machine, number)[:ORDERS_MOST]
        ],
    }
