"""Who signed a futures request, and that what it asks for is done once.

The nonce is optional. Where it is sent, it must rise. The signature covers text and nonce without
a border between them, so a key signs either with nonces or without: the first that it does
decides, a cancel too. A request without one is carried out once for its bytes; cancelling may be
repeated, since it only takes risk away. A key that was made `nonce_optional` takes no nonce. It
may repeat everything, and so may anybody who sees one of its requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pilothouse.language.refusals import (
    KEY_NEEDS_A_NONCE,
    KEY_TABLE_IS_FULL,
    NONCE_CANNOT_BE_TOLD_FROM_THE_TEXT,
    REQUEST_TABLE_IS_FULL,
    REQUEST_WAS_USED_ALREADY,
    describe,
)
from pilothouse.trading_api import signing
from pilothouse.trading_api.door import Door
from pilothouse.trading_api.futures.errors import (
    AUTHENTICATION_ERROR,
    NONCE_BELOW_THRESHOLD,
    NONCE_DUPLICATE,
    NONE_ARE_LEFT,
    OPTIONAL_TAKES_NONE,
    SIGNS_WITHOUT,
    Refused,
    Repeated,
)
from pilothouse.trading_api.futures.refusals import word_of
from pilothouse.trading_api.meter import Payer
from pilothouse.trading_api.nonce_lanes import Lanes, Verdict, digits_at_the_end
from pilothouse.trading_api.nonces import read_nonce
from pilothouse.trading_api.ports import Key

PREFIX = b"/derivatives"
NO_NONCE: Final = -1
CANCELS_ANYWAY: Final = frozenset(
    {REQUEST_WAS_USED_ALREADY, KEY_TABLE_IS_FULL, REQUEST_TABLE_IS_FULL}
)
"""What the journal may answer of a cancel without a nonce that is carried out all the same."""


@dataclass(frozen=True)
class Signed:
    """A request that was signed right: its key, its nonce or NO_NONCE, the digest of its bytes."""

    key: Key
    nonce: int
    digest: bytes

    def payer(self, address: str) -> Payer:
        """Return who pays for it: without a nonce, the account at the address it came from."""
        account = self.key.account
        return (account, address) if self.nonce == NO_NONCE else account


async def signer(
    door: Door,
    headers: Mapping[str, str],
    path: bytes,
    query: bytes,
    body: bytes,
    address: str,
) -> Signed:
    """Return who signed a request; raise Refused if it is not signed as it must be."""
    key = await door.key(headers.get("apikey", ""), address)
    if key is None:
        raise Refused(AUTHENTICATION_ERROR)
    said = headers.get("nonce", "")
    raw = said.encode("latin-1", errors="replace")
    digest = signing.futures_digest(query + body, raw, path.removeprefix(PREFIX))
    if not signing.matches(signing.signed_digest(key.secret, digest), headers.get("authent", "")):
        raise Refused(AUTHENTICATION_ERROR)
    if not said:
        return Signed(key, NO_NONCE, digest)
    nonce = _take_nonce(door, key, said, digits_at_the_end(query + body), digest)
    return Signed(key, nonce, digest)


def _take_nonce(door: Door, key: Key, said: str, before: str = "", digest: bytes = b"") -> int:
    if may_repeat(key):
        raise Refused(NONCE_BELOW_THRESHOLD, OPTIONAL_TAKES_NONE)
    if door.futures_nonces.signs_without(key.public):
        raise Refused(NONCE_BELOW_THRESHOLD, SIGNS_WITHOUT)
    nonce = read_nonce(said)
    verdict = Verdict.BELOW if nonce is None else _lanes(door, key).take(nonce, before, digest)
    if nonce is None or verdict is Verdict.BELOW:
        raise Refused(NONCE_BELOW_THRESHOLD)
    if verdict is Verdict.LONGER:
        raise Refused(NONCE_BELOW_THRESHOLD, describe(NONCE_CANNOT_BE_TOLD_FROM_THE_TEXT))
    if verdict is Verdict.SAME:
        raise Refused(NONCE_DUPLICATE)
    return nonce


def _lanes(door: Door, key: Key) -> Lanes:
    return door.futures_nonces.lanes(key.public)


def may_repeat(key: Key) -> bool:
    """Tell whether a key may repeat requests without a nonce; a store that does not say: no."""
    return bool(getattr(key, "nonce_optional", False))


async def use(door: Door, signed: Signed, *, only_cancels: bool) -> None:
    """Have the journal remember a request, before what it asks for is done.

    Raises Repeated for bytes without a nonce that were used before, Refused for all else.
    """
    if signed.nonce != NO_NONCE:
        outcome = await _use_nonce(door, signed)
    elif may_repeat(signed.key):
        return
    elif await _signs_with_nonces(door, signed.key):
        raise Refused(NONCE_BELOW_THRESHOLD, describe(KEY_NEEDS_A_NONCE))
    else:
        outcome = await _use_bytes(door, signed, only_cancels=only_cancels)
    if outcome == REQUEST_WAS_USED_ALREADY:
        raise Repeated
    if outcome:
        raise Refused(word_of(outcome).text, _says(door, signed, outcome))


async def _use_nonce(door: Door, signed: Signed) -> int:
    key, nonces = signed.key, door.futures_nonces
    used = nonces.used(key.public, signed.nonce, signed.digest)
    outcome = (await door.ask_one(key, used)).outcome
    if outcome:
        nonces.forget(key.public)
    else:
        nonces.lanes(key.public).journaled(signed.nonce)
    return outcome


async def _use_bytes(door: Door, signed: Signed, *, only_cancels: bool) -> int:
    key, nonces = signed.key, door.futures_nonces
    if only_cancels and nonces.signs_without(key.public):
        return 0
    if not only_cancels and nonces.was_used(key.public, signed.digest):
        return REQUEST_WAS_USED_ALREADY
    with nonces.asking_without(key.public):
        used = nonces.used_without(key.public, signed.digest, key.account)
        outcome = (await door.ask_one(key, used)).outcome
        if outcome == 0:
            nonces.journaled_without(key.public)
    if outcome in (0, REQUEST_WAS_USED_ALREADY):
        nonces.request_in_journal(key.public, signed.digest)
    return 0 if only_cancels and outcome in CANCELS_ANYWAY else outcome


def _says(door: Door, signed: Signed, outcome: int) -> str:
    bare = outcome == KEY_NEEDS_A_NONCE and door.futures_nonces.signs_without(signed.key.public)
    return NONE_ARE_LEFT if bare else describe(outcome)


async def _signs_with_nonces(door: Door, key: Key) -> bool:
    # What this gateway remembers may be of a read alone, or of digits moved by somebody else: then
    # the journal knows better.
    if not _lanes(door, key).any_seen:
        return False
    await door.caught_up(key)
    return door.futures_nonces.in_journal(key.public) != NO_NONCE
