"""Tells the gate whose request it was: people who are signed in have allowances of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

SAYS_WHOSE: Final = "pilothouse.says_whose"
"""Under which name of `scope["state"]` the gate waits to hear whose the request's session is."""
SaysWhose = Callable[[int], None]
"""Takes the number of the person that the session signs in, 0 for nobody; from any thread."""


class Known:
    """Middleware, outside all others: say of each request whose session it came with.

    It is said when the page is made: a session that ended with this request is nobody's.
    """

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, then say it."""
        made = self.answer(request)
        says: SaysWhose | None = (getattr(request, "scope", {}).get("state") or {}).get(SAYS_WHOSE)
        if says is not None:
            says(_whose(request))
        return made


def _whose(request: HttpRequest) -> int:
    """Return whom the session signs in that came with a request, 0 for nobody.

    A request that was refused before its person was read is nobody's, and so is a session that
    signing in or out, or a new password, has replaced.
    """
    user, came = getattr(request, "user", None), session_cookie(request)
    if user is None or not came or request.session.session_key != came:
        return 0
    return int(user.pk) if user.is_authenticated else 0


def session_cookie(request: HttpRequest) -> str:
    """Return the session's cookie as Django reads it, empty without one."""
    return request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
