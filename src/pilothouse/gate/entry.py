"""The gate in front of an application: whole, bounded requests of senders within their allowance.

Everything here happens before any parser of a body and any row of a database. What is refused is
answered at once, in the words of the door behind.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from pilothouse.gate.addresses import Headers, Proxies, address_key
from pilothouse.gate.allowances import Allowances, Rate
from pilothouse.gate.asgi import Application, Message, Receive, Scope, Send
from pilothouse.gate.bodies import Bodies, Held
from pilothouse.gate.connection import CONNECTION
from pilothouse.gate.health import Health
from pilothouse.gate.limits import MIB, Limits
from pilothouse.gate.places import Kind, Places

HEALTH: Final = "/healthz"
"""What is answered also when every place is taken."""
AGAIN_S: Final = 5
"""After how many seconds who was refused should try again."""
AT_ONCE: Final = Rate(300, 20)
"""Refusals of an address for a rate that are answered at once; others wait 5 to 10 s."""
THROWN_AWAY_MAX: Final = 4 * MIB
THROWN_AWAY_S: Final = 2.0
"""How much of a refused body is read, so that its sender comes to read the answer."""
SAID: Final = {
    400: "This is no request of this door",
    408: "The request did not arrive in time",
    413: "The request is too large",
    429: "Too many requests. Wait, then send fewer",
    503: "The door is full. Try again in a few seconds",
}


class Words(Protocol):
    """How a door says no."""

    def __call__(self, path: str, status: int) -> tuple[int, bytes, bytes]:
        """Return status, content type and body of a refusal."""


class Policy(Protocol):
    """What a door asks beyond the limits: rates, and lanes for what is dear."""

    def admit(self, scope: Scope, key: str) -> int:
        """Return 0, or the status with which a request is refused before its body is read."""

    def lane(self, scope: Scope, key: str) -> tuple[Lane, str] | None:
        """Return the lane that a request has to take, and as whose; None for none."""

    def answered(self, scope: Scope, key: str) -> None:
        """The application has answered a request."""

    def counted(self) -> Mapping[str, Counted]:
        """Return every rate and lane by its name; what they refuse, the gate counts."""


class Counted(Protocol):
    """A limit that tells how full it is."""

    @property
    def busiest_ppm(self) -> int:
        """Return the larger use of all and of the busiest sender in ppm; from any thread."""

    @property
    def refused(self) -> int:
        """Return how often it was met, since the start."""


class Lane(Protocol):
    """A bounded way for requests that cost much."""

    @property
    def until_start(self) -> bool:
        """Tell whether a turn ends where the answer begins: an answer without end has no work."""

    async def enter(self, key: str) -> bool:
        """Wait for a turn; False at once if too many wait."""

    def leave(self, key: str) -> None:
        """Give the turn back."""


def plain_words(path: str, status: int) -> tuple[int, bytes, bytes]:
    """Say no in one plain line."""
    return status, b"text/plain; charset=utf-8", SAID[status].encode() + b".\n"


class _Refused(Exception):
    def __init__(self, status: int, *, unread: bool = False) -> None:
        super().__init__(status)
        self.status = status
        self.unread = unread
        """Whether some of the body was not read yet."""


class _Gone(Exception):
    """The client left before its request was whole."""


class Gate:
    """An ASGI application around another: its limits, its places, and who is in."""

    def __init__(
        self,
        application: Application,
        limits: Limits,
        proxies: Proxies,
        *,
        words: Words = plain_words,
        policy: Policy | None = None,
        body_bytes: Callable[[str], int] | None = None,
        sockets: bool = False,
    ) -> None:
        self.limits, self.proxies = limits, proxies
        self.places = Places(limits)
        self.bodies = Bodies(limits.bodies_bytes)
        self.too_slow = 0
        self.refused: dict[int, int] = dict.fromkeys(SAID, 0)
        self._application, self._words, self._policy = application, words, policy
        self._body_bytes = body_bytes or (lambda path: limits.body_bytes)
        self._sockets = sockets
        self._at_once: Allowances[str] = Allowances(AT_ONCE)
        self._health = Health(application)

    def counted(self) -> Mapping[str, Counted]:
        """Return the door's own rates and lanes by their names."""
        return {} if self._policy is None else self._policy.counted()

    def key_of(self, client: Any, headers: Headers) -> str:
        """Return whose a request is, by the address that counts."""
        return address_key(self.proxies.client(client[0] if client else "", headers))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass."""
        if scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "lifespan" or self._sockets:
            self._say_who(scope)
            await self._application(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": ""})

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = (scope.get("state") or {}).get(CONNECTION) or _Nowhere()
        key = self._say_who(scope)
        connection.heard()
        try:
            body = await self._whole(scope, connection, receive, key)
            if _is_health_check(scope):
                await self._health.answer(scope, send)
            else:
                await self._in_place(scope, connection, key, _replayed(body, receive), send)
        except _Refused as refused:
            if refused.status == 429 and not self._at_once.take(key):
                await _wait(connection)
            rest = receive if refused.unread else None
            await self._refuse(scope, refused.status, rest, send)
        except _Gone:
            return

    def _say_who(self, scope: Scope) -> str:
        if scope["type"] == "lifespan":
            return ""
        client, headers = scope.get("client"), scope["headers"]
        peer = client[0] if client else ""
        found = self.proxies.client(peer, headers)
        if found != peer:
            scope["client"] = (found, 0)
        scheme = self.proxies.scheme(peer, headers)
        if scheme is not None:
            secure = scheme == "https"
            scope["scheme"] = scheme if scope["type"] == "http" else ("wss" if secure else "ws")
        return address_key(found)

    # the request becomes whole

    async def _whole(self, scope: Scope, connection: Any, receive: Receive, key: str) -> bytes:
        if not self._sockets and _asks_for_a_socket(scope["headers"]):
            raise _Refused(400, unread=True)
        if self._policy is not None and not _is_health_check(scope):
            status = self._policy.admit(scope, key)
            if status:
                raise _Refused(status, unread=True)
        most = self._body_bytes(scope["path"])
        if declared_length(scope["headers"]) > most:
            raise _Refused(413, unread=True)
        held = Held(key, connection.make_room)
        try:
            body = await self._read(held, receive, most)
        finally:
            self.bodies.release(held)
        if _parts(scope["headers"], body) > self.limits.fields:
            raise _Refused(413)
        return body

    async def _read(self, held: Held, receive: Receive, most: int) -> bytes:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Gone
            piece: bytes = message.get("body", b"")
            more = message.get("more_body", False)
            if held.ended:
                # Its connection is closing: what still comes is thrown away.
                if more:
                    continue
                raise _Refused(503)
            if len(held.body) + len(piece) > most:
                raise _Refused(413, unread=more)
            if not more:
                return bytes(held.body) + piece
            if not self.bodies.hold(held, piece):
                raise _Refused(503, unread=True)

    # it has a place, or none

    async def _in_place(
        self, scope: Scope, connection: Any, key: str, receive: Receive, send: Send
    ) -> None:
        if not self.places.begin(Kind.REQUEST, key):
            raise _Refused(503)
        connection.begin()
        try:
            await self._in_lane(scope, key, receive, send)
        finally:
            self.places.end(Kind.REQUEST, key)
            connection.answered()

    async def _in_lane(self, scope: Scope, key: str, receive: Receive, send: Send) -> None:
        policy = self._policy
        taken = policy.lane(scope, key) if policy is not None else None
        turn = None if taken is None else _Turn(*taken)
        if turn is not None and not await turn.lane.enter(turn.key):
            raise _Refused(503)
        try:
            await self._application(scope, receive, send if turn is None else turn.sending(send))
        finally:
            if turn is not None:
                turn.end()
            if policy is not None:
                policy.answered(scope, key)

    # it is refused

    async def _refuse(self, scope: Scope, status: int, rest: Receive | None, send: Send) -> None:
        self.refused[status] += 1
        status, kind, body = self._words(scope["path"], status)
        headers = [
            (b"content-type", kind),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
        ]
        if status in (429, 503):
            headers.append((b"retry-after", b"%d" % AGAIN_S))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": True})
        if rest is not None:
            await _throw_away(rest)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _wait(connection: Any) -> None:
    # Whoever asks again as soon as it is refused would take the loop with refusals alone. Not all
    # at one moment, and not for a connection that is gone.
    await asyncio.sleep(random.random())
    for _ in range(random.randrange(AGAIN_S, 2 * AGAIN_S)):
        if connection.is_gone:
            return
        await asyncio.sleep(1)


class _Turn:
    """A turn in a lane, given back once."""

    def __init__(self, lane: Lane, key: str) -> None:
        self.lane, self.key = lane, key
        self._over = False

    def end(self) -> None:
        """Give it back, if that was not done yet."""
        if not self._over:
            self._over = True
            self.lane.leave(self.key)

    def sending(self, send: Send) -> Send:
        """Return a way to answer that ends the turn where its lane says so."""

        async def sent(message: Message) -> None:
            if self.lane.until_start and message["type"] == "http.response.start":
                self.end()
            await send(message)

        return sent


class _Nowhere:
    """The connection of a request that came on none of ours."""

    is_gone = False

    def heard(self) -> None:
        """Nothing waits."""

    def make_room(self) -> None:
        """Nothing is held."""

    def begin(self) -> None:
        """Nothing is held."""

    def answered(self) -> None:
        """Nothing is held."""


def _is_health_check(scope: Scope) -> bool:
    return scope["path"] == HEALTH and scope["method"] in ("GET", "HEAD")


def _asks_for_a_socket(headers: Headers) -> bool:
    return any(name == b"upgrade" and b"websocket" in value.lower() for name, value in headers)


def declared_length(headers: Headers) -> int:
    """Return how long a request says its body is, 0 if it does not say it."""
    said = [value for name, value in headers if name == b"content-length"]
    return int(said[0]) if said and len(said[0]) <= 20 and said[0].isdigit() else 0


def _parts(headers: Headers, body: bytes) -> int:
    kind = b"".join(value for name, value in headers if name == b"content-type").lower()
    if b"multipart" in kind:
        return body.count(b"\n--")
    if b"json" in kind or body[:64].lstrip()[:1] in (b"{", b"["):
        return body.count(b",") // 5
    return body.count(b"&")


def _replayed(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _throw_away(receive: Receive) -> None:
    # A sender that is cut off while it writes loses the answer: some of the rest is read first.
    left = THROWN_AWAY_MAX
    try:
        async with asyncio.timeout(THROWN_AWAY_S):
            while left > 0:
                message = await receive()
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
                left -= len(message.get("body", b""))
    except TimeoutError:
        return
