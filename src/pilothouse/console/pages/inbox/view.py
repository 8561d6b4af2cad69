"""GET /inbox: all that waits for me."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from pilothouse.access.roles import Right
from pilothouse.console.answers import answer
from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.console.rights import needs, person_of
from pilothouse.desk import ledger
from pilothouse.desk.inbox import HEADINGS, Line, Wants, lines


@dataclass(frozen=True)
class InboxLine:
    """One line, its time in microseconds."""

    wants: str
    label: str
    title: str
    sentence: str
    address: str
    since: int
    severity: str


@needs(Right.VIEW)
def inbox(request: HttpRequest) -> HttpResponse:
    """Answer what waits for the person who asks, what is asked first on top."""
    found = lines(person_of(request), timezone.now())
    facts = {"lines": [_plain(one) for one in found]}
    return answer(request, "inbox/page.html", facts, _drawing(found))


def _drawing(found: list[Line]) -> dict[str, object]:
    groups = [
        {"heading": heading, "key": str(wants), "lines": [_plain(one) for one in mine]}
        for wants, heading in HEADINGS.items()
        if (mine := [one for one in found if one.wants is wants]) and wants is not Wants.DECIDE
    ]
    deciding = any(one.wants is Wants.DECIDE for one in found)
    return {
        "nav": "inbox",
        "groups": groups,
        "deciding": [_plain(one) for one in found if one.wants is Wants.DECIDE],
        "loose": {f"/inbox#delivery-{one.pk}": one for one in ledger.loose_ends()}
        if deciding
        else {},
    }


def _plain(line: Line) -> InboxLine:
    return InboxLine(
        str(line.wants),
        line.label,
        line.title,
        line.sentence,
        line.address,
        microseconds(line.since),
        line.severity,
    )
