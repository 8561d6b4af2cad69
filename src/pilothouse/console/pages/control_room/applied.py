"""Changes of the last day: what was predicted of each beside what followed it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from pilothouse.console.aftermath import AFTERMATHS, BACK, Aftermath, Paid, applied_since
from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.console.templatetags.figures import NONE, amount, count, usd_short
from pilothouse.control import plan
from pilothouse.control.kinds.kind import Question
from pilothouse.control.models import Change, ChangeStep
from pilothouse.control.moves import State
from pilothouse.control.policy import UNFINISHED
from pilothouse.records.readable import attempt, readable

ROWS_MOST: Final = 8


@dataclass(frozen=True)
class Applied:
    """One step that was applied: its prediction, and what followed within the hour."""

    label: str
    step: int
    title: str
    state: str
    address: str
    at: int
    predicted: str
    since_then: Aftermath | None
    reverted_by: str
    has_markets: bool

    @property
    def since_text(self) -> str:
        """Return what followed in words."""
        return "; ".join(self._words())

    def _words(self) -> list[str]:
        ended = [f"reverted by {self.reverted_by}"] if self.reverted_by else []
        if not self.has_markets:
            return ended or [NONE]
        if self.since_then is None:
            return [*ended, "not counted yet"]
        return [*_counts(self.since_then), *ended]

    @property
    def tone(self) -> str:
        """Return how it looks: nothing followed, or something did."""
        seen = self.since_then
        if seen is None:
            return ""
        hurt = seen.liquidated or seen.insurance or seen.alerts
        return "warn" if hurt else "up"


def applied(now: datetime) -> list[Applied]:
    """Return the newest steps that were applied in the last day."""
    steps = applied_since(now - BACK)[:ROWS_MOST]
    reverts = Change.objects.filter(reverts__in=[one.change_id for one in steps])
    undone = reverts.filter(state__in=(State.APPLIED, State.VERIFIED)).values_list("reverts", "pk")
    by = {reverted: f"CH-{number}" for reverted, number in undone}
    made = (attempt(partial(_line, one, by)) for one in steps)
    return [one for one in made if one is not None]


def since_then(change: Change, now: datetime) -> list[Applied]:
    """Return the steps of one change that were applied in the last day, the newest first."""
    found = change.steps.filter(applied_at__gte=now - BACK).select_related("change")
    steps = readable(found.order_by("-applied_at"), ROWS_MOST)
    return [
        one for one in (attempt(partial(_line, step, {})) for step in steps) if one is not None
    ]


def _line(step: ChangeStep, reverted_by: dict[int, str]) -> Applied:
    kind = plan.kind_of(step.change)
    step.change.title.encode()  # bytes are no words
    return Applied(
        label=f"CH-{step.change_id}",
        step=step.number,
        title=step.change.title,
        state=step.change.state,
        address=f"/changes/{step.change_id}",
        at=microseconds(step.applied_at) if step.applied_at else 0,
        predicted=_predicted(kind.QUESTIONS, step.predicted),
        since_then=AFTERMATHS.of(step.pk),
        reverted_by=reverted_by.get(step.change_id, ""),
        has_markets=bool(kind.markets(step.fields)),
    )


def _predicted(questions: Sequence[Question], predicted: dict[str, int]) -> str:
    """Return what the preview counted of what a ceiling limits, the gravest first."""
    limited = [one for one in questions if one.limited and not one.unit]
    asked = [one for one in limited if predicted.get(one.name) is not None]
    if not asked:
        return NONE
    hit = [one for one in sorted(asked, key=_gravest) if predicted[one.name]]
    least = "at least " if UNFINISHED in predicted else ""
    said = [f"{count(predicted[one.name])} {_short(one.label)}" for one in hit]
    return least + (", ".join(said) or "0 affected")


def _gravest(one: Question) -> bool:
    return "maintenance" not in one.name


def _short(label: str) -> str:
    return label.removeprefix("accounts newly ").removesuffix(" margin").removeprefix("accounts ")


def _counts(seen: Aftermath) -> list[str]:
    value = f", {usd_short(seen.liquidated_micro_usd)}" if seen.liquidated else ""
    made = [f"{count(seen.liquidated)} liquidated{value}"]
    if seen.insurance:
        made.append("insurance " + " and ".join(_paid(one) for one in seen.insurance))
    if seen.alerts:
        made.append(f"{count(seen.alerts)} alert{'s' if seen.alerts > 1 else ''}")
    return made


def _paid(one: Paid) -> str:
    shown = min(one.decimals, 2)
    cut = one.amount // 10 ** (one.decimals - shown)
    return f"{amount(cut, shown)} {one.asset}"
