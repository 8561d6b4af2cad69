"""What is measured of a product over a time: how long it was not online, how fast people were.

Every number is counted from what is kept anyway; what never happened has no number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median_low
from typing import Final

from pilothouse.control.models import Change
from pilothouse.control.touching import touching_markets
from pilothouse.desk import clocks, statuses
from pilothouse.desk.clocks import Clock
from pilothouse.desk.models import Incident
from pilothouse.desk.moves import State
from pilothouse.language.kinds import MarketStatus

OVER: Final = timedelta(days=30)


@dataclass(frozen=True)
class Measured:
    """One measure: its name, its value in a unit ("s" or "count"), None if there is none."""

    name: str
    value: int | None
    unit: str


def of_product(
    markets: list[tuple[int, MarketStatus]], subjects: list[str], now: datetime
) -> list[Measured]:
    """Return the measures of the last thirty days. `markets` are numbers with present statuses.

    Medians are those of whole seconds, the lower one of two.
    """
    start = now - OVER
    changes = touching_markets(*(number for number, _ in markets)).filter(proposed_at__gte=start)
    incidents = Incident.objects.filter(
        affected__subject__in=subjects, opened_at__gte=start
    ).exclude(state=State.DISMISSED)
    distinct = list(incidents.distinct())
    away = sum(not_online_s(number, status, start, now) for number, status in markets)
    return [
        Measured("not online", away, "s"),
        Measured("incidents", len(distinct), "count"),
        Measured("time to acknowledge", _median(distinct, Clock.ACKNOWLEDGED), "s"),
        Measured("time to mitigate", _median(distinct, Clock.MITIGATED), "s"),
        Measured("changes", changes.count(), "count"),
        Measured("wait for signatures", _median_of(_waits(changes)), "s"),
    ]


def not_online_s(market: int, status: MarketStatus, start: datetime, now: datetime) -> int:
    """Return for how many whole seconds a market was not online between two moments, cut."""
    passed, at = timedelta(), now
    for move in reversed(statuses.between([market], start, now)):
        if status != MarketStatus.ONLINE:
            passed += at - move.at
        status, at = move.before, move.at
    if status != MarketStatus.ONLINE:
        passed += at - start
    return int(passed.total_seconds())


def _waits(changes: Iterable[Change]) -> list[int]:
    return [
        one.waited_for_signature_s for one in changes if one.waited_for_signature_s is not None
    ]


def _median(incidents: list[Incident], end: Clock) -> int | None:
    spans = []
    for one in incidents:
        read = clocks.moments(one)
        if Clock.DETECTED in read and end in read:
            spans.append(int((read[end] - read[Clock.DETECTED]).total_seconds()))
    return _median_of(spans)


def _median_of(values: list[int]) -> int | None:
    return median_low(values) if values else None
