"""What an explanation owes to changes: which touched it, who signed them, what without them.

The journal names the change that a command serves; the words and the people are our own rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pilothouse.control.models import Change, ChangeStep
from pilothouse.control.touching import touching_markets
from pilothouse.language.numbers import SECOND_US
from pilothouse.venue.explanation.facts import Explanation
from pilothouse.venue.explanation.what_if import WouldHave, would_have
from pilothouse.venue.past import Past

HOURS_BEFORE: Final = 24


@dataclass(frozen=True)
class Signer:
    """Who signed a change, in which roles, and when (microseconds)."""

    name: str
    roles: tuple[str, ...]
    signed_at: int


@dataclass(frozen=True)
class Touching:
    """A change that was executed in the hours before, on a market the event depended on."""

    number: int
    title: str
    kind: str
    why: str
    proposer: str
    signers: tuple[Signer, ...]
    positions: tuple[int, ...]
    applied_at: int
    changed: tuple[str, ...]
    """What it changed, each as "initial margin from 2 % to 4 %"."""


def changes_before(one: Explanation, hours: int = HOURS_BEFORE) -> list[Touching]:
    """Return the changes that touched it in the hours before, the last one first."""
    at = datetime.fromtimestamp(one.moment.time // SECOND_US, UTC)
    steps = ChangeStep.objects.filter(
        position__isnull=False,
        outcome=0,
        position__lt=_before(one),
        applied_at__gte=at - timedelta(hours=hours),
        change__in=touching_markets(*one.markets),
    ).select_related("change", "change__proposer")
    by_change: dict[int, list[ChangeStep]] = {}
    for step in steps.order_by("position"):
        by_change.setdefault(step.change_id, []).append(step)
    made = [_touching(found[0].change, found) for found in by_change.values()]
    return sorted(made, key=lambda change: change.positions[-1], reverse=True)


def without_it(past: Past, one: Explanation, change: Touching) -> WouldHave:
    """Return what would have become of it without a change. May take a second or two."""
    return would_have(past, one, change.positions)


def _before(one: Explanation) -> int:
    # What the end of a block did had every command of the block before it.
    return one.moment.position if one.refusal else one.moment.position + 1


def _touching(change: Change, steps: Sequence[ChangeStep]) -> Touching:
    signatures = change.signatures.select_related("person").all()
    signers = tuple(Signer(str(s.person), tuple(s.roles), _us(s.signed_at)) for s in signatures)
    last: Any = steps[-1].applied_at
    return Touching(
        number=change.pk,
        title=change.title,
        kind=change.kind,
        why=change.why,
        proposer=str(change.proposer),
        signers=signers,
        positions=tuple(int(step.position or 0) for step in steps),
        applied_at=_us(last),
        changed=tuple(_changed(change.difference)),
    )


def _changed(difference: Sequence[Any]) -> Iterator[str]:
    for one in difference:
        if one["effect"] != "same":
            yield f"{one['name']} from {one['before']} to {one['after']}"


def _us(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
