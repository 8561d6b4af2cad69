"""GET /orders/ID: one order, by its number, its spot id or its futures id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from pilothouse.access.roles import Right
from pilothouse.console import exchange
from pilothouse.console.answers import answer
from pilothouse.console.pages.orders.asking import busy, in_turn
from pilothouse.console.rights import needs
from pilothouse.language.kinds import MarketKind
from pilothouse.records.archive.order_story import End, Story, story_of
from pilothouse.records.archive.refusals import Refused
from pilothouse.records.client_ids import FUTURES_ORDER, ORDER, order_number_of, txid_of, uuid_of
from pilothouse.venue.views.assets import AssetView, asset
from pilothouse.venue.views.markets import MarketView, market
from pilothouse.venue.views.orders import OrderView
from pilothouse.venue.views.orders import order as open_order


@dataclass(frozen=True)
class Asked:
    """An order as it was sent, whether it is in the archive yet or only in the book."""

    account: int
    market: int
    side: str
    order_type: str
    price: int
    quantity: int
    placed: int
    client_order_id: str


@needs(Right.SEE_CLIENTS)
def order(request: HttpRequest, name: str) -> HttpResponse:
    """Answer one order; another of its ids leads to the address with its number."""
    number = order_number_of(name)
    if number is None:
        raise Http404(f"{name} is the id of no order")
    if name != str(number):
        return redirect(f"/orders/{number}")
    try:
        story = in_turn(request, lambda: story_of(number), None)
    except Refused as why:
        return busy(request, why)
    with exchange.machine() as machine:
        resting = open_order(machine, number)
        asked = _asked(story, resting)
        if asked is None:
            raise Http404(f"there is no order {number}")
        listed = market(machine, asked.market)
        quote = asset(machine, listed.quote) if listed else None
    facts = _facts(number, asked, story, resting, listed, quote)
    return answer(request, "order/page.html", facts, {"nav": "orders", "market": listed})


def _asked(story: Story | None, resting: OrderView | None) -> Asked | None:
    if story is not None:
        one = story.ends[0]
        return Asked(
            account=one.account,
            market=one.market,
            side=one.side,
            order_type=_said(one),
            price=one.price,
            quantity=one.quantity,
            placed=one.time,
            client_order_id=one.client_order_id or "",
        )
    if resting is None:
        return None
    words = (resting.side.name.lower(), resting.order_type.name.lower())
    figures = (resting.price, resting.quantity, resting.placed_at)
    return Asked(resting.account, resting.market, *words, *figures, "")


def _said(one: End) -> str:
    words = [one.order_type, one.time_in_force.replace("_", " ")]
    words += ["post only"] * one.post_only + ["reduce only"] * one.reduce_only
    return ", ".join(words)


def _facts(
    number: int,
    asked: Asked,
    story: Story | None,
    resting: OrderView | None,
    listed: MarketView | None,
    quote: AssetView | None,
) -> dict[str, Any]:
    is_spot = listed is None or listed.kind is MarketKind.SPOT
    return {
        "number": number,
        "id": txid_of(ORDER, number) if is_spot else uuid_of(FUTURES_ORDER, number),
        "symbol": listed.symbol if listed else "",
        "asked": asked,
        "state": _state(story, resting),
        "remaining": resting.remaining if resting else 0,
        "story": story,
        "quote": quote.display if quote else "",
        "quote_decimals": quote.decimals if quote else 0,
    }


def _state(story: Story | None, resting: OrderView | None) -> str:
    """Return what an order is now, in one word."""
    if resting is not None:
        return "open"
    assert story is not None
    last = story.ends[-1]
    if last.deed == "placed":
        # It left the book, and what ended it is not in the archive yet.
        return "filled" if story.filled >= last.quantity else "ended, not archived yet"
    return last.deed
