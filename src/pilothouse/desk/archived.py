"""Incidents as the archive shows them: one row an incident, with what its clocks say."""

from __future__ import annotations

import pyarrow as pa

from pilothouse.control.archived import plain_utc
from pilothouse.desk.clocks import Clock, moments
from pilothouse.desk.models import Incident
from pilothouse.records.archive.team_tables import INCIDENTS


def incidents() -> pa.Table:
    """Return every incident, oldest first."""
    rows = []
    for one in Incident.objects.order_by("id"):
        said = moments(one)
        clocks = {str(clock): plain_utc(said.get(clock)) for clock in Clock}
        head = {"id": one.pk, "title": one.title, "severity": one.severity, "state": one.state}
        rows.append({**head, **clocks})
    return pa.Table.from_pylist(rows, INCIDENTS.schema)
