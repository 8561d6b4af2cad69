"""What followed an applied change within the hour: liquidations, insurance, alerts, its reversal.

The archive is read by a worker every few seconds for the changes of the last day; pages show what
it counted last. Once the hour is over and archived a count is final and is not made again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.control import plan
from pilothouse.control.models import ChangeStep
from pilothouse.control.ports import ports
from pilothouse.language.numbers import HOUR_US, SECOND_US
from pilothouse.records.archive import running
from pilothouse.records.archive.connection import rows_of
from pilothouse.records.readable import attempt, readable
from pilothouse.venue.standstill import EPOCH
from pilothouse.watch.models import Alert
from pilothouse.watch.rules import scope_of

WITHIN_US: Final = HOUR_US
SETTLED_US: Final = 120 * SECOND_US
"""How long after its hour a count is made for the last time: the archive may be behind."""
BACK: Final = timedelta(hours=24)
STEPS_MOST: Final = 8
"""Steps that are counted: the newest that were applied."""
LIQUIDATED: Final = """
WITH asked AS (
  SELECT unnest(?::BIGINT[]) AS step, unnest(?::BIGINT[]) AS market,
         unnest(?::BIGINT[]) AS since, unnest(?::BIGINT[]) AS until
)
SELECT a.step, count(DISTINCT f.taker_account),
       sum(f.value * 1000000 // CAST(pow(10, q.decimals) AS BIGINT))::BIGINT
FROM asked a
JOIN fills f ON f.market = a.market AND f.time_us >= a.since AND f.time_us < a.until
JOIN markets m ON m.market = f.market
JOIN assets q ON q.asset = m.quote
WHERE f.fill_kind = 'liquidation'
GROUP BY a.step"""
INSURED: Final = """
WITH asked AS (
  SELECT unnest(?::BIGINT[]) AS step, unnest(?::BIGINT[]) AS since, unnest(?::BIGINT[]) AS until
)
SELECT a.step, q.display, sum(l.amount)::BIGINT, q.decimals
FROM asked a
JOIN liquidations l ON l.time_us >= a.since AND l.time_us < a.until
JOIN assets q ON q.asset = l.asset
WHERE l.deed = 'insurance_paid'
GROUP BY a.step, q.display, q.decimals
ORDER BY q.display"""


@dataclass(frozen=True)
class Paid:
    """What insurance pools paid of one asset, in its base units."""

    asset: str
    amount: int
    decimals: int


@dataclass(frozen=True)
class Aftermath:
    """What followed a step up to a moment (microseconds): in its markets, but for insurance.

    `insurance` is that of the whole exchange, for a pool pays for an account and not for a market.
    """

    until_us: int
    liquidated: int
    liquidated_micro_usd: int
    insurance: tuple[Paid, ...]
    alerts: int


@dataclass(frozen=True)
class _Asked:
    step: int
    markets: tuple[int, ...]
    since_us: int
    until_us: int


class Aftermaths:
    """What was counted last, by the step's key. A worker counts, pages read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: dict[int, Aftermath] = {}
        self._final: set[int] = set()

    def of(self, step: int) -> Aftermath | None:
        """Return what followed a step, None while it was not counted."""
        with self._lock:
            return self._counted.get(step)

    def count(self, now: datetime) -> None:
        """Count for the newest steps of the last day, but those whose count is final.

        Nothing is counted while this process has no archive: it is opened after the start.
        """
        if not running.is_connected():
            return
        recent = applied_since(now - BACK)[:STEPS_MOST]
        asked = [_asked(one, now) for one in recent if one.pk not in self._final]
        made = _counted([one for one in asked if one.markets]) if asked else {}
        kept, now_us = {one.pk for one in recent}, microseconds(now)
        ended = {one.step for one in asked if now_us >= one.since_us + WITHIN_US + SETTLED_US}
        with self._lock:
            both = self._counted | made
            self._counted = {step: one for step, one in both.items() if step in kept}
            self._final = (self._final | ended) & kept


AFTERMATHS: Final = Aftermaths()
"""Those of this process."""


def applied_since(since: datetime) -> list[ChangeStep]:
    """Return the steps that were applied from a moment on, the newest first."""
    found = ChangeStep.objects.filter(applied_at__gte=since).select_related("change")
    return readable(found.order_by("-applied_at", "-id"), 100)


def _asked(step: ChangeStep, now: datetime) -> _Asked:
    since_us = microseconds(step.applied_at) if step.applied_at else 0
    found = attempt(lambda: plan.kind_of(step.change).markets(step.fields))
    until_us = min(microseconds(now), since_us + WITHIN_US)
    return _Asked(step.pk, tuple(found or ()), since_us, until_us)


def _counted(asked: list[_Asked]) -> dict[int, Aftermath]:
    if not asked:
        return {}
    flat = [
        (one.step, market, one.since_us, one.until_us) for one in asked for market in one.markets
    ]
    liquidated = {row[0]: row[1:] for row in _archived(LIQUIDATED, flat)}
    insured: dict[int, list[Paid]] = {}
    spans = [(one.step, one.since_us, one.until_us) for one in asked]
    for step, *paid in _archived(INSURED, spans):
        insured.setdefault(step, []).append(Paid(*paid))
    symbols = {one.number: one.symbol for one in ports().reader.markets()}
    return {
        one.step: Aftermath(
            one.until_us,
            *liquidated.get(one.step, (0, 0)),
            tuple(insured.get(one.step, ())),
            _alerts(one, symbols),
        )
        for one in asked
    }


def _archived(query: str, asked: Iterable[tuple[int, ...]]) -> list[tuple[Any, ...]]:
    return rows_of(running.archive().home, query, [list(one) for one in zip(*asked, strict=True)])


def _alerts(asked: _Asked, symbols: dict[int, str]) -> int:
    scopes = [scope_of(symbols[one]) for one in asked.markets if one in symbols]
    since, until = (_moment(one) for one in (asked.since_us, asked.until_us))
    raised = Alert.objects.filter(scope__in=scopes, raised_at__gte=since, raised_at__lte=until)
    return raised.count()


def _moment(at_us: int) -> datetime:
    return EPOCH + timedelta(microseconds=at_us)
