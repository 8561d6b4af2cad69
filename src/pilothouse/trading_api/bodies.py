"""The raw bytes of a request: what a signature is made over."""

from __future__ import annotations

from typing import Final

from starlette.requests import HTTPConnection, Request

from pilothouse.gate.addresses import address_key

BODY_MAX: Final = 1 << 16
"""How long a body may be, in bytes: four times the longest batch and a thousand names fit."""


class TooLarge(ValueError):
    """A body is longer than any request of this API."""


async def read_body(request: Request) -> bytes:
    """Return a request's body as sent; TooLarge above BODY_MAX."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > BODY_MAX:
            raise TooLarge
        pieces.append(piece)
    return b"".join(pieces)


def address_of(connection: HTTPConnection) -> str:
    """Return the address that counts of a request's or a WebSocket's sender."""
    return address_key(connection.client.host if connection.client else "")


def raw_path(request: Request) -> bytes:
    """Return the path as the client spelled it, without the query."""
    raw: bytes | None = request.scope.get("raw_path")
    return raw.partition(b"?")[0] if raw else request.url.path.encode()
