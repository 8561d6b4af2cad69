"""What the runbooks of an incident's alerts propose: a change's form, filled, with its cause."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from pilothouse.console.pages.alert.runbook import Runbook, runbook_of
from pilothouse.console.pages.alerts.reading import AlertLine, line
from pilothouse.desk import from_alert
from pilothouse.desk.models import Incident


@dataclass(frozen=True)
class Belonging:
    """An alert of an incident with its runbook. `draft` is the filled form's address, if any."""

    alert: AlertLine
    runbook: Runbook | None
    draft: str


def alerts_of(incident: Incident) -> list[Belonging]:
    """Return the alerts of an incident, oldest first, each with what its runbook drafts."""
    made = []
    for alert in from_alert.joined_alerts(incident):
        runbook = runbook_of(alert)
        draft = runbook.draft if runbook else ""
        cause = urlencode({"cause": incident.subject})
        made.append(Belonging(line(alert), runbook, f"{draft}&{cause}" if draft else ""))
    return made
