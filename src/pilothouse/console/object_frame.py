"""The frame every object's page has: head with state, facts, line of time, audit.

`templates/object.html` draws it. The audit is shown to those whose role may read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.http import HttpRequest

from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.console.pages.audit.reading import lines
from pilothouse.console.rights import person_of
from pilothouse.records.models import AuditRow

ROWS_MOST: Final = 12


def audit_of(request: HttpRequest, *subjects: str) -> dict[str, Any]:
    """Return the newest audit rows about an object, None for those who may not read them."""
    if not may(person_of(request), Right.READ_AUDIT):
        return {"audit": None}
    return {"audit": lines(_newest(subjects))}


def _newest(subjects: Sequence[str]) -> list[AuditRow]:
    about = AuditRow.objects.filter(subject__in=subjects).order_by("-number")
    return list(about[:ROWS_MOST])
