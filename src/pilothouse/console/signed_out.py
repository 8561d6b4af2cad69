"""A part of a page asked for without a session: no redirect, but the word that signing in is due.

A redirect would be followed in the background, and a sign-in form would stand inside a panel, or
what was typed would be lost. So htmx gets 401, and the page opens signing in over itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

SIGN_IN: Final = "/sign-in/"
HEADER: Final = "X-Sign-In"


class SignedOut:
    """Middleware: turn a redirect of htmx's request to signing in into 401."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        made = self.answer(request)
        away = made.status_code == 302 and made.headers.get("Location", "").startswith(SIGN_IN)
        if not away or request.headers.get("HX-Request") != "true":
            return made
        told = HttpResponse("Your session has ended. Sign in again.", status=401)
        told.headers["Content-Type"] = "text/plain; charset=utf-8"
        told.headers[HEADER] = made.headers["Location"].partition("?")[0]
        told.headers["HX-Reswap"] = "none"
        told.headers["Vary"] = "HX-Request, Cookie"
        return told
