"""GET /changes/NUMBER/effects/PART: a slow part of a preview, or the word that it is counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from pilothouse.access.roles import Right
from pilothouse.console.answers import answer
from pilothouse.console.errors import not_done
from pilothouse.console.pages.change.background import is_counting
from pilothouse.console.pages.change.ways import Ways, ways
from pilothouse.console.rights import needs, person_of
from pilothouse.control import buttons, evidence, recorded
from pilothouse.control.models import Change, Preview
from pilothouse.control.moves import Verb
from pilothouse.control.refusals import NOT_AS_RECORDED, Refused

PARTS: Final = {
    "instead": None,
    "play_out": Preview.Question.PLAY_OUT,
    "shocks": Preview.Question.SHOCKS,
}
TITLES: Final = {
    "instead": "Instead",
    "play_out": "Play-out at present marks",
    "shocks": "Shocks",
}


@dataclass(frozen=True)
class Effect:
    """One part: its answer if it is known, and whether it is still being counted."""

    part: str
    title: str
    body: Any
    counting: bool


@needs(Right.VIEW)
def effects(request: HttpRequest, number: int, part: str) -> HttpResponse:
    """Answer one part of a change's preview."""
    if part not in PARTS:
        raise Http404(f"no part is called {part}")
    change = get_object_or_404(Change, pk=number)
    if not recorded.is_as_recorded(change):
        return not_done(request, Refused(NOT_AS_RECORDED), f"/changes/{number}")
    facts = {"effect": effect(change, part)}
    drawing = {"number": number, "may_take": may_take(change, request)}
    return answer(request, "change/effect.html", facts, drawing)


def effect(change: Change, part: str) -> Effect:
    """Return a part as far as it is known."""
    counting = is_counting(change.pk)
    body: Any = ways(change) if part == "instead" else _kept(change, PARTS[part])
    return Effect(part, TITLES[part], body, counting and not body)


def every_effect(change: Change) -> dict[str, Effect]:
    """Return all parts by name."""
    return {part: effect(change, part) for part in PARTS}


def may_take(change: Change, request: HttpRequest) -> bool:
    """Tell whether the person may take an alternative: it is an edit of the change."""
    moves = buttons.allowed_moves(change, person_of(request), among=(Verb.EDIT,))
    return any(one.allowed for one in moves)


def _kept(change: Change, question: Preview.Question | None) -> Any:
    """Return the newest answer about what stands here now; older ones are about another plan."""
    assert question is not None
    kept = evidence.latest(change, question)
    if kept is None or kept.fingerprint != change.fingerprint:
        return None
    return kept.body


__all__ = ["Effect", "Ways", "effect", "effects", "every_effect", "may_take"]
