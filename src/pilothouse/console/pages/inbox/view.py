"""GET /inbox: all that waits for me."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from pilothouse.access.roles import Right
from pilothouse.console.answers import answer
from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.console.rights import needs, person_of
from pilothouse.desk import ledger
from pilothouse.desk.inbox import HEADINGS, Line, Wants, lines

LINES_MOST: Final = 100
"""Lines under each heading, the worst and oldest of them."""


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
    groups = _groups(lines(person_of(request), timezone.now()))
    facts = {
        "lines": [line for one in groups for line in one["lines"]],
        "counts": {one["key"]: one["count"] for one in groups},
    }
    return answer(request, "inbox/page.html", facts, _drawing(groups))


def _groups(found: list[Line]) -> list[dict[str, Any]]:
    return [
        {
            "heading": heading,
            "key": str(wants),
            "count": len(mine),
            "lines": [_plain(one) for one in mine[:LINES_MOST]],
        }
        for wants, heading in HEADINGS.items()
        if (mine := [one for one in found if one.wants is wants])
    ]


def _drawing(groups: list[dict[str, Any]]) -> dict[str, object]:
    deciding = next((one for one in groups if one["key"] == Wants.DECIDE), None)
    loose = ledger.loose_ends() if deciding else []
    return {
        "nav": "inbox",
        "groups": [one for one in groups if one is not deciding],
        "deciding": deciding,
        "loose": {f"/inbox#delivery-{one.pk}": one for one in loose},
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
