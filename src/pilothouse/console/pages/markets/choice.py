"""Which markets of many, and in which order: by name, status and kind, a part at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from django.http import QueryDict

from pilothouse.console.pages.search.market_names import names_of
from pilothouse.console.query import row_number
from pilothouse.language.kinds import MarketKind, MarketStatus
from pilothouse.language.numbers import PPM
from pilothouse.venue.views.markets import MarketView
from pilothouse.watch.measuring import notional

A_PAGE: Final = 100
PRICE_DECIMALS: Final = 18
"""More than any market's prices have."""
WANTED_MOST: Final = 64
WEIGHT: Final = "weight"
"""The order in which nothing was chosen: what trades first, the largest open interest first."""


def _spread_ppm(one: MarketView) -> int:
    return (one.ask - one.bid) * PPM // one.bid if one.bid and one.ask else -1


def _price(one: MarketView) -> int:
    # Of different decimals: only as many of them can be compared.
    return int(one.last_price * 10 ** (PRICE_DECIMALS - one.price_decimals))


SORTS: Final[dict[str, Callable[[MarketView], Any]]] = {
    WEIGHT: lambda one: (not one.tradeable, -notional(one, one.open_interest), one.symbol),
    "symbol": lambda one: one.symbol,
    "kind": lambda one: (int(one.kind), one.symbol),
    "status": lambda one: (-int(one.status), one.symbol),
    "last": lambda one: (-_price(one), one.symbol),
    "spread": lambda one: (-_spread_ppm(one), one.symbol),
    "band": lambda one: (-one.band_ppm, one.symbol),
}
"""By what the table can be ordered; figures begin with the largest."""


@dataclass(frozen=True)
class Choice:
    """What was chosen; empty texts leave it open. `page` begins at 1."""

    wanted: str = ""
    status: str = ""
    kind: str = ""
    sort: str = WEIGHT
    reverse: bool = False
    page: int = 1

    def address(self, **other: Any) -> str:
        """Return the address of this choice with something else chosen."""
        one = replace(self, **other)
        words = {
            "q": one.wanted,
            "status": one.status,
            "kind": one.kind,
            "sort": one.sort if one.sort != WEIGHT else "",
            "reverse": "1" if one.reverse else "",
            "page": str(one.page) if one.page > 1 else "",
        }
        asked = urlencode({name: word for name, word in words.items() if word})
        return f"/markets?{asked}" if asked else "/markets"


@dataclass(frozen=True)
class Part:
    """The markets of one page, how many fit in all, and how many of each status those are."""

    markets: list[MarketView]
    count: int
    pages: int
    by_status: dict[str, int]


def choice_of(given: QueryDict) -> Choice:
    """Return what a request chose; what is none of the choices chooses nothing."""
    statuses, kinds = ({one.name.lower() for one in kind} for kind in (MarketStatus, MarketKind))
    sort, page = given.get("sort", WEIGHT), row_number(given.get("page", "1"))
    return Choice(
        wanted=given.get("q", "").strip().lower()[:WANTED_MOST],
        status=given.get("status", "") if given.get("status") in statuses else "",
        kind=given.get("kind", "") if given.get("kind") in kinds else "",
        sort=sort if sort in SORTS else WEIGHT,
        reverse=given.get("reverse") == "1",
        page=max(1, page or 1),
    )


def part_of(listed: list[MarketView], choice: Choice) -> Part:
    """Return the part of the markets that was chosen."""
    named = _named(listed, choice.wanted)
    of_kind = [one for one in named if choice.kind in ("", MarketKind(one.kind).name.lower())]
    counted = Counter(_status(one) for one in of_kind)
    fitting = [one for one in of_kind if choice.status in ("", _status(one))]
    fitting.sort(key=SORTS[choice.sort], reverse=choice.reverse)
    pages = max(1, -(-len(fitting) // A_PAGE))
    begin = (min(choice.page, pages) - 1) * A_PAGE
    return Part(fitting[begin : begin + A_PAGE], len(fitting), pages, dict(counted))


def _named(listed: list[MarketView], wanted: str) -> list[MarketView]:
    if not wanted:
        return list(listed)
    names = names_of(listed)
    return [one for one in listed if any(wanted in name for name in names[one.number])]


def _status(one: MarketView) -> str:
    return MarketStatus(one.status).name.lower()
