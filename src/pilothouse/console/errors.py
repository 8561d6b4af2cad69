"""Pages for what went wrong: refused, not there, away, broken. Never a traceback."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from pilothouse.console.answers import answer
from pilothouse.console.exchange import ExchangeIsAway

UNMATCHED: Final = " matches the given query."
"""How Django ends its sentence about a row that is not there."""


def _said(request: HttpRequest, status: HTTPStatus, title: str, sentence: str) -> HttpResponse:
    facts = {"title": title, "sentence": sentence}
    return answer(request, "errors/page.html", facts, status=status)


def refused(request: HttpRequest, sentence: str) -> HttpResponse:
    """Answer 403 with the reason."""
    return _said(request, HTTPStatus.FORBIDDEN, "Refused", f"{sentence}.")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404."""
    sentence = str(exception) if exception and isinstance(exception.args[0], str) else ""
    if sentence.endswith(UNMATCHED):
        sentence = f"{sentence.removesuffix(UNMATCHED)} has this number"
    return _said(request, HTTPStatus.NOT_FOUND, "Not there", f"{sentence or 'No such page'}.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403."""
    return refused(request, str(exception) if exception else "This is not allowed")


def broken(request: HttpRequest) -> HttpResponse:
    """Answer 500; the log has the rest."""
    sentence = "The console made a mistake. It is in the log."
    return _said(request, HTTPStatus.INTERNAL_SERVER_ERROR, "Broken", sentence)


class AwayMiddleware:
    """Answer 503 with a page when no replica is connected yet."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        made: HttpResponse = self.get_response(request)
        return made

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn one exception into a page; leave all others."""
        if not isinstance(exception, ExchangeIsAway):
            return None
        sentence = "The exchange has not answered yet. Try again in a moment."
        return _said(request, HTTPStatus.SERVICE_UNAVAILABLE, "Away", sentence)
