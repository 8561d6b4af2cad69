"""Rights at the door: who may see a page, and what becomes of a request that may not be.

A page asks for one right. A refused deed is written in the audit; the verbs of `control` check
again by themselves, so that this is the first lock and never the only one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec

from django.http import HttpRequest, HttpResponse

from pilothouse.access.models import Person
from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.console.errors import refused
from pilothouse.control import standing
from pilothouse.records import audit

Rest = ParamSpec("Rest")
View = Callable[Concatenate[HttpRequest, Rest], HttpResponse]
SAFE: Final = ("GET", "HEAD", "OPTIONS")
SUBJECT_MOST: Final = 128
"""The length of an audit row's subject."""
METHOD_MOST: Final = 16


def person_of(request: HttpRequest) -> Person:
    """Return who is signed in; pages are reached by signed-in people only."""
    person = request.user
    assert isinstance(person, Person)
    return person


def sees_clients(request: HttpRequest) -> bool:
    """Tell whether who is signed in may see clients, and is whom the audit knows."""
    return standing.sees_clients(person_of(request))


def needs(right: Right) -> Callable[[View[Rest]], View[Rest]]:
    """Let only people with `right` reach a page; record a refused deed."""

    def guard(view: View[Rest]) -> View[Rest]:
        @wraps(view)
        def guarded(request: HttpRequest, *rest: Rest.args, **named: Rest.kwargs) -> HttpResponse:
            allowed = may(person_of(request), right)
            if allowed and (right is not Right.SEE_CLIENTS or sees_clients(request)):
                return view(request, *rest, **named)
            sentence = f"{request.user} lacks the right {right}"
            record_refusal(request, sentence)
            return refused(request, sentence)

        return guarded

    return guard


def record_refusal(request: HttpRequest, sentence: str) -> None:
    """Write a refused deed to the audit. A refused look is no deed."""
    if request.method in SAFE:
        return
    known = request.user.is_authenticated
    actor = f"person:{person_of(request).pk}" if known else "nobody"
    subject = request.path[:SUBJECT_MOST]
    facts: dict[str, Any] = {"method": (request.method or "")[:METHOD_MOST], "path": subject}
    audit.write_refusal(actor, "request", subject, f"Refused: {sentence}", facts)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Refuse a request without the token of a page of ours, and record it."""
    sentence = "the request does not come from a page of this console"
    record_refusal(request, f"{sentence} ({reason})")
    return refused(request, sentence.capitalize())
