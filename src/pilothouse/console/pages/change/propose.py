"""GET, POST /changes/propose: a kind's form for what it is about, filled with what holds now.

It never writes to the exchange: it opens a change and previews it. Fields that stand in the
address are filled in as written there, so that another page can draft a change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone

from pilothouse.access.models import Person
from pilothouse.access.roles import Right
from pilothouse.console import exchange
from pilothouse.console.errors import refused
from pilothouse.console.pages.change.form import form
from pilothouse.console.pages.change.move import previewed
from pilothouse.console.query import row_number
from pilothouse.console.rights import needs, person_of, record_refusal
from pilothouse.control import gates
from pilothouse.control import propose as proposing
from pilothouse.control.kinds import KINDS
from pilothouse.control.kinds.kind import FormField, Kind, Unreadable
from pilothouse.control.models import Change
from pilothouse.control.ports import ports
from pilothouse.control.refusals import Refused
from pilothouse.control.said import SENTENCE_MOST
from pilothouse.desk.models import Incident


@needs(Right.VIEW)
def propose(request: HttpRequest) -> HttpResponse:
    """Show the form, or open the change and go to its page."""
    asked = request.POST if request.method == "POST" else request.GET
    kinds = gates.kinds_for(person_of(request), timezone.now())
    kind = KINDS.get(asked.get("kind", ""), next(iter(kinds), None))
    if kind is None or kind not in kinds:
        sentence = (
            f"{request.user} cannot propose {f'a {kind.TITLE.lower()}' if kind else 'a change'}"
        )
        record_refusal(request, sentence)
        return refused(request, sentence)
    exchange.reach()
    subject = _subject(kind, asked.get(kind.SUBJECT, ""))
    if request.method != "POST":
        return _page(request, kind, subject, request.GET)
    try:
        change = _open(kind, request.POST, person_of(request))
    except Unreadable as problem:
        return _page(request, kind, subject, request.POST, str(problem), problem.field)
    except Refused as problem:
        return _page(request, kind, subject, request.POST, str(problem))
    return redirect(f"/changes/{change.pk}")


def _open(kind: Kind, given: QueryDict, by: Person) -> Change:
    fields = kind.parse(given.dict())
    cause = cause_of(given)
    change = proposing.propose(
        kind.NAME, fields, by=by, why=given.get("why", ""), cause=cause.subject if cause else ""
    )
    try:
        return previewed(change, by)
    except Refused:
        # The change stands; its page says why it is not previewed and offers it again.
        return change


def cause_of(given: QueryDict) -> Incident | None:
    """Return the incident that is given as the cause; Unreadable if there is none such."""
    wanted = given.get("cause", "")
    if not wanted:
        return None
    number = row_number(wanted.removeprefix("incident:"))
    found = Incident.objects.filter(pk=number or 0).first()
    if found is None or wanted != found.subject:
        raise Unreadable("cause", "there is no such incident")
    return found


def _subject(kind: Kind, wanted: str) -> tuple[str, str] | None:
    """Return what the form is about, by its value or by what people call it."""
    found = [one for one in kind.subjects(ports().reader) if wanted in one]
    return found[0] if found else None


def _page(
    request: HttpRequest,
    kind: Kind,
    subject: tuple[str, str] | None,
    given: QueryDict,
    fault: str = "",
    fault_field: str = "",
) -> HttpResponse:
    named = given.get(kind.SUBJECT, "")
    if named and subject is None and not fault:
        fault = f"{kind.TITLE} cannot be changed for {named}"
    facts: dict[str, Any] = {
        "nav": "changes",
        "kind": kind.NAME,
        "kind_title": kind.TITLE,
        "protects": kind.PROTECTS_DIRECTION,
        "kinds": [{"name": one.NAME, "title": one.TITLE} for one in _kinds(request)],
        "subject_name": kind.SUBJECT,
        "subjects": kind.subjects(ports().reader),
        "subject": subject,
        "why": given.get("why", ""),
        "why_most": SENTENCE_MOST,
        "cause": given.get("cause", ""),
        "cause_label": given.get("cause", "").upper().replace("INCIDENT:", "INC-"),
        "fault": fault,
        "fault_field": fault_field,
    }
    if subject is not None:
        described = kind.describe(ports().reader, subject[0])
        facts["form"] = form(described, _filled(described, given.dict()))
    return render(request, "change/propose.html", facts, status=422 if request.POST else 200)


def _kinds(request: HttpRequest) -> list[Kind]:
    return gates.kinds_for(person_of(request), timezone.now())


def _filled(described: tuple[FormField, ...], given: Mapping[str, str]) -> dict[str, str]:
    return {one.name: one.value for one in described} | dict(given)
