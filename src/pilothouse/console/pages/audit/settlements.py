"""Differences on the page of the audit: those that are open, proposed and settled, and who may."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pilothouse.access.models import Person
from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.control import reconciler, settling
from pilothouse.control.models import Reconciled
from pilothouse.control.refusals import Reason
from pilothouse.control.settling import Settlement

LISTED_MOST: Final = settling.AT_ONCE_MOST


def differences(person: Person, now: datetime) -> dict[str, Any]:
    """Return what the page shows of differences: the newest of each sort, and the buttons."""
    names = {f"person:{one.pk}": str(one) for one in Person.objects.all()}
    waiting = settling.waiting()
    proposed = {sentence for one in waiting for sentence in one.sentences}
    found = reconciler.differences()[:LISTED_MOST]
    return {
        "differences": [_difference(one, one.sentence in proposed) for one in found],
        "differences_count": reconciler.count(),
        "why_not_propose": _said(settling.why_not_propose(person, now)),
        "settlements": [_waiting(one, names, person, now) for one in waiting],
        "settled": [_settlement(one, names) for one in settling.signed()[: -LISTED_MOST - 1 : -1]],
        "why_most": settling.WHY_MOST,
    }


def _difference(one: Reconciled, is_proposed: bool) -> dict[str, Any]:
    return {
        "number": one.pk,
        "position": one.position,
        "difference": one.difference,
        "sentence": one.sentence,
        "change": one.change,
        "noted_at": microseconds(one.noted_at),
        "is_proposed": is_proposed,
    }


def _waiting(
    one: Settlement, names: dict[str, str], person: Person, now: datetime
) -> dict[str, Any]:
    return _settlement(one, names) | {
        "why_not_sign": _said(settling.why_not_sign(one, person, now)),
        "may_decline": settling.why_not_decline(one, person, now) is None,
    }


def _settlement(one: Settlement, names: dict[str, str]) -> dict[str, Any]:
    return {
        "key": one.key,
        "proposer": names.get(one.proposer, one.proposer),
        "signer": names.get(one.signer, one.signer),
        "why": one.why,
        "sentences": list(one.sentences),
        "at": microseconds(one.at),
        "signed_at": microseconds(one.signed_at) if one.signed_at else 0,
    }


def _said(reason: Reason | None) -> str:
    return f"{reason.sentence}: {reason.remedy}" if reason else ""
