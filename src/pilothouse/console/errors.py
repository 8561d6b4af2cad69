"""Pages for what went wrong: refused, not there, away, broken. Never a traceback."""

from __future__ import annotations

import sys
from http import HTTPStatus
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from pilothouse.console.answers import answer, wants_json
from pilothouse.console.exchange import ExchangeIsAway
from pilothouse.console.readiness import has_started
from pilothouse.control.kinds.kind import Unreadable
from pilothouse.control.refusals import Refused
from pilothouse.records.held import is_held

UNMATCHED: Final = " matches the given query."
"""How Django ends its sentence about a row that is not there."""
BUSY: Final = (
    "The database is busy: another program, for example a backup, may hold it. Try again in a "
    "moment; if you changed something, check first whether it was saved."
)


def say(request: HttpRequest, status: HTTPStatus, title: str, sentence: str) -> HttpResponse:
    """Answer with a page that says what happened."""
    facts = {"title": title, "sentence": sentence}
    return answer(request, "errors/page.html", facts, status=status)


def refused(request: HttpRequest, sentence: str) -> HttpResponse:
    """Answer 403 with the reason."""
    return say(request, HTTPStatus.FORBIDDEN, "Refused", f"{sentence}.")


def not_done(request: HttpRequest, problem: Refused | Unreadable, back: str) -> HttpResponse:
    """Answer a move that was refused: on the page it came from, or with what stands there now.

    A move that does not lead from the present state is 409 for everybody.
    """
    if isinstance(problem, Refused) and problem.reason.is_of_state:
        facts = {"title": "Refused", "sentence": f"{problem}.".capitalize(), "back": back}
        return answer(request, "errors/page.html", facts, status=HTTPStatus.CONFLICT)
    if wants_json(request):
        return refused(request, str(problem))
    messages.error(request, f"Refused: {problem}.")
    return redirect(back)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404."""
    said = exception.args[0] if exception and exception.args else ""
    sentence = said if isinstance(said, str) else ""
    if sentence.endswith(UNMATCHED):
        sentence = f"{sentence.removesuffix(UNMATCHED)} has this number"
    return say(request, HTTPStatus.NOT_FOUND, "Not there", f"{sentence or 'No such page'}.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403."""
    return refused(request, str(exception) if exception else "This is not allowed")


def busy(request: HttpRequest) -> HttpResponse:
    """Answer 503: the database is held."""
    return say(request, HTTPStatus.SERVICE_UNAVAILABLE, "Busy", BUSY)


@require_http_methods(["GET", "HEAD", "POST"])
def no_password(request: HttpRequest) -> HttpResponse:
    """Answer 403 to a person without a password: nobody sets their own first one."""
    return refused(request, "You have no password. Ask an administrator to set one")


def broken(request: HttpRequest) -> HttpResponse:
    """Answer 500; the log has the rest. A database that is held is 503, and no fault."""
    if is_held(sys.exc_info()[1]):
        return busy(request)
    sentence = "Something went wrong; it was logged."
    return say(request, HTTPStatus.INTERNAL_SERVER_ERROR, "Broken", sentence)


ALWAYS_ANSWERED: Final = ("/healthz", "/assets/", "/sign-in/")


class AwayMiddleware:
    """Answer 503 with a page while no replica is connected, or it has not caught up yet.

    What pages show and what changes decide must not come from an exchange of long ago.
    """

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, unless the console is still starting."""
        if not has_started() and not request.path.startswith(ALWAYS_ANSWERED):
            sentence = (
                "The console is starting: it has not caught up with the exchange. Try again."
            )
            return say(request, HTTPStatus.SERVICE_UNAVAILABLE, "Starting", sentence)
        made: HttpResponse = self.get_response(request)
        return made

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn one exception into a page; leave all others."""
        if is_held(exception):
            return busy(request)
        if not isinstance(exception, ExchangeIsAway):
            return None
        sentence = "The exchange has not answered yet. Try again in a moment."
        return say(request, HTTPStatus.SERVICE_UNAVAILABLE, "Away", sentence)
