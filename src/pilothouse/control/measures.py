"""The measures every change carries from its first day, so that its worth can be told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from pilothouse.access.models import Person
from pilothouse.control.deed import deed, locked, moment, note
from pilothouse.control.gates import has_right
from pilothouse.control.kinds.kind import Counts
from pilothouse.control.models import Change, ChangeStep
from pilothouse.control.moves import Verb
from pilothouse.control.refusals import NO_RIGHT, Refused

PROTECTED_SHOCK_PPM: Final = -100_000


def note_predicted(change: Change, step: ChangeStep, counts: Counts) -> None:
    """Write what was last predicted for a step. The caller saves the change."""
    step.predicted = counts
    step.save(update_fields=["predicted"])
    change.predicted = {**change.predicted, str(step.number): counts}


def note_actual(change: Change, step: ChangeStep, counts: Counts) -> None:
    """Write what the engine counted for a step. The caller saves the change."""
    step.actual = counts
    step.save(update_fields=["actual"])
    change.actual = {**change.actual, str(step.number): counts}


def note_signed(change: Change, now: datetime) -> None:
    """Write when the last signature came and how long it was waited for."""
    change.approved_at = now
    waited_since = change.previewed_at or change.proposed_at
    change.waited_for_signature_s = int((now - waited_since).total_seconds())


def note_applied(change: Change, now: datetime) -> None:
    """Write how long it took from the approval to the first command executed."""
    if change.applied_after_s is None and change.approved_at is not None:
        change.applied_after_s = int((now - change.approved_at).total_seconds())


def note_protected(change: Change, shocks: Sequence[dict[str, Any]]) -> None:
    """Estimate what the change protects, from the shock of ten per cent down, and say how."""
    found = [one for one in shocks if one.get("move_ppm") == PROTECTED_SHOCK_PPM]
    if not found:
        return
    change.protected_micro_usd = abs(found[0]["notional_with"] - found[0]["notional_without"])
    change.protected_how = (
        "notional below maintenance margin after a fall of 10 %, with the change against without"
    )
    change.save(update_fields=["protected_micro_usd", "protected_how"])


def needed_engineer(
    change: Change, why: str, *, by: Person, now: datetime | None = None
) -> Change:
    """Record that an engineer was needed for a change, and for what."""
    now = moment(now)
    with deed(Verb.EDIT, by, change.subject):
        if not has_right(Verb.PROPOSE, change.kind, by, now):
            raise Refused(NO_RIGHT)
        change = locked(change)
        change.needed_engineer, change.needed_engineer_why = True, why
        change.save()
        note(change, Verb.EDIT, by, now, f"an engineer was needed: {why}")
        return change
