"""Everything the page of a change shows, read from change control as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from types import SimpleNamespace
from typing import Any

from django.utils import timezone

from pilothouse.console.charts.distribution import distribution
from pilothouse.console.pages.change.affected import affected
from pilothouse.console.pages.change.counts import counts
from pilothouse.console.pages.change.timeline import timeline
from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.control import evidence, inherited, plan, signing
from pilothouse.control.conditions import CONDITIONS, seen_waiting_for
from pilothouse.control.models import Change, ChangeStep
from pilothouse.control.moves import MENDABLE, State
from pilothouse.control.policy import UNFINISHED
from pilothouse.language.refusals import describe

STOPPED = (*MENDABLE, State.FAILED, State.INCONCLUSIVE)


@dataclass(frozen=True)
class Head:
    """What a change is, in plain values; times in microseconds since the epoch."""

    number: int
    label: str
    kind: str
    title: str
    why: str
    cause: str
    state: str
    state_reason: str
    stopped: bool
    owner: str
    change_class: str
    class_reasons: list[str]
    direction: str
    reversible: str
    proposer: str
    proposed_at: int
    fingerprint: str
    reverts: int | None


@dataclass(frozen=True)
class Step:
    """One step of the plan; `predicted` are the counts under the plan's headings, `at_least` if
    its preview saw no end of what follows.
    """

    number: int
    state: str
    not_before: int
    not_after: int
    predicted: list[int | None]
    at_least: bool
    position: int | None
    conditions: list[str]
    soak_s: int
    waits_for: str


def head(change: Change) -> Head:
    """Return the head of a change."""
    return Head(
        number=change.pk,
        label=f"CH-{change.pk}",
        kind=change.kind,
        title=change.title,
        why=change.why,
        cause=change.cause,
        state=change.state,
        state_reason=change.state_reason,
        stopped=change.state in STOPPED,
        owner=str(change.owner),
        change_class=change.change_class,
        class_reasons=list(change.class_reasons),
        direction=change.direction,
        reversible=change.reversible,
        proposer=str(change.proposer),
        proposed_at=microseconds(change.proposed_at),
        fingerprint=change.fingerprint,
        reverts=change.reverts_id,
    )


def change_facts(change: Change) -> dict[str, Any]:
    """Return the facts of a change: the same for the page and for JSON."""
    kind = plan.kind_of(change)
    steps = _standing(change)
    step = _step_at_hand(steps)
    preview = evidence.latest(change, step=step.number) if step else None
    impact = preview.body if preview else None
    predicted = kind.impact(impact) if impact else None
    return {
        "change": head(change),
        "difference": change.difference,
        "steps": [_step(one) for one in steps],
        "step_headings": [one.label for one in kind.QUESTIONS if not one.unit],
        "step_at_hand": step.number if step else None,
        "counts": counts(
            kind.QUESTIONS,
            (step.predicted if step else None) or predicted,
            step.ceiling if step else None,
            step.actual if step else None,
        ),
        "impact": impact,
        "outcome_sentence": describe(impact["outcome"]) if impact and impact["outcome"] else "",
        "most_affected": affected(impact.get("most_affected", ())) if impact else [],
        "signatures": [_signature(one) for one in signing.live_signatures(change)],
        "inherited": _inherited(change),
        "signatures_needed": signing.need_of(change).signatures,
        "who_signs": signing.need_of(change).sentence,
        "timeline": timeline(change),
    }


def bands(impact: dict[str, Any] | None) -> Any:
    """Return the drawing of the distribution, or None if the preview has none."""
    drawn = [SimpleNamespace(**band) for band in (impact or {}).get("distribution", ())]
    return distribution(drawn) if any(one.before or one.after for one in drawn) else None


def _standing(change: Change) -> list[ChangeStep]:
    return list(change.steps.exclude(state=ChangeStep.At.REPLACED).order_by("number"))


def _step_at_hand(steps: list[ChangeStep]) -> ChangeStep | None:
    """Return the step whose numbers matter: the one applied last, else the one to come."""
    applied = [one for one in steps if one.state in plan.EXECUTED]
    left = [one for one in steps if one.state in plan.LEFT]
    return applied[-1] if applied else left[0] if left else None


def _step(step: ChangeStep) -> Step:
    return Step(
        number=step.number,
        state=str(step.state),
        not_before=microseconds(step.not_before) if step.not_before else 0,
        not_after=microseconds(step.not_after) if step.not_after else 0,
        predicted=_predicted(step),
        at_least=UNFINISHED in step.predicted,
        position=step.position,
        conditions=[CONDITIONS[name].label for name in step.conditions],
        soak_s=step.soak_s,
        waits_for=seen_waiting_for(step) if step.state == ChangeStep.At.WAITING else "",
    )


def _predicted(step: ChangeStep) -> list[int | None]:
    """Return what the step's preview counts, question by question of those that count things."""
    questions = plan.kind_of(step.change).QUESTIONS
    return [step.predicted.get(one.name) for one in questions if not one.unit]


def _inherited(change: Change) -> dict[str, Any] | None:
    """Return the signatures of another change that carry this one, with their end."""
    found = inherited.inherited(change, timezone.now())
    if found is None or (found.over and signing.live_signatures(change)):
        return None
    return {
        "change": found.change,
        "label": f"CH-{found.change}",
        "signers": list(found.signers),
        "until": microseconds(found.until),
        "over": found.over,
        "sentence": _inherited_words(found),
    }


def _inherited_words(found: inherited.Inherited) -> str:
    by = " and ".join(found.signers) or "nobody"
    if found.over:
        return f"signed with CH-{found.change} by {by}; sign again: {found.over}"
    until = found.until.astimezone(UTC)
    return f"signed with CH-{found.change} by {by}, until {until:%Y-%m-%d %H:%M} UTC"


def _signature(one: Any) -> dict[str, Any]:
    return {
        "person": str(one.person),
        "roles": list(one.roles),
        "at": microseconds(one.signed_at),
        "expires_at": microseconds(one.expires_at),
        "preview_position": one.preview_position,
        "preview_hash": one.preview_hash,
        "fingerprint": one.fingerprint,
    }
