"""The feed's address. It asks again, while it runs, whether the session still holds."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from importlib import import_module
from typing import Final

from django.conf import settings
from django.contrib.auth import aget_user
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse

from pilothouse.console.live.ticker import FEED

HEARTBEAT_S: Final = 15
HEARTBEAT: Final = b": heartbeat\n\n"
SESSION_IS_OVER: Final = b"event: ended\ndata: {}\n\n"


async def live(request: HttpRequest) -> HttpResponseBase:
    """Answer the feed as Server-Sent Events, from the message after `Last-Event-ID`."""
    last = request.headers.get("Last-Event-ID", "")
    messages = _messages(request.session.session_key, int(last) if last.isdecimal() else None)
    made = StreamingHttpResponse(messages, content_type="text/event-stream")
    # A compressing middleware would hold messages back; an encoding of its own keeps it away.
    made["Content-Encoding"] = "identity"
    made["Cache-Control"] = "no-store"
    made["X-Accel-Buffering"] = "no"
    return made


async def _messages(session: str | None, after: int | None) -> AsyncIterator[bytes]:
    checked_at = time.monotonic()
    async for message in FEED.listen(after, HEARTBEAT_S):
        yield message or HEARTBEAT
        if time.monotonic() - checked_at >= HEARTBEAT_S:
            checked_at = time.monotonic()
            if not await _still_signed_in(session):
                yield SESSION_IS_OVER
                return


async def _still_signed_in(session: str | None) -> bool:
    """Read the session and its person afresh: signed out, expired and disabled end the feed."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    asked = HttpRequest()
    asked.session = store(session)
    person = await aget_user(asked)
    return bool(person.is_authenticated and person.is_active)
