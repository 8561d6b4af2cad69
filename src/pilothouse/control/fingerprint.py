"""What is signed: the canonical bytes of everything that would happen, and their SHA-256."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pilothouse.control import plan
from pilothouse.control.canonical import plain_hash
from pilothouse.control.models import Change, ChangeStep

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def signed_content(change: Change, steps: list[ChangeStep]) -> dict[str, Any]:
    """Return everything a signature covers, as plain values.

    Words carry base and ceiling in their bytes; both stand beside them so that a kind whose
    words have no ceiling is covered too.
    """
    return {
        "change": change.pk,
        "kind": change.kind,
        "class": change.change_class,
        "cause": change.cause,
        "scope": change.objects_touched,
        "guards": change.guards,
        "undo": change.rollback,
        "reverts": change.reverts_id,
        "steps": [_signed_step(step) for step in steps],
    }


def _signed_step(step: ChangeStep) -> dict[str, Any]:
    hearer, words = plan.said_by(step)
    return {
        "number": step.number,
        "rows": hearer.signed(words, step.change_id, step.number),
        "base": step.base_version,
        "ceiling": step.ceiling,
        "not_before_us": _microseconds(step.not_before),
        "not_after_us": _microseconds(step.not_after),
        "conditions": step.conditions,
        "soak_s": step.soak_s,
    }


def _microseconds(at: datetime | None) -> int | None:
    return None if at is None else (at - EPOCH) // timedelta(microseconds=1)


def fingerprint_of(change: Change) -> str:
    """Return the fingerprint of a change: what a signature names."""
    steps = [one for one in change.steps.order_by("number") if one.state != ChangeStep.At.REPLACED]
    return plain_hash(signed_content(change, steps))
