"""Alerts as lines of a table: what other pages show of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Q

from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.console.query import row_number
from pilothouse.console.templatetags.figures import NONE, grouped, usd
from pilothouse.control import watched
from pilothouse.control.watched import MEASURES, Unit
from pilothouse.language.numbers import format_decimal
from pilothouse.watch import alerts
from pilothouse.watch.models import Alert
from pilothouse.watch.moves import State

OVER_MOST: Final = 100
LIKE_MOST: Final = 20


@dataclass(frozen=True)
class AlertLine:
    """One alert in a table; moments in microseconds, 0 if none, values in the measure's unit."""

    number: int
    title: str
    rule: str
    scope: str
    market: str
    where: str
    about: str
    measure: str
    unit: str
    value: int | None
    limit: int
    value_text: str
    limit_text: str
    severity: str
    state: str
    owner: str
    raised: int
    escalations: int
    acknowledged_by: str
    acknowledged: int
    resolved: int
    resolved_by: str
    resolved_why: str

    @property
    def label(self) -> str:
        """Return what people call it."""
        return f"AL-{self.number}"

    @property
    def address(self) -> str:
        """Return its page."""
        return f"/alerts/{self.number}"


def line(alert: Alert) -> AlertLine:
    """Return an alert as a line."""
    known = MEASURES.get(alert.measure)
    unit = known.unit if known else Unit.COUNT
    return AlertLine(
        number=alert.pk,
        title=alert.title,
        rule=alert.rule,
        scope=alert.scope,
        market=alert.market,
        where=alert.where,
        about=alert.about,
        measure=alert.measure,
        unit=unit,
        value=alert.value,
        limit=alert.limit,
        value_text=said(alert.value, unit),
        limit_text=exactly(alert.limit, unit),
        severity=alert.severity,
        state=alert.state,
        owner=alert.owner.replace("_", " "),
        raised=microseconds(alert.raised_at),
        escalations=alert.escalations,
        acknowledged_by=str(alert.acknowledged_by or ""),
        acknowledged=microseconds(alert.acknowledged_at) if alert.acknowledged_at else 0,
        resolved=microseconds(alert.resolved_at) if alert.resolved_at else 0,
        resolved_by=str(alert.resolved_by or ("the machine" if alert.resolved_at else "")),
        resolved_why=alert.resolved_why,
    )


def said(value: int | None, unit: Unit) -> str:
    """Return a measured value as a page shows it; deviations are cut to one decimal."""
    if value is None:
        return NONE
    if unit is Unit.MICRO_USD:
        return usd(value)
    if unit is Unit.DEVIATIONS_PPM:
        return f"{format_decimal(value // 100_000, 1)} {watched.word(unit)}"
    return exactly(value, unit)


def exactly(value: int, unit: Unit) -> str:
    """Return a limit as a page shows it: as it was signed, however small it is."""
    return f"{grouped(watched.shown(value, unit))} {watched.word(unit)}".strip()


def lasting() -> list[AlertLine]:
    """Return the alerts that last: the worst first, then those nobody has taken."""
    return [line(one) for one in alerts.open_alerts()]


def over() -> list[AlertLine]:
    """Return the alerts that are over, the newest first."""
    ended = Alert.objects.filter(state=State.RESOLVED)
    people = ended.select_related("acknowledged_by", "resolved_by")
    return [line(one) for one in people.order_by("-resolved_at")[:OVER_MOST]]


def alerts_like(wanted: str) -> list[AlertLine]:
    """Return the alerts whose number, title or scope has these letters, the newest first."""
    number = row_number(wanted.removeprefix("al-").removeprefix("#"))
    fitting = Q(title__icontains=wanted) | Q(scope__icontains=wanted)
    if number is not None:
        fitting = Q(pk=number)
    people = Alert.objects.filter(fitting).select_related("acknowledged_by", "resolved_by")
    return [line(one) for one in people.order_by("-raised_at")[:LIKE_MOST]]
