"""The gate of the operators' door: its limits, the allowance of each person, and its lanes.

A session that was seen signed in counts for its person, who may have many; every other request
counts against its address, whatever cookie it carries, so that nobody makes allowances by making
up cookies.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final

from django.conf import settings

from pilothouse.console.known import PERSON
from pilothouse.console.live.places import PLACES
from pilothouse.console.live.view import FEED_PLACE
from pilothouse.console.turns import Most, Turns
from pilothouse.gate.addresses import trusted_proxies
from pilothouse.gate.allowances import Allowances, Rate
from pilothouse.gate.asgi import Application, Scope
from pilothouse.gate.descriptors import for_connections, raise_limit
from pilothouse.gate.entry import Counted, Gate, Lane
from pilothouse.gate.lanes import Queue
from pilothouse.gate.limits import KIB, Limits, limits_for

SIGN_IN: Final = "/sign-in/"
LIVE: Final = "/live"
BODY_MAX: Final = 256 * KIB
SIGN_IN_BODY_MAX: Final = 8 * KIB
STRANGER: Final = Rate(300, 40)
"""Requests of an address without a session that is known."""
SIGNED_IN: Final = Rate(600, 100)
"""Requests of a person who is signed in: a page with its panels is a dozen."""
SESSIONS_KEPT: Final = 10_000
HASHING, HASHES_WAITING, HASHES_OF_ONE = 2, 20, 8
"""Passwords hashed at one time, and sign-ins that wait for it: each takes 16 MiB and a while."""
WORKING, WORK_WAITING = 24, 400
"""Requests that are worked at at one time, each in a thread, and those that wait for it."""
WORK_OF_ONE, WAITING_OF_ONE, ONLY_POSTS = 6, 48, 4
"""Of one person at work, and waiting; and the working places that only a POST may take."""
WORK: Final = Most(WORKING, WORK_WAITING, WORK_OF_ONE, WAITING_OF_ONE, ONLY_POSTS)


def gate_of(app: Application | Any, limits: Limits | None = None) -> Gate:
    """Return the application behind its gate; the process may open more files afterwards."""
    most = limits or limits_for(for_connections(raise_limit()), BODY_MAX)
    return Gate(app, most, trusted_proxies(), policy=Visitors(), body_bytes=body_bytes)


def body_bytes(path: str) -> int:
    """Return how long a body may be."""
    return SIGN_IN_BODY_MAX if path.startswith((SIGN_IN, "/theme")) else BODY_MAX


class Visitors:
    """Rates by person or address; lanes for passwords and for work."""

    def __init__(self) -> None:
        self.strangers: Allowances[str] = Allowances(STRANGER)
        self.people: Allowances[str] = Allowances(SIGNED_IN)
        self.known = Sessions()
        # Who is signed in and confirms a password never waits behind strangers who sign in.
        self.hashes = Queue(HASHING, HASHES_WAITING, HASHES_OF_ONE)
        self.own_hashes = Queue(HASHING, HASHES_WAITING, 2)
        self.work = Turns(WORK)
        self.feeds = Queue(WORKING // 3, WORK_WAITING // 2, WAITING_OF_ONE, until_start=True)
        self.strangers_work = Queue(WORKING // 3, WORK_WAITING // 4, WORK_WAITING // 8)

    def counted(self) -> dict[str, Counted]:
        """Return every rate and lane by its name."""
        names = (
            "strangers", "people", "hashes", "own_hashes", "work", "feeds", "strangers_work",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    def admit(self, scope: Scope, key: str) -> int:
        """Return 429 for a person or an address that has used its allowance up."""
        person = self.known.person(scope)
        if person:
            return 0 if self.people.take(person) else 429
        return 0 if self.strangers.take(key) else 429

    def lane(self, scope: Scope, key: str) -> tuple[Lane, str] | None:
        """Return the lane of a request; one who is known takes it as a person, else an address."""
        person = self.known.person(scope)
        whose, is_post = person or key, scope["method"] == "POST"
        if is_post and scope["path"].startswith(SIGN_IN):
            return (self.own_hashes if person else self.hashes), whose
        if scope["path"] == LIVE:
            return self.feeds, whose
        if not person:
            return self.strangers_work, whose
        return (self.work.posts if is_post else self.work.looks), whose

    def answered(self, scope: Scope, key: str) -> None:
        """Remember the session of who was signed in; give the place of a feed back."""
        state = scope.get("state") or {}
        if PERSON in state:
            self.known.add(scope, state[PERSON])
        if FEED_PLACE in state:
            PLACES.leave(state[FEED_PLACE])


class Sessions:
    """Whose the sessions are that were seen signed in last, a bounded number of them."""

    def __init__(self, kept: int = SESSIONS_KEPT) -> None:
        self._kept = kept
        self._whose: OrderedDict[bytes, str] = OrderedDict()

    def person(self, scope: Scope) -> str:
        """Return whose session a request carries, "" if that is not known."""
        return self._whose.get(_session(scope), "")

    def add(self, scope: Scope, person: int) -> None:
        """Remember a session; forget the one not seen for longest if there are too many."""
        cookie = _session(scope)
        self._whose[cookie] = f"person:{person}"
        self._whose.move_to_end(cookie)
        if len(self._whose) > self._kept:
            self._whose.popitem(last=False)


def _session(scope: Scope) -> bytes:
    """Return the digest of a request's session cookie, empty without one."""
    said = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    cookies: SimpleCookie = SimpleCookie()
    try:
        cookies.load(said.decode("latin-1"))
    except CookieError:
        return b""
    found = cookies.get(settings.SESSION_COOKIE_NAME)
    return hashlib.sha256(found.value.encode()).digest() if found and found.value else b""
