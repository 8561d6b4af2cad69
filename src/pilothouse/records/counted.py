"""Rows of the audit counted for a bound: with their seal alone, and so many looked at.

Who writes the database puts in rows as many as a bound allows, and keeps a person from everything
that it bounds. A row counts that this exchange sealed; where many others lie among them the count
ends early, and permits more.
"""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet

from pilothouse.records import audit
from pilothouse.records.models import AuditRow
from pilothouse.records.readable import readable

BESIDE_MOST: Final = 1_000
"""Rows that are looked at beyond those that are counted."""


def count(rows: QuerySet[AuditRow], most: int) -> int:
    """Return how many of the newest rows have a number and a seal of this exchange, up to most."""
    counted = 0
    for row in readable(rows.order_by("-number"), most + BESIDE_MOST):
        counted += isinstance(row.number, int) and audit.is_sealed(row)
        if counted >= most:
            break
    return counted
