"""The feed's address. It asks again, while it runs, whether the session still holds."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator
from importlib import import_module
from typing import Final

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import aget_user
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from pilothouse.access.models import Person
from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.access.sessions import is_over
from pilothouse.console.live.places import PLACES
from pilothouse.console.live.ticker import FEED
from pilothouse.console.query import row_number
from pilothouse.journal.steady import passing_now

FEED_PLACE: Final = "pilothouse.feed"
"""Under which name of `scope["state"]` the gate finds whose place it has to give back."""
WAIT_S: Final = 8
HEARTBEAT_S: Final = 15
HEARTBEAT: Final = b": heartbeat\n\n"
SESSION_IS_OVER: Final = b"event: ended\ndata: {}\n\n"


async def live(request: HttpRequest) -> HttpResponseBase:
    """Answer the feed as Server-Sent Events, from the message after `Last-Event-ID`.

    Without a place the answer is 503 with a wait: nobody who listens is thrown out for a new one.
    """
    person = (await request.auser()).pk
    if not PLACES.enter(person):
        return _full()
    state = getattr(request, "scope", {}).get("state")
    if state is not None:
        state[FEED_PLACE] = person  # the gate gives the place back, however the request ends
    last = row_number(request.headers.get("Last-Event-ID", ""))
    messages = _messages(request.session.session_key, last, None if state is not None else person)
    made = StreamingHttpResponse(messages, content_type="text/event-stream")
    # A compressing middleware would hold messages back; an encoding of its own keeps it away.
    made["Content-Encoding"] = "identity"
    made["Cache-Control"] = "no-store"
    made["X-Accel-Buffering"] = "no"
    return made


def _full() -> HttpResponse:
    made = HttpResponse("The live feed is full. Try again later.", status=503)
    made["Content-Type"] = "text/plain; charset=utf-8"
    made._has_been_logged = True  # type: ignore[attr-defined]  # one line each would fill the log
    made["Retry-After"] = str(random.randint(WAIT_S * 3 // 4, WAIT_S * 5 // 4))
    return made


async def _messages(
    session: str | None, after: int | None, person: int | None
) -> AsyncIterator[bytes]:
    checked_at = time.monotonic()
    try:
        async for message in FEED.listen(after, HEARTBEAT_S):
            yield message or HEARTBEAT
            if time.monotonic() - checked_at >= HEARTBEAT_S:
                checked_at = time.monotonic()
                if not await _still_signed_in(session):
                    yield SESSION_IS_OVER
                    return
    finally:
        if person is not None:
            PLACES.leave(person)


async def _still_signed_in(session: str | None) -> bool:
    """Read the session and its person afresh: signed out, idle, expired, disabled and without a
    role end the feed.
    """
    store = import_module(settings.SESSION_ENGINE).SessionStore
    asked = HttpRequest()
    asked.session = store(session)
    person = await aget_user(asked)
    return await sync_to_async(_may_listen)(asked, person)


def _may_listen(asked: HttpRequest, person: AbstractBaseUser | AnonymousUser) -> bool:
    over = is_over(asked.session, int(passing_now().timestamp()))
    return isinstance(person, Person) and not over and may(person, Right.VIEW)
