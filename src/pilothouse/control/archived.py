"""Changes as the archive shows them: one row a change, read whole whenever a picture is taken."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import pyarrow as pa

from pilothouse.control.models import Change, ChangeStep
from pilothouse.records.archive.team_tables import CHANGES
from pilothouse.records.readable import attempt, readable

_INCIDENT: Final = "incident:"


def changes() -> pa.Table:
    """Return every change that can be read, oldest first."""
    every = Change.objects.order_by("id").select_related("proposer")
    every = every.prefetch_related("steps", "touched")
    rows = (attempt(partial(_row, one)) for one in readable(every))
    return pa.Table.from_pylist([one for one in rows if one is not None], CHANGES.schema)


def _row(change: Change) -> dict[str, Any]:
    steps: list[ChangeStep] = list(change.steps.all())
    applied = [one for one in steps if one.applied_at is not None]
    verified = [one.verified_at for one in steps if one.verified_at is not None]
    first = min(applied, key=lambda one: one.applied_at or datetime.max, default=None)
    predicted = first.predicted if first else next((one.predicted for one in steps), {})
    return {
        "id": change.pk,
        "kind": change.kind,
        "title": change.title,
        "state": change.state,
        "change_class": change.change_class,
        "direction": change.direction,
        "market": _market(change),
        "incident": _incident(change.cause),
        "proposer": str(change.proposer),
        "proposed": plain_utc(change.proposed_at),
        "approved": plain_utc(change.approved_at),
        "applied": plain_utc(first.applied_at if first else None),
        "verified": plain_utc(max(verified, default=None)),
        "position": (first.position if first else None) or 0,
        "waited_for_signature_s": change.waited_for_signature_s,
        "predicted_below_initial": predicted.get("accounts_below_initial"),
        "predicted_below_maintenance": predicted.get("accounts_below_maintenance"),
    }


def _market(change: Change) -> int:
    """Return the market a change touches, 0 if it touches none or several."""
    parts = (one.name.split(":") for one in change.touched.all())
    found = {int(one[1]) for one in parts if one[0] == "market" and one[1].isdecimal()}
    return found.pop() if len(found) == 1 else 0


def _incident(cause: str) -> int:
    number = cause.removeprefix(_INCIDENT)
    return int(number) if cause.startswith(_INCIDENT) and number.isdecimal() else 0


def plain_utc(at: datetime | None) -> datetime | None:
    """Return a moment as the archive keeps it: in UTC, without saying so."""
    return at.astimezone(UTC).replace(tzinfo=None) if at else None
