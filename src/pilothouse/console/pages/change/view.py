"""GET /changes/NUMBER: one change, whole."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from pilothouse.access.one_look import in_one_look
from pilothouse.access.roles import Right
from pilothouse.console import brief
from pilothouse.console.answers import answer
from pilothouse.console.object_frame import audit_of, queue_of
from pilothouse.console.pages.change.buttons import buttons, ends
from pilothouse.console.pages.change.ceiling import limits
from pilothouse.console.pages.change.effects import every_effect, may_take
from pilothouse.console.pages.change.facts import bands, change_facts
from pilothouse.console.pages.changes.reading import open_changes
from pilothouse.console.pages.control_room.applied import since_then
from pilothouse.console.rights import needs, person_of, sees_clients
from pilothouse.control import as_read, plan, recorded
from pilothouse.control.models import Change
from pilothouse.control.ports import ports
from pilothouse.control.refusals import NOT_AS_RECORDED, Refused
from pilothouse.control.said import SENTENCE_MOST
from pilothouse.records.readable import Unreadable, each


@in_one_look
@needs(Right.VIEW)
def change(request: HttpRequest, number: int) -> HttpResponse:
    """Answer one change. Accounts are named only to those who may see clients."""
    wanted = Change.objects.select_related("proposer").filter(pk=number)
    found = next(iter(each(wanted)), None)
    if found is None:
        raise Http404
    if isinstance(found, Unreadable):
        return odd(request, as_read.read(wanted, number))
    if not recorded.is_as_recorded(found):
        return odd(request, found)
    facts = change_facts(found)
    if not sees_clients(request):
        facts["most_affected"] = []
        if facts["impact"]:
            facts["impact"] = {**facts["impact"], "most_affected": []}
    facts["effects"] = every_effect(found)
    facts["since_then"] = since_then(found, timezone.now())
    facts["moves"] = buttons(found, person_of(request))
    facts |= audit_of(request, found.subject)
    if not recorded.is_as_recorded(found):
        # It was changed while it was read.
        return odd(request, found)
    return answer(request, "change/page.html", facts, _drawing(request, found, facts))


def odd(request: HttpRequest, found: Change) -> HttpResponse:
    """Answer a change whose rows somebody changed beside the audit: nothing they say is shown."""
    facts = {
        "change": {"number": found.pk, "label": f"CH-{found.pk}"},
        "sentence": str(Refused(NOT_AS_RECORDED)).capitalize(),
        "moves": ends(as_read.as_said(found), person_of(request)),
    } | audit_of(request, found.subject)
    drawing = {"nav": "changes", "why_most": SENTENCE_MOST, "queue": None}
    return answer(request, "change/odd.html", facts, drawing, status=HTTPStatus.CONFLICT)


def _drawing(request: HttpRequest, found: Change, facts: dict[str, Any]) -> dict[str, Any]:
    take = may_take(found, request)
    return {
        "nav": "changes",
        "brief": brief.of_change(request, facts),
        "why_most": SENTENCE_MOST,
        "queue": queue_of(f"/changes/{found.pk}", [one.address for one in open_changes()]),
        "number": found.pk,
        "markets": _markets(found),
        "trial": facts["impact"] if facts["impact"] and "alerts" in facts["impact"] else None,
        "distribution": bands(facts["impact"]),
        "changed": sum(one["effect"] != "same" for one in facts["difference"]),
        "unchanged": [one for one in facts["difference"] if one["effect"] == "same"],
        "has_actual": any(one.actual is not None for one in facts["counts"]),
        "disabled_moves": [one for one in facts["moves"] if not one.allowed],
        "may_take": take,
        "limits": limits(found) if take else [],
    }


def _markets(found: Change) -> list[str]:
    """Return the symbols of the markets the change is about."""
    seen = [ports().reader.market(one) for one in plan.kind_of(found).markets(found.fields)]
    return [one.symbol for one in seen if one is not None]
