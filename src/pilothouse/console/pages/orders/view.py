"""GET /orders?q=: an order by any of its ids, or the orders that clients gave a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from pilothouse.access.roles import Right
from pilothouse.console import exchange
from pilothouse.console.answers import answer
from pilothouse.console.pages.orders.asking import busy, in_turn
from pilothouse.console.rights import needs
from pilothouse.records.archive.order_story import FOUND_MOST, Named, orders_named
from pilothouse.records.archive.refusals import Refused
from pilothouse.records.client_ids import order_number_of
from pilothouse.venue.views.markets import market

NAME_MOST: Final = 64


@dataclass(frozen=True)
class Line:
    """One order in the table, with its market's symbol."""

    order: Named
    symbol: str


@needs(Right.SEE_CLIENTS)
def orders(request: HttpRequest) -> HttpResponse:
    """Lead to the one order of an id, or answer the orders of a name; without one, the form."""
    wanted = request.GET.get("q", "").strip()[:NAME_MOST]
    number = order_number_of(wanted)
    if number is not None:
        return redirect(f"/orders/{number}")
    try:
        found = in_turn(request, lambda: orders_named(wanted), []) if wanted else []
    except Refused as why:
        return busy(request, why)
    with exchange.machine() as machine:
        listed = {one.market: market(machine, one.market) for one in found}
    lines = [Line(one, made.symbol if (made := listed[one.market]) else "") for one in found]
    drawing = {"nav": "orders", "wanted": wanted, "most": FOUND_MOST}
    return answer(request, "orders/page.html", {"orders": lines}, drawing)
