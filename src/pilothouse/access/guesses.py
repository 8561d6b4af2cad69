"""Wrong passwords: so many from one place for one name, and nobody else is kept out by them.

A place is a browser that signed in by this name before, or else the network of the address. Who
guesses at a name from elsewhere uses up the guesses of their own place: the people of that name
sign in from a browser that knows them, whatever is tried around them.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from pilothouse.gate.addresses import address_key
from pilothouse.gate.allowances import Allowances, Rate

PATH: Final = "/sign-in/"
COOKIE_S: Final = 180 * 86_400
SALT: Final = "pilothouse.access.known-browser"
PEOPLE_MOST: Final = 5
"""People whom one browser knows: of more, those who signed in last."""
NAME_MOST: Final = 128
OF_A_NAME: Final = Rate(5, 5 / 300)
"""Wrong passwords for one name from one place: five, then one a minute."""
OF_A_NETWORK: Final = Rate(30, 30 / 300)
"""Wrong passwords from one network, whatever the names; browsers that are known count for none."""


@dataclass(frozen=True)
class Browser:
    """A browser as its cookie says, which only this folder can make: a number, and who used it."""

    number: str
    people: tuple[int, ...]


class Guesses:
    """Who may try a password now. Safe from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock, self._clock = threading.Lock(), clock
        self._names: Allowances[tuple[str, str]] = Allowances(OF_A_NAME, clock=clock)
        self._networks: Allowances[str] = Allowances(OF_A_NETWORK, clock=clock)

    def take(self, name: str, request: HttpRequest, person: int | None) -> bool:
        """Count a try before it is judged; False, and nothing counted, where it is too many."""
        known = person is not None and person in browser_of(request).people
        with self._lock:
            if known:
                return self._names.take((name, browser_of(request).number))
            network = _network(request)
            return (
                not self._networks.is_spent(network)
                and self._names.take((name, network))
                and (self._networks.take(network))
            )

    def give_back(self, name: str, request: HttpRequest, person: int | None) -> None:
        """Take back the count of a try whose password was right."""
        browser = browser_of(request)
        with self._lock:
            if person is not None and person in browser.people:
                self._names.add((name, browser.number), -1)
                return
            network = _network(request)
            self._names.add((name, network), -1)
            self._networks.add(network, -1)

    def forget(self) -> None:
        """Begin again with nothing counted."""
        self.__init__(self._clock)  # type: ignore[misc]


GUESSES: Final = Guesses()
"""Those of this process: one console runs on a folder."""


def browser_of(request: HttpRequest) -> Browser:
    """Return the browser of a request; without a cookie of this folder, one that nobody used."""
    try:
        said = signing.loads(
            request.COOKIES.get(settings.PILOTHOUSE_BROWSER_COOKIE, ""),
            salt=SALT,
            max_age=COOKIE_S,
        )
        number, people = said
        return Browser(str(number), tuple(int(one) for one in people))
    except (signing.BadSignature, TypeError, ValueError):
        return Browser("", ())


def _network(request: HttpRequest) -> str:
    return address_key(str(request.META.get("REMOTE_ADDR", "")))


class KnownBrowser:
    """Middleware: let the browser of a person who is signed in be known again."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; set the cookie where the browser does not know its person yet."""
        made = self.answer(request)
        person = getattr(request, "user", None)
        # The cookie comes with the pages of signing in alone, so only they can tell.
        if request.path.startswith(PATH) and person is not None and person.is_authenticated:
            browser = browser_of(request)
            if person.pk not in browser.people:
                made.set_cookie(
                    settings.PILOTHOUSE_BROWSER_COOKIE, _said(browser, person.pk), **_terms()
                )
        return made


def _said(browser: Browser, person: int) -> str:
    people = (person, *browser.people)[:PEOPLE_MOST]
    return signing.dumps([browser.number or secrets.token_hex(8), people], salt=SALT)


def _terms() -> Mapping[str, Any]:
    return {
        "max_age": COOKIE_S,
        "path": PATH,
        "httponly": True,
        "samesite": "Strict",
        "secure": settings.SESSION_COOKIE_SECURE,
    }
