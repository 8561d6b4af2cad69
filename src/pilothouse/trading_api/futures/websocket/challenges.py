"""The challenge of a connection, and whether it was signed with a key's secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from typing import Any, Final

from pilothouse.trading_api import signing
from pilothouse.trading_api.door import Door
from pilothouse.trading_api.ports import Key

CHALLENGES_KEPT: Final = 20


class Challenges:
    """The challenges that one connection was given; none of another connection counts."""

    def __init__(self) -> None:
        self._given: dict[str, None] = {}

    def make(self) -> str:
        """Return a new challenge. Whether a key exists is not told by asking for one."""
        while len(self._given) >= CHALLENGES_KEPT:
            del self._given[next(iter(self._given))]
        made = str(uuid.uuid4())
        self._given[made] = None
        return made

    async def signer(self, door: Door, message: dict[str, Any], address: str) -> Key | None:
        """Return the key that signed a request's challenge, None if it was not signed right."""
        names = ("api_key", "original_challenge", "signed_challenge")
        public, challenge, signed = (message.get(name) for name in names)
        if not (isinstance(public, str) and isinstance(challenge, str)):
            return None
        key = await door.key(public, address)
        if key is None or challenge not in self._given or not isinstance(signed, str):
            return None
        return key if signing.matches(signature(key.secret, challenge), signed) else None


def signature(secret: bytes, challenge: str) -> bytes:
    """Return the 64 bytes behind `signed_challenge`: HMAC-SHA512(SHA256(challenge))."""
    return hmac.new(secret, hashlib.sha256(challenge.encode()).digest(), hashlib.sha512).digest()


def signed(secret: bytes, challenge: str) -> str:
    """Return what a client sends as `signed_challenge`."""
    return base64.b64encode(signature(secret, challenge)).decode()
