"""The alternatives of a change, each with its own preview beside that of the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pilothouse.console.templatetags.figures import NONE, count
from pilothouse.control import evidence, plan
from pilothouse.control.models import Change, Preview
from pilothouse.control.policy import UNFINISHED


@dataclass(frozen=True)
class Way:
    """One way: what it does, and its counts as text, of its first step and of its last."""

    key: str
    title: str
    sentence: str
    steps: int
    counts: tuple[str, ...]
    chosen: bool


@dataclass(frozen=True)
class Ways:
    """All ways, and the questions over their counts."""

    headings: tuple[str, ...]
    ways: tuple[Way, ...]

    def __bool__(self) -> bool:
        return bool(self.ways)


def ways(change: Change) -> Ways:
    """Return the alternatives that the preview found; none while it has not looked."""
    questions = [one for one in plan.kind_of(change).QUESTIONS if not one.unit]
    names = [one.name for one in questions]
    kept = evidence.latest_of_ways(change) if change.alternatives else {}
    found = tuple(_way(change, stored, names, kept) for stored in change.alternatives)
    return Ways(tuple(one.label for one in questions), found)


def _way(
    change: Change,
    stored: Mapping[str, Any],
    names: list[str],
    kept: Mapping[tuple[str, int], Preview],
) -> Way:
    key, steps = stored["key"], len(stored["steps"])
    first, last = _counts(change, kept.get((key, 1))), _counts(change, kept.get((key, steps)))
    least = "at least " if UNFINISHED in first or UNFINISHED in last else ""
    return Way(
        key=key,
        title=stored["title"],
        sentence=stored["sentence"],
        steps=steps,
        counts=tuple(least + _said(first.get(name), last.get(name)) for name in names),
        chosen=change.chosen == key,
    )


def _counts(change: Change, kept: Preview | None) -> Mapping[str, int]:
    return evidence.counts(change, kept) if kept else {}


def _said(first: int | None, last: int | None) -> str:
    if first is None or last is None:
        return NONE
    return count(first) if first == last else f"{count(first)}, at its end {count(last)}"
