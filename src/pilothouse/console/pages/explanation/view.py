"""GET /accounts/NUMBER/why: one explanation. Each look is written to the audit, with its purpose.

The first answer is the arithmetic; what would have been without each change comes after it, part
by part, from `why/without/CHANGE`, for those who saw an explanation of this account. One question
of a person is answered at a time, few of all, so that the pages of others stay quick.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse

from pilothouse.access.roles import Right
from pilothouse.console import exchange, fresh
from pilothouse.console.answers import answer, wants_json
from pilothouse.console.pages.explanation.noting import (
    has_room,
    note,
    note_part,
    note_refusal,
    was_seen,
)
from pilothouse.console.rights import needs, person_of
from pilothouse.control.explanation import changes_before, without_it
from pilothouse.control.policy import FRESH_UNMASK
from pilothouse.records.archive.known_orders import known_orders
from pilothouse.records.archive.refusals import IS_BUSY, Refused
from pilothouse.records.archive.turns import EXPLANATIONS
from pilothouse.venue.explanation.explain import explain_event, find
from pilothouse.venue.explanation.facts import Explanation
from pilothouse.venue.explanation.looking import NotExplained
from pilothouse.venue.explanation.orders import find_client_order, find_order
from pilothouse.venue.explanation.paragraph import paragraph, with_our_change
from pilothouse.venue.explanation.shown import shown
from pilothouse.venue.explanation.what_if import WouldHave
from pilothouse.venue.past import NoSuchMoment, Past, PastIsSealed

PURPOSE_MOST: Final = 200
NO_ROOM: Final = (
    "You added as much to the audit log today as it keeps of one person. Ask a colleague, or "
    "later: the daily limit recovers within 24 hours"
)
NOT_SEEN: Final = (
    "You have not looked at an explanation of this account within the last 12 hours. Open the "
    "explanation itself and enter your purpose"
)
NAMES: Final = ("block", "event", "position", "order", "client_order_id")


class Unasked(ValueError):
    """The address does not say what is to be explained."""


UNANSWERED: Final = (NotExplained, NoSuchMoment, PastIsSealed, Unasked, Refused)


@needs(Right.SEE_CLIENTS)
def explanation(request: HttpRequest, number: int) -> HttpResponse:
    """Answer one explanation; without a purpose, a form that asks for it (JSON: 400)."""
    purpose = request.GET.get("purpose", "").strip()
    asked = _asked(request)
    facts: dict[str, Any] = {"account": number}
    if not purpose or len(purpose) > PURPOSE_MOST:
        return _ask_for_purpose(request, number, asked, purpose)
    if not fresh.is_fresh(request, FRESH_UNMASK):
        return fresh.confirm(request, request.get_full_path())
    if not has_room(request, {"purpose": purpose} | asked):
        return _none(request, facts, NO_ROOM, 429)
    try:
        with EXPLANATIONS.of(_actor(request)):
            facts |= _answer(request, number, asked, purpose)
    except UNANSWERED as fault:
        return _none(request, facts, str(fault), _status_of(fault))
    return answer(request, "explanation/page.html", facts, {"here": urlencode(asked)})


def _answer(
    request: HttpRequest, number: int, asked: dict[str, str], purpose: str
) -> dict[str, Any]:
    past = exchange.past()
    made = _explained(past, number, asked)
    note(request, made, purpose)
    changes = changes_before(made)
    facts = vars(shown(past, made)) | {"changes": changes, "purpose": purpose}
    if wants_json(request):
        facts["without"] = {one.number: without_it(past, made, one) for one in changes}
    return facts


def _asked(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET[name] for name in NAMES if request.GET.get(name)}


def _actor(request: HttpRequest) -> str:
    return f"person:{person_of(request).pk}"


def _status_of(fault: Exception) -> int:
    if not isinstance(fault, Refused):
        return 404
    return 503 if fault.refusal is IS_BUSY else 422


def _ask_for_purpose(
    request: HttpRequest, number: int, asked: dict[str, str], given: str
) -> HttpResponse:
    wish = f"give a purpose of at most {PURPOSE_MOST} characters: purpose=…"
    status = 400 if given or wants_json(request) else 200
    drawing = {"asked": asked, "given": given, "purpose_most": PURPOSE_MOST}
    facts = {"account": number, "error": wish}
    return answer(request, "explanation/purpose.html", facts, drawing, status)


@needs(Right.SEE_CLIENTS)
def without(request: HttpRequest, number: int, change: int) -> HttpResponse:
    """Answer what would have been without one change: a part of the page, fetched after it."""
    facts: dict[str, Any] = {"account": number, "change": change}
    if not was_seen(person_of(request).pk, number):
        return _none(request, facts, NOT_SEEN, 403)
    if not has_room(request, facts):
        return _none(request, facts, NO_ROOM, 429)
    try:
        with EXPLANATIONS.of(_actor(request)):
            would, letter = _would_have(request, number, change)
            facts = {"change": change, "would_have": would, "for_client": letter}
        note_part(request, number, change)
    except UNANSWERED as fault:
        note_refusal(request, number, str(fault))
        facts = {"change": change, "would_have": None, "error": str(fault)}
    return answer(request, "explanation/without.html", facts)


def _would_have(request: HttpRequest, number: int, change: int) -> tuple[WouldHave, str]:
    # What would have been, and the paragraph for the client that names the change.
    past = exchange.past()
    made = _explained(past, number, _asked(request))
    found = [one for one in changes_before(made) if one.number == change]
    if not found:
        why = f"change {change} did not touch it"
        note_refusal(request, number, why)
        raise Http404(why)
    would = without_it(past, made, found[0])
    market = made.listed.symbol if made.listed else "the settings of the exchange"
    ours = with_our_change(found[0].changed, market, found[0].applied_at, would)
    return would, f"{paragraph(made)} {ours}"


def _none(request: HttpRequest, facts: dict[str, Any], why: str, status: int) -> HttpResponse:
    """Answer that there is no explanation, and record it: trying accounts leaves a trace."""
    note_refusal(request, facts["account"], why)
    return answer(request, "explanation/none.html", facts | {"error": why}, status=status)


def _explained(past: Past, account: int, asked: dict[str, str]) -> Explanation:
    if asked.get("client_order_id"):
        known = known_orders(past.home)
        return find_client_order(past, account, asked["client_order_id"], known)
    try:
        numbers = {name: int(asked[name]) for name in NAMES[:-1] if name in asked}
    except ValueError:
        raise Unasked("block, event, position and order are numbers") from None
    if "block" in numbers and numbers.get("event", -1) >= 0:
        return explain_event(past, numbers["block"], numbers["event"], account)
    if "position" in numbers:
        return find(past, account, numbers["position"])
    if "order" not in numbers:
        raise Unasked("name a position, an order, or an event of a block")
    known = known_orders(past.home)
    return find_order(past, numbers["order"], known, account=account)
