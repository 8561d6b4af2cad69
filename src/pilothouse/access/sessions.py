"""Sessions: they end when idle, they end in any case, and outside the demonstration they need a
second factor. Nobody signs up: people are added by an administrator.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from pilothouse.access import signed_in
from pilothouse.journal.steady import passing_now

Answer = Callable[[HttpRequest], HttpResponse]
BEGAN: Final = "pilothouse_began_s"
SEEN: Final = "pilothouse_seen_s"
BACK_S: Final = 60
NOTED_S: Final = 60
OPEN_PATHS: Final = ("/sign-in/", "/assets/", "/theme", "/healthz")
FEED: Final = "X-Feed"
"""The header of a request that the page made by itself: nobody need be there for it."""
FEED_PATHS: Final = ("/live",)


def session_is_over(began_s: int, seen_s: int, now_s: int) -> bool:
    """Tell whether a session has ended: idle too long, or older than any session may be.

    One that was seen later than now is over as well: the clock was set back, and nobody knows its
    age.
    """
    if seen_s > now_s + BACK_S or began_s > now_s + BACK_S:
        return True
    idle = now_s - seen_s > settings.PILOTHOUSE_SESSION_IDLE_S
    return bool(idle or now_s - began_s > settings.PILOTHOUSE_SESSION_ABSOLUTE_S)


class SessionLimits:
    """Middleware: signs a person out when the session is over."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Check and note the time before the page is made."""
        if request.user.is_authenticated:
            self._check(request)
        return self.answer(request)

    def _check(self, request: HttpRequest) -> None:
        now = passing_now()
        now_s = int(now.timestamp())
        request.session.setdefault(BEGAN, now_s)
        if is_over(request.session, now_s):
            logout(request)
        # The time is noted once a minute, so that reading pages does not write at every click.
        elif is_a_persons(request) and now_s - request.session.get(SEEN, 0) >= NOTED_S:
            request.session[SEEN] = now_s
            signed_in.note(request, now)


def is_a_persons(request: HttpRequest) -> bool:
    """Tell whether somebody did something, and not their open page by itself."""
    return FEED not in request.headers and request.path not in FEED_PATHS


def is_over(session: SessionBase, now_s: int) -> bool:
    """Tell whether a session of somebody has ended by now."""
    return session_is_over(session.get(BEGAN, now_s), session.get(SEEN, now_s), now_s)


class SecondFactor:
    """Middleware: outside the demonstration, sends a person without a second factor to set it."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let open pages and people with a second factor pass."""
        wanted = settings.PILOTHOUSE_SECOND_FACTOR and request.user.is_authenticated
        if wanted and not request.path.startswith(OPEN_PATHS) and not is_mfa_enabled(request.user):
            return HttpResponseRedirect("/sign-in/2fa/")
        return self.answer(request)
