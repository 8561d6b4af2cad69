"""Pages where people change what they sign in with: one request of a person at a time, whole.

What a person has is read, changed and noted in the audit in one transaction that begins by taking
the database, so that no second request comes between. And a person changes it so many times an
hour: each change is a row of the audit. No password is hashed while the database is held.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from http import HTTPStatus
from typing import Any, Final

from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse

from pilothouse.access.often import CHANGES
from pilothouse.console.errors import say
from pilothouse.console.rights import SAFE, record_refusal

View = Callable[..., HttpResponse]
UNDER_WAY: Final = (
    "Another request of yours is changing your password or second factors. Nothing was changed by "
    "this one. Open the page again to see the result."
)
TOO_OFTEN: Final = (
    f"You changed your password or second factors {CHANGES.rate.limit:g} times within an hour. "
    f"Nothing was changed. Try again in three minutes."
)
HELD: Final = "The database is busy. Nothing was changed. Try again in a moment."


class UnderWay(RuntimeError):
    """Another request of the same person is at work."""


class OneAtATime:
    """Whose request is at work, by the thread that works at it. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._threads: dict[str, int] = {}

    @contextmanager
    def of(self, whose: str) -> Iterator[None]:
        """Be the only request of somebody; raise UnderWay if there is one. A thread may nest."""
        thread = threading.get_ident()
        with self._lock:
            is_first = whose not in self._threads
            if not is_first and self._threads[whose] != thread:
                raise UnderWay
            self._threads[whose] = thread
        try:
            yield
        finally:
            if is_first:
                with self._lock:
                    del self._threads[whose]


AT_WORK: Final = OneAtATime()


def one_at_a_time(view: View) -> View:
    """Let a page run in one transaction, alone among those of its person."""

    @wraps(view)
    def alone(request: HttpRequest, *rest: Any, **named: Any) -> HttpResponse:
        whose = _whose(request)
        if not whose:
            return view(request, *rest, **named)
        try:
            with AT_WORK.of(whose), transaction.atomic():
                return view(request, *rest, **named)
        except UnderWay:
            return say(request, HTTPStatus.CONFLICT, "Under way", UNDER_WAY)
        except OperationalError:
            return say(request, HTTPStatus.SERVICE_UNAVAILABLE, "Busy", HELD)

    return alone


def so_often(view: View) -> View:
    """Let a page change credentials so many times an hour; every attempt counts."""

    @wraps(view)
    def counted(request: HttpRequest, *rest: Any, **named: Any) -> HttpResponse:
        if request.method in SAFE or not request.user.is_authenticated:
            return view(request, *rest, **named)
        if CHANGES.take(request.user.pk):
            return view(request, *rest, **named)
        record_refusal(request, "credentials were changed too often")
        return say(request, HTTPStatus.TOO_MANY_REQUESTS, "Too often", TOO_OFTEN)

    return counted


def _whose(request: HttpRequest) -> str:
    # Somebody who gave a password and not yet a code is known by the session alone.
    if request.user.is_authenticated:
        return f"person:{request.user.pk}"
    return f"session:{request.session.session_key}" if LOGIN_SESSION_KEY in request.session else ""
