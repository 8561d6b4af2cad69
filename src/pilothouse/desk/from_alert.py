"""An alert becomes an incident in one step, or joins one that is open; the desk hears of alerts.

`wiring` connects `hear`: it is called within the transaction of a deed on an alert.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from pilothouse.access.models import Person
from pilothouse.access.roles import Role
from pilothouse.control import register
from pilothouse.control.deed import moment
from pilothouse.control.kinds import alert_rule, product
from pilothouse.control.refusals import Refused
from pilothouse.control.said import TITLE_MOST, shortened
from pilothouse.control.severity import ORDER, Severity
from pilothouse.desk import notices, refusals
from pilothouse.desk.deed import deed, move, on
from pilothouse.desk.links import link
from pilothouse.desk.models import Incident, Joined
from pilothouse.desk.moves import ACTIVE, Verb
from pilothouse.desk.opening import open_incident
from pilothouse.watch import alerts
from pilothouse.watch.models import Alert
from pilothouse.watch.moves import Verb as AlertVerb

TOLD: Final[dict[str, str]] = {
    AlertVerb.RAISE: "raised",
    AlertVerb.ESCALATE: "escalated",
    AlertVerb.RESOLVE: "over",
}
"""What people are told of an alert, and in which word."""
JOINABLE_MOST: Final = 50
"""Open incidents that are offered to an alert."""


def make_incident(alert: Alert, *, by: Person, now: datetime | None = None) -> Incident:
    """Make an alert an incident, and take the alert with it. Raises Refused.

    It was detected when the alert was raised; it occurred before that for as long as the rule
    waits. It affects the alert's market and the products that have it.
    """
    now = moment(now)
    with deed(Verb.OPEN, by, alert.subject):
        _free(alert)
        incident = open_incident(
            _title(alert),
            Severity(alert.severity),
            by=by,
            owner=Role(alert.owner),
            affected=affected_by(alert),
            occurred=alert.raised_at - _waited(alert),
            detected=alert.raised_at,
            now=now,
        )
        return join(incident, alert, by=by, now=now)


def join(incident: Incident, alert: Alert, *, by: Person, now: datetime | None = None) -> Incident:
    """Have an alert belong to an incident, and take it if nobody has. Raises Refused."""
    now = moment(now)
    with on(incident, Verb.JOIN, by, now) as held:
        _free(alert)
        Joined.objects.create(incident=held, alert=alert.pk)
        _affect_too(held, alert)
        words = f"AL-{alert.pk}: {alert.title}, {alert.where}"
        move(held, Verb.JOIN, by=by, now=now, why=words, facts={"alert": alert.pk})
        if alerts.why_not(AlertVerb.ACKNOWLEDGE, alert, by, now) is None:
            alerts.acknowledge(alert, by=by, now=now)
    return held


def incident_of(alert: int) -> Incident | None:
    """Return the incident an alert belongs to, if it belongs to one."""
    joined = Joined.objects.filter(alert=alert).select_related("incident").first()
    return joined.incident if joined else None


def joined_alerts(incident: Incident) -> list[Alert]:
    """Return the alerts that belong to an incident, oldest first."""
    numbers = [one.alert for one in incident.alerts.all()]
    return list(Alert.objects.filter(pk__in=numbers).order_by("id"))


def free_alerts() -> list[Alert]:
    """Return the open alerts that belong to no incident."""
    taken = set(Joined.objects.values_list("alert", flat=True))
    return [one for one in alerts.open_alerts() if one.pk not in taken]


def open_for(alert: Alert) -> list[Incident]:
    """Return the open incidents an alert may join, those of its market first, then the worst.

    At most JOINABLE_MOST of them.
    """
    affected = affected_by(alert)
    found = list(Incident.objects.filter(state__in=ACTIVE).prefetch_related("affected"))
    found.sort(key=lambda one: (not _shares(one, affected), ORDER.index(Severity(one.severity))))
    return found[:JOINABLE_MOST]


def affected_by(alert: Alert) -> list[str]:
    """Return what an alert's incident affects: its market, and the products that have it."""
    if not alert.market:
        return []
    products = [
        f"product:{one.key}"
        for one in register.entries(product.NAME)
        if alert.market in one.body["markets"]
    ]
    return [f"market:{alert.market}", *products]


def hear(alert: Alert, verb: AlertVerb, by: Person | None, now: datetime) -> None:
    """Tell people of an alert. An alert of an incident is told by its incident from then on."""
    if verb not in TOLD or incident_of(alert.pk) is not None:
        return
    notices.write(
        f"alert.{verb}",
        alert.subject,
        severity=alert.severity,
        owner=alert.owner,
        title=f"[{alert.severity.upper()}] AL-{alert.pk} {TOLD[verb]}: {alert.title}",
        body=f"{alert.where}\nturn of {alert.owner}\npage {link(f'/alerts/{alert.pk}')}",
        now=now,
    )


def _title(alert: Alert) -> str:
    # Where it is stands whole, however long the rule's own title is.
    where = f", {alert.where}"
    return shortened(alert.title, TITLE_MOST - len(where)) + where


def _shares(incident: Incident, affected: list[str]) -> bool:
    return any(one.subject in affected for one in incident.affected.all())


def _free(alert: Alert) -> None:
    taken = incident_of(alert.pk)
    if taken is not None:
        raise Refused(refusals.ALERT_IS_TAKEN, taken.label)


def _affect_too(incident: Incident, alert: Alert) -> None:
    for subject in affected_by(alert):
        incident.affected.get_or_create(subject=subject)


def _waited(alert: Alert) -> timedelta:
    versions = register.versions(alert_rule.NAME, alert.rule)
    held = [one for one in versions if one.version == alert.rule_version]
    return timedelta(seconds=held[0].body.get("for_s", 0) if held else 0)
