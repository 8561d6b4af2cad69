"""What waits and for whom: alerts nobody took, incidents nobody commands, changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pilothouse.console.pages.changes.reading import STOPPED, ChangeLine, microseconds
from pilothouse.console.pages.incidents.reading import IncidentLine
from pilothouse.control.moves import MENDABLE, Owner
from pilothouse.control.policy import NEEDS
from pilothouse.control.severity import ORDER, Severity
from pilothouse.records.readable import readable
from pilothouse.watch.models import Alert
from pilothouse.watch.moves import State as AlertState

ROWS_MOST: Final = 40
MARKED: Final = frozenset({str(one) for one in (Severity.CRITICAL, *MENDABLE, *STOPPED)})
ALERTS_MOST: Final = 200
"""Alerts of which the worst are shown, the newest of them."""


@dataclass(frozen=True)
class Wait:
    """One thing that waits: for whom, what, in which state, since when (microseconds)."""

    who: str
    label: str
    title: str
    state: str
    address: str
    since: int

    @property
    def is_marked(self) -> bool:
        """Tell whether its state is shown: what is critical, and a change that was stopped."""
        return self.state in MARKED


def waiting(changes: list[ChangeLine], incidents: list[IncidentLine]) -> list[Wait]:
    """Return what waits for a person: alerts, then incidents, then changes in their order."""
    raised = Alert.objects.filter(state=AlertState.RAISED).order_by("-id")
    alerts = sorted(readable(raised, ALERTS_MOST), key=lambda one: _badness(one.severity))
    rows = [
        *(_alert(one) for one in alerts),
        *(_incident(one) for one in incidents if not one.commander),
        *(_change(one) for one in changes),
    ]
    return rows[:ROWS_MOST]


def _badness(severity: str) -> int:
    return ORDER.index(Severity(severity)) if severity in set(ORDER) else len(ORDER)


def _alert(alert: Alert) -> Wait:
    title, since = f"{alert.title}, {alert.where}", microseconds(alert.raised_at)
    owner, address = alert.owner.replace("_", " "), f"/alerts/{alert.pk}"
    return Wait(owner, f"AL-{alert.pk}", title, alert.severity, address, since)


def _incident(one: IncidentLine) -> Wait:
    title = f"{one.title}: nobody commands"
    return Wait(one.owner, one.label, title, one.severity, one.address, one.opened)


def _change(one: ChangeLine) -> Wait:
    return Wait(_whose(one), one.label, one.title, one.state, one.address, one.since)


def _whose(one: ChangeLine) -> str:
    if one.owner == Owner.PROPOSER:
        return one.proposer
    if one.owner == Owner.SIGNERS and one.change_class in NEEDS:
        need = NEEDS[one.change_class]
        between = " and " if need.each_of else " or "
        roles = between.join(sorted(need.roles)) or "anyone who can sign"
        return f"{roles} {one.signatures}/{one.signatures_needed}"
    return "its time" if one.owner == Owner.MACHINE else one.owner
