"""The gate of the operators' door: its limits, the allowance of each person, and its lanes.

A session that was seen signed in counts for its person, who may have many; every other request
counts against its address, whatever cookie it carries, so that nobody makes allowances by making
up cookies. A session is read as Django reads it, and once it has ended it is nobody's.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from threading import Lock
from typing import Any, Final

from django.core.handlers.asgi import ASGIRequest

from pilothouse.console.known import SAYS_WHOSE, session_cookie
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
UNJUDGED_MOST: Final = 100
"""Requests of a session of which none was judged, before it counts by address: clients may leave
before a page reads the session, and one that has ended must not use its person's allowance up."""
ESCAPED_MOST: Final = 1 << 20
"""Bytes of a request's cookies times the backslashes in them. Python before 3.11.10 and 3.12.6
searches a quoted value to its end for each of them: 16 KiB of them would take a second."""
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
        """Return 429 for a person or an address that has used its allowance up.

        Cookies that take long to read are no request: 400.
        """
        cookies = b"".join(value for _, value in _cookies(scope))
        if len(cookies) * cookies.count(b"\\") > ESCAPED_MOST:
            return 400
        session = session_of(scope)
        person = self.known.person(session)
        scope.setdefault("state", {})[SAYS_WHOSE] = partial(self.known.note, session)
        if person:
            self.known.begin(session)
            return 0 if self.people.take(person) else 429
        return 0 if self.strangers.take(key) else 429

    def lane(self, scope: Scope, key: str) -> tuple[Lane, str] | None:
        """Return the lane of a request; one who is known takes it as a person, else an address."""
        person = self.known.person(session_of(scope))
        whose, is_post = person or key, scope["method"] == "POST"
        if is_post and scope["path"].startswith(SIGN_IN):
            return (self.own_hashes if person else self.hashes), whose
        if scope["path"] == LIVE:
            return self.feeds, whose
        if not person:
            return self.strangers_work, whose
        return (self.work.posts if is_post else self.work.looks), whose

    def answered(self, scope: Scope, key: str) -> None:
        """Give the place of a feed back."""
        state = scope.get("state") or {}
        if FEED_PLACE in state:
            PLACES.leave(state[FEED_PLACE])


class Sessions:
    """Whose the sessions are that were seen signed in last, a bounded number of them.

    Safe from any thread: what a page says of its session is heard where the page is made, also
    when its client has left.
    """

    def __init__(self, kept: int = SESSIONS_KEPT) -> None:
        self._kept, self._lock = kept, Lock()
        self._whose: OrderedDict[bytes, _Whose] = OrderedDict()

    def person(self, session: bytes) -> str:
        """Return whose a session is, "" if that is not known."""
        found = self._whose.get(session)
        return found.person if found is not None and found.unjudged < UNJUDGED_MOST else ""

    def begin(self, session: bytes) -> None:
        """Count a request whose session is not judged yet."""
        with self._lock:
            if session in self._whose:
                self._whose[session].unjudged += 1

    def note(self, session: bytes, person: int) -> None:
        """Remember whose a session is; forget one that is nobody's, person 0.

        Where there are too many, the one not seen for longest is forgotten.
        """
        with self._lock:
            self._whose.pop(session, None)
            if session and person:
                self._whose[session] = _Whose(f"person:{person}")
            if len(self._whose) > self._kept:
                self._whose.popitem(last=False)


@dataclass
class _Whose:
    person: str
    unjudged: int = 0


def session_of(scope: Scope) -> bytes:
    """Return the digest of a request's session cookie, empty without one.

    Django's own request reads it: two readers could take two different sessions for one request's.
    """
    asked = {"method": "", "path": "", "headers": _cookies(scope)}
    found = session_cookie(ASGIRequest(asked, BytesIO()))
    return hashlib.sha256(found.encode()).digest() if found else b""


def _cookies(scope: Scope) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in scope["headers"] if name == b"cookie"]
