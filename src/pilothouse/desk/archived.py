"""Incidents and alerts as the archive shows them: one row each, with what their clocks say."""

from __future__ import annotations

import pyarrow as pa

from pilothouse.control.archived import plain_utc
from pilothouse.control.ports import ports
from pilothouse.desk.clocks import Clock, moments
from pilothouse.desk.models import Incident, Joined
from pilothouse.records.archive.team_tables import ALERTS, INCIDENTS
from pilothouse.watch.models import Alert


def incidents() -> pa.Table:
    """Return every incident, oldest first."""
    rows = []
    for one in Incident.objects.order_by("id"):
        said = moments(one)
        clocks = {str(clock): plain_utc(said.get(clock)) for clock in Clock}
        head = {"id": one.pk, "title": one.title, "severity": one.severity, "state": one.state}
        rows.append({**head, **clocks})
    return pa.Table.from_pylist(rows, INCIDENTS.schema)


def alerts() -> pa.Table:
    """Return every alert, oldest first, with its market's number, its source and its incident."""
    every = list(Alert.objects.order_by("id"))
    numbers = {one.symbol: one.number for one in ports().reader.markets()} if every else {}
    incident = dict(Joined.objects.values_list("alert", "incident"))
    rows = [
        {
            "id": one.pk,
            "rule": one.rule,
            "severity": one.severity,
            "market": numbers.get(one.market, 0),
            "source": one.source_number,
            "raised": plain_utc(one.raised_at),
            "acknowledged": plain_utc(one.acknowledged_at),
            "resolved": plain_utc(one.resolved_at),
            "incident": incident.get(one.pk, 0),
        }
        for one in every
    ]
    return pa.Table.from_pylist(rows, ALERTS.schema)
