"""GET /lately: what changed in the last fifteen minutes, on one page; the key `w` leads here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from pilothouse.access.roles import Right
from pilothouse.console import exchange
from pilothouse.console.answers import answer
from pilothouse.console.happened import ended, happened
from pilothouse.console.live.pulse import Pulse
from pilothouse.console.live.ticker import latest
from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.console.rights import needs
from pilothouse.console.templatetags.figures import mark, usd_short
from pilothouse.venue.views.markets import MarketView
from pilothouse.watch import running
from pilothouse.watch.history import History
from pilothouse.watch.moved import Moved, judged, moved
from pilothouse.watch.noted import LAST
from pilothouse.watch.rules import scope_of

WITHIN: Final = timedelta(minutes=15)
MOVES_MOST: Final = 100
NAMES: Final = {LAST: "price", "open_interest": "open interest", "depth": "depth within 1 %"}


@dataclass(frozen=True)
class Move:
    """A number of a market that moved beyond its normal; the texts are in its unit."""

    symbol: str
    name: str
    before_text: str
    now_text: str
    moved_ppm: int
    deviations_ppm: int


@needs(Right.VIEW)
def lately(request: HttpRequest) -> HttpResponse:
    """Answer what changed lately."""
    exchange.reach()
    now = timezone.now()
    since, pulse, watchman = now - WITHIN, latest(), running.watchman()
    marks = sorted([*happened(since, now), *ended(since, now)], key=lambda one: -one.at_us)
    moves, learning = _moves(pulse, watchman.history if watchman else None, microseconds(since))
    facts = {
        "since": microseconds(since),
        "until": microseconds(now),
        "happened": marks,
        "moves": moves[:MOVES_MOST],
        "moves_count": len(moves),
        "learning": learning,
    }
    return answer(request, "lately/page.html", facts, {"nav": "lately"})


def _moves(pulse: Pulse | None, history: History | None, since_us: int) -> tuple[list[Move], bool]:
    """Return the moves, and whether too little is recorded to judge any market."""
    if pulse is None or history is None:
        return [], True
    by_scope = {scope_of(one.symbol): one for one in pulse.markets}
    found = moved(history, by_scope, since_us)
    learning = not any(judged(history, scope, since_us) for scope in by_scope)
    return [_move(one, by_scope[one.key[1]]) for one in found], learning


def _move(one: Moved, market: MarketView) -> Move:
    def say(value: int) -> str:
        return mark(value, market) if one.key[0] == LAST else usd_short(value)

    texts = say(one.before), say(one.now)
    name = NAMES[one.key[0]]
    return Move(market.symbol, name, *texts, one.moved_ppm, one.deviations_ppm)
