"""Who signed a private spot request: key, signature, nonce, permission, in Kraken's order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pilothouse.trading_api import signing, texts
from pilothouse.trading_api.door import Door
from pilothouse.trading_api.nonces import read_nonce
from pilothouse.trading_api.ports import Key
from pilothouse.trading_api.spot.errors import (
    INVALID_KEY,
    INVALID_NONCE,
    INVALID_SIGNATURE,
    Refused,
)
from pilothouse.trading_api.spot.refusals import error_of


@dataclass(frozen=True)
class Signed:
    """A request that was signed right, with a nonce above every earlier one of its key."""

    key: Key
    nonce: int


async def signer(
    door: Door,
    headers: Mapping[str, str],
    path: bytes,
    body: bytes,
    values: Mapping[str, Any],
    address: str,
) -> Signed:
    """Return the key that signed a request; raise Refused if it is not signed as it must be.

    The nonce counts only once the signature is right, so nobody can use up another's nonces.
    """
    key = await door.key(headers.get("api-key", ""), address)
    if key is None:
        raise Refused(INVALID_KEY)
    said = texts.text_of(values.get("nonce")) or ""
    expected = signing.spot_signature(key.secret, path, said.encode(errors="replace"), body)
    nonce = read_nonce(said)
    if not signing.matches(expected, headers.get("api-sign", "")):
        raise Refused(INVALID_SIGNATURE if nonce is not None else INVALID_NONCE)
    if nonce is None or not door.spot_nonces.take(key.public, nonce):
        raise Refused(INVALID_NONCE)
    return Signed(key, nonce)


async def use(door: Door, signed: Signed) -> None:
    """Have the journal remember the nonce, before what was signed is done; raise Refused."""
    command = door.spot_nonces.used(signed.key.public, signed.nonce)
    outcome = (await door.ask_one(signed.key, command)).outcome
    if outcome:
        raise Refused(error_of(outcome))
