"""POST /changes/NUMBER/moves/VERB: one move. The verb decides; this reads the form and reports.

A refusal is shown on the change's page and is in the audit already, written by the verb.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from pilothouse.access.models import Person
from pilothouse.access.roles import Right
from pilothouse.console import fresh
from pilothouse.console.errors import not_done
from pilothouse.console.pages.change.background import count_in_background
from pilothouse.console.pages.change.ceiling import ceiling_of
from pilothouse.console.rights import needs, person_of
from pilothouse.control import (
    apply,
    approve,
    arm,
    as_read,
    edit,
    forms,
    many,
    preview,
    reject,
    revert,
    schedule,
    verify,
    withdraw,
)
from pilothouse.control.kinds.kind import Unreadable
from pilothouse.control.models import Change
from pilothouse.control.moves import Verb
from pilothouse.control.policy import FRESH_APPLY, FRESH_SIGNATURE, Fresh
from pilothouse.control.refusals import Refused

Move = Callable[[Change, QueryDict, Person], Change]


def _preview(change: Change, _form: QueryDict, by: Person) -> Change:
    return previewed(change, by)


def previewed(change: Change, by: Person) -> Change:
    """Preview a change: the first answer at once, the slow parts in the background."""
    change = preview.first(change, by=by)
    count_in_background(change)
    return change


def _approve(change: Change, form: QueryDict, by: Person) -> Change:
    return approve.approve(change, form.get("fingerprint", ""), by=by)


def _reject(change: Change, form: QueryDict, by: Person) -> Change:
    return reject.reject(change, form.get("why", ""), by=by)


def _withdraw(change: Change, form: QueryDict, by: Person) -> Change:
    return withdraw.withdraw(change, form.get("why", ""), by=by)


def _revert(change: Change, form: QueryDict, by: Person) -> Change:
    return previewed(revert.revert(change, form.get("why", ""), by=by), by)


def _apply(change: Change, _form: QueryDict, by: Person) -> Change:
    return apply.apply(change, by=by)


def _verify(change: Change, _form: QueryDict, by: Person) -> Change:
    return verify.verify(change, by=by)


def _schedule(change: Change, form: QueryDict, by: Person) -> Change:
    return previewed(schedule.schedule(change, [forms.moment(form, "at")], by=by), by)


def _arm(change: Change, _form: QueryDict, by: Person) -> Change:
    return arm.arm(change, by=by)


def _take(change: Change, form: QueryDict, by: Person) -> Change:
    return previewed(edit.choose(change, form.get("alternative", ""), by=by), by)


def _ceiling(change: Change, form: QueryDict, by: Person) -> Change:
    return previewed(edit.set_ceiling(change, ceiling_of(change, form), by=by), by)


MOVES: Final[dict[str, Move]] = {
    "preview": _preview,
    "approve": _approve,
    "reject": _reject,
    "withdraw": _withdraw,
    "schedule": _schedule,
    "arm": _arm,
    "apply": _apply,
    "verify": _verify,
    "revert": _revert,
    "take": _take,
    "ceiling": _ceiling,
}
"""Every verb a person can use on a change, by its word in the address."""


def _wanted(change: Change, verb: str) -> Fresh | None:
    if verb == Verb.APPROVE:
        return FRESH_SIGNATURE
    changes = verb in (Verb.APPLY, Verb.ARM, Verb.REVERT) and not many.is_stop(change)
    return FRESH_APPLY if changes else None


@require_POST
@needs(Right.VIEW)
def move(request: HttpRequest, number: int, verb: str) -> HttpResponse:
    """Make a move and go to the change's page (for a revert, to the undo's)."""
    if verb not in MOVES:
        raise Http404(f"no move is called {verb}")
    try:
        change = as_read.read(Change.objects.all(), number)
    except Change.DoesNotExist as error:
        raise Http404 from error
    wanted = _wanted(change, verb)
    if wanted is not None and not fresh.is_fresh(request, wanted):
        return fresh.confirm(request, f"/changes/{change.pk}")
    try:
        change = MOVES[verb](change, request.POST, person_of(request))
    except (Refused, Unreadable) as problem:
        return not_done(request, problem, f"/changes/{change.pk}")
    messages.success(request, _done(change))
    return redirect(f"/changes/{change.pk}")


def _done(change: Change) -> str:
    return f"CH-{change.pk} is now {change.state}."
