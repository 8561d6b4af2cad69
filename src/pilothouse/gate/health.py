"""The health check of a door: asked of the application a few times a second, told to everybody.

What watches a door must be answered when every place is taken, and whoever asks all the time must
not make it work: so the answer needs no place, and those who ask at one moment share one.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any, Final

from pilothouse.gate.asgi import Application, Message, Scope, Send

FRESH_S: Final = 0.2
LONGEST_S: Final = 10.0
HOST: Final = b"127.0.0.1"

_log: Final = logging.getLogger(__name__)

_NO_ANSWER: Final[list[Message]] = [
    {
        "type": "http.response.start",
        "status": 503,
        "headers": [(b"content-type", b"application/json")],
    },
    {"type": "http.response.body", "body": b'{"status": "no answer"}', "more_body": False},
]


class Health:
    """The last answer of the application, and the question under way."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._asking: asyncio.Task[list[Message]] | None = None
        self._known: tuple[float, list[Message]] | None = None

    async def answer(self, scope: Scope, send: Send) -> None:
        """Answer from what is known, or ask."""
        for message in await self._messages(scope):
            await send(dict(message))

    async def _messages(self, scope: Scope) -> list[Message]:
        if self._known is not None and time.monotonic() - self._known[0] < FRESH_S:
            return self._known[1]
        if self._asking is None:
            self._asking = asyncio.get_running_loop().create_task(self._ask(scope))
            self._asking.add_done_callback(self._asked)
        try:
            return await asyncio.wait_for(asyncio.shield(self._asking), LONGEST_S)
        except Exception:
            _log.exception("the health check has no answer")
            return _NO_ANSWER

    def _asked(self, task: asyncio.Task[list[Message]]) -> None:
        self._asking = None
        if not task.cancelled() and task.exception() is None:
            self._known = time.monotonic(), task.result()

    async def _ask(self, scope: Scope) -> list[Message]:
        said: list[Message] = []

        async def hear(message: Message) -> None:
            said.append(message)

        # Everybody gets this answer: nothing that the one who asks has sent counts in it.
        headers = [(b"host", HOST), (b"accept", b"application/json")]
        asked = {**scope, "method": "GET", "headers": headers, "query_string": b""}
        await self._application(asked, _nothing(), hear)
        start, *rest = said
        body = b"".join(one.get("body", b"") for one in rest)
        headers = [*start.get("headers", []), (b"connection", b"close")]
        return [
            {**start, "headers": headers},
            {"type": "http.response.body", "body": body, "more_body": False},
        ]


def _nothing() -> Any:
    given = False

    async def receive() -> Message:
        nonlocal given
        if given:
            await asyncio.Event().wait()
        given = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return receive
