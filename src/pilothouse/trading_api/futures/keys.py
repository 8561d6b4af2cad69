"""Who signed a futures request. The nonce is optional; where it is sent, it must rise."""

from __future__ import annotations

from collections.abc import Mapping

from pilothouse.trading_api import signing
from pilothouse.trading_api.door import Door
from pilothouse.trading_api.futures.errors import (
    AUTHENTICATION_ERROR,
    NONCE_BELOW_THRESHOLD,
    NONCE_DUPLICATE,
    Refused,
)
from pilothouse.trading_api.nonces import read_nonce
from pilothouse.trading_api.ports import Key

PREFIX = b"/derivatives"


async def signer(
    door: Door, headers: Mapping[str, str], path: bytes, query: bytes, body: bytes
) -> Key:
    """Return the key that signed a request; raise Refused if it is not signed as it must be."""
    key = await door.key(headers.get("apikey", ""))
    if key is None:
        raise Refused(AUTHENTICATION_ERROR)
    said = headers.get("nonce", "")
    raw = said.encode("latin-1", errors="replace")
    endpoint = path.removeprefix(PREFIX)
    expected = signing.futures_signature(key.secret, query + body, raw, endpoint)
    if not signing.matches(expected, headers.get("authent", "")):
        raise Refused(AUTHENTICATION_ERROR)
    if said:
        _take_nonce(door, key, said)
    return key


def _take_nonce(door: Door, key: Key, said: str) -> None:
    nonce = read_nonce(said)
    if nonce is None or nonce < door.futures_nonces.highest(key.public):
        raise Refused(NONCE_BELOW_THRESHOLD)
    if not door.futures_nonces.take(key.public, nonce):
        raise Refused(NONCE_DUPLICATE)
