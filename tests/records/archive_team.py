"""The team's own rows while blocks are archived: alerts, changes and incidents come and move on.

What a block brings about is the same however often it is lived: a process that was killed in the
middle is followed by one that lives the block again.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)
ALERT_EVERY, CHANGE_EVERY, INCIDENT_EVERY = 3, 5, 8


def show(keeper: Any) -> None:
    """Have the keeper show the team's rows as the console does."""
    from pilothouse.control import archived as control_archived
    from pilothouse.control import ports
    from pilothouse.desk import archived as desk_archived
    from tests.control.doubles import Exchange

    exchange = Exchange()
    ports.connect(exchange, exchange, exchange, exchange)
    keeper.pictures.show("changes", control_archived.changes)
    keeper.pictures.show("incidents", desk_archived.incidents)
    keeper.pictures.show("alerts", desk_archived.alerts)


def people() -> Any:
    """Return who proposes and opens."""
    from pilothouse.access.models import Person

    found = Person.objects.filter(username="operator").first()
    return found or Person.objects.create_user("operator")


def live(block: int, person: Any) -> None:
    """Write what block `block` brings about."""
    now = NOON + timedelta(seconds=block, microseconds=block)
    for every, begin, go_on in (
        (ALERT_EVERY, _raise, _resolve),
        (CHANGE_EVERY, _propose, _apply),
        (INCIDENT_EVERY, _open, _mitigate),
    ):
        if block % every == 0:
            begin(f"of block {block}", now, person)
        # Of two one moves on.
        if block % (2 * every) == every + 1:
            go_on(f"of block {block - 1}", now)


def _raise(name: str, now: datetime, person: Any) -> None:
    from pilothouse.watch.models import Alert

    more = {"rule_version": 1, "about": "value", "title": name, "measure": "spread", "limit": 1}
    more |= {"severity": "high", "owner": "operator", "raised_at": now}
    Alert.objects.get_or_create(rule=name, scope="market:PF_XBTUSD", defaults=more)


def _resolve(name: str, now: datetime) -> None:
    from pilothouse.watch.models import Alert

    Alert.objects.filter(rule=name).update(state="resolved", resolved_at=now)


def _propose(name: str, now: datetime, person: Any) -> None:
    from pilothouse.control.models import Change

    more = {"kind": "margin_schedule", "why": "a test", "state_at": now, "proposer": person}
    more |= {"proposed_at": now, "change_class": "B", "direction": "tightening"}
    Change.objects.get_or_create(title=name, defaults=more | {"reversible": "yes"})


def _apply(name: str, now: datetime) -> None:
    from pilothouse.control.models import Change

    change = Change.objects.get(title=name)
    change.state = "applied"
    change.save()
    more = {"base_version": 1, "applied_at": now, "position": change.pk}
    change.steps.get_or_create(number=1, defaults=more)


def _open(name: str, now: datetime, person: Any) -> None:
    from pilothouse.desk.models import Incident

    more = {"severity": "high", "owner": "operator", "state_at": now, "opened_at": now}
    Incident.objects.get_or_create(title=name, defaults=more | {"opened_by": person})


def _mitigate(name: str, now: datetime) -> None:
    from pilothouse.desk.models import Incident

    Incident.objects.filter(title=name).update(state="mitigated", state_at=now)


def measured(block: int, time_us: int) -> pa.Table:
    """Return one measure of a block, whose scope is the process that took it."""
    rows = {
        "time": pa.array([time_us + block], pa.timestamp("us")),
        "measure": ["spread"],
        "scope": [f"process:{os.getpid()}"],
        "value": pa.array([block], pa.int64()),
    }
    return pa.table(rows)
