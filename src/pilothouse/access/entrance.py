"""Signing in as allauth does it, closed to new people and bounded for each who is known.

A person who signs in again and again adds so many rows an hour to the audit, and only the newest
of their sessions live: what they began before ends.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from pilothouse.access import signed_in
from pilothouse.access.guesses import GUESSES, NAME_MOST
from pilothouse.access.models import Person
from pilothouse.access.often import BEGUN, LIVE, SIGN_INS
from pilothouse.journal.steady import passing_now

TOO_MANY_REQUESTS: Final = 429
TOO_OFTEN: Final = (
    f"You signed in {SIGN_INS.rate.limit:g} times within an hour. Use a session that is open, or "
    f"try again in a minute."
)


TOO_MANY_GUESSES: Final = (
    "Too many wrong passwords for this name from here, so this one was not tried. Wait a minute. "
    "A browser in which this name has signed in before is not affected."
)


class NoSignUp(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's adapter with its sign-up closed."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": TOO_MANY_GUESSES,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Answer no: an administrator adds people."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a try of a password before it is judged; raise ValidationError for too many."""
        name = str(credentials.get("username", ""))[:NAME_MOST]
        found = Person.objects.filter(username=name).values_list("pk", flat=True).first()
        self._try = (name.casefold(), request, found)
        if not GUESSES.take(*self._try):
            raise self.validation_error("too_many_login_attempts")

    def _rollback_login_failed_rl_usage(self) -> None:
        GUESSES.give_back(*self._try)

    def pre_login(self, request: HttpRequest, user: Any, **rest: Any) -> HttpResponse | None:
        """Keep the newest sessions of those whose password was right."""
        made: HttpResponse | None = super().pre_login(request, user, **rest)
        if made is None:
            end(BEGUN.add(user.pk, _key_of(request)))
        return made

    def login(self, request: HttpRequest, user: Any) -> None:
        """Sign a person in, unless it is once too often."""
        if not SIGN_INS.take(user.pk):
            facts = {"title": "Too often", "sentence": TOO_OFTEN}
            page = render(request, "errors/page.html", facts, status=TOO_MANY_REQUESTS)
            raise ImmediateHttpResponse(page)
        BEGUN.remove(user.pk, request.session.session_key or "")
        super().login(request, user)
        end(LIVE.add(user.pk, _key_of(request)))
        signed_in.note(request, passing_now())

    def set_password(self, user: Any, password: str) -> None:
        """Write the password alone: what else is known of the person may be old by now."""
        user.set_password(password)
        user.save(update_fields=["password"])


def _key_of(request: HttpRequest) -> str:
    # A session that is not written yet gets its row, and its key, now.
    if not request.session.session_key:
        request.session.create()
    return str(request.session.session_key)


def end(sessions: list[str]) -> None:
    """End sessions by their keys."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for key in sessions:
        store(key).delete()
