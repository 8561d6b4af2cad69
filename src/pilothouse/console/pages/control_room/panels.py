"""The panels of the control room: facts, drawings, and when each is drawn again.

A digest says what a panel shows. What moves all the time is drawn again every few seconds: its
digest holds the time in steps, so that no browser fetches it more often.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils import timezone

from pilothouse.access.rights import people_who_may
from pilothouse.access.roles import Right
from pilothouse.console.live.exceptions import ROWS, exceptions
from pilothouse.console.live.pulse import Pulse
from pilothouse.console.pages.changes.reading import microseconds, open_changes
from pilothouse.console.pages.control_room import channels, day, health, markets, price
from pilothouse.console.pages.control_room.applied import applied
from pilothouse.console.pages.control_room.coming import coming
from pilothouse.console.pages.control_room.heat import heat
from pilothouse.console.pages.control_room.incidents import SHOWN_MOST, strips
from pilothouse.console.pages.control_room.waiting import waiting
from pilothouse.console.pages.incidents.reading import active_count, active_incidents
from pilothouse.language.numbers import SECOND_US
from pilothouse.watch import running
from pilothouse.watch.history import History

ROWS_OF_A_STRIP: Final = 2
OFTEN_US: Final = 10 * SECOND_US
SELDOM_US: Final = 30 * SECOND_US


@dataclass(frozen=True)
class Panel:
    """What a panel shows: facts for people and JSON, and what only the page needs."""

    facts: dict[str, Any] = field(default_factory=dict)
    drawing: dict[str, Any] = field(default_factory=dict)


def _history() -> History:
    watchman = running.watchman()
    return watchman.history if watchman else History()


def incidents_panel(pulse: Pulse | None) -> Panel:
    """Return the worst active incidents with their clocks."""
    lines = active_incidents()
    shown = strips(lines)
    return Panel({"incidents": shown, "incidents_more": len(lines) - len(shown)})


def day_panel(pulse: Pulse | None) -> Panel:
    """Return what was done and what comes."""
    due = coming(pulse)
    now_us = pulse.time if pulse else microseconds(timezone.now())
    done = day.past()
    return Panel({"done": done[::-1], "coming": due}, {"day": day.day(done, due, now_us)})


def markets_panel(pulse: Pulse | None) -> Panel:
    """Return the markets by exception."""
    if pulse is None:
        return Panel({"markets": None})
    kept = _history()
    # Incidents stand above: what they take is given by normal markets.
    strip = min(SHOWN_MOST, active_count())
    shown = markets.markets(pulse, kept, ROWS - ROWS_OF_A_STRIP * strip)
    return Panel({"markets": shown}, {"market_lines": markets.drawn(shown, kept)})


def health_panel(pulse: Pulse | None) -> Panel:
    """Return margin health now and over time."""
    if pulse is None:
        return Panel({"health": None})
    shown = health.health(_history(), pulse.taken_at)
    drawn = {"heat": heat(pulse), "health_charts": health.drawings(shown)}
    return Panel({"health": shown}, drawn)


def waiting_panel(pulse: Pulse | None) -> Panel:
    """Return what waits and for whom, and who can sign."""
    rows = waiting(open_changes(), active_incidents())
    signers = [str(person) for person in people_who_may(Right.SIGN)]
    return Panel({"waiting": rows, "signers": signers})


def channels_panel(pulse: Pulse | None) -> Panel:
    """Return the health of the channels."""
    if pulse is None:
        return Panel({"channels": []})
    kept = _history()
    shown = channels.channels(kept, pulse.taken_at)
    lines = channels.drawn(shown, kept, pulse.taken_at)
    return Panel({"channels": shown}, {"channel_lines": lines})


def applied_panel(pulse: Pulse | None) -> Panel:
    """Return the changes of the last day."""
    return Panel({"applied": applied(timezone.now())})


def price_panel(pulse: Pulse | None) -> Panel:
    """Return the prices of the most unusual contract, else of the largest."""
    shown = price.price(pulse) if pulse else None
    if pulse is None or shown is None:
        return Panel({"price": None})
    chart = price.drawing(shown, _history(), pulse.taken_at)
    return Panel({"price": shown}, {"price_chart": chart})


def _of_markets(pulse: Pulse) -> object:
    seen = exceptions(pulse)
    named = [(one.market.symbol, one.market.status, one.reasons) for one in seen.rows]
    counts = len(pulse.named), len(pulse.quiet), pulse.not_tradeable
    return named, counts, pulse.taken_at // SELDOM_US


def _of_health(pulse: Pulse) -> object:
    seen = pulse.health
    return seen.in_protection, seen.below_maintenance, pulse.taken_at // OFTEN_US


def _of_incidents(pulse: Pulse) -> object:
    return strips(active_incidents())


def _of_waiting(pulse: Pulse) -> object:
    return waiting(open_changes(), active_incidents())


def _seldom(pulse: Pulse) -> object:
    return pulse.taken_at // SELDOM_US


def _often(pulse: Pulse) -> object:
    return pulse.taken_at // OFTEN_US


DIGESTS: Final[dict[str, Callable[[Pulse], object]]] = {
    "incidents": _of_incidents,
    "day": _often,
    "markets": _of_markets,
    "health": _of_health,
    "waiting": _of_waiting,
    "channels": _often,
    "applied": _often,
    "price": _seldom,
}
