"""Nonces: strictly rising for each key, whatever restarts in between.

This process remembers every nonce; the journal remembers those of what trades. What a key used
before this process began is read from its replica when the key is first seen.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from pilothouse.gate.allowances import Remembered
from pilothouse.language.commands import UseNonce, UseRequest
from pilothouse.language.commands.nonces import NONCE_BASE
from pilothouse.trading_api.nonce_lanes import Lanes

NONCE_MAX: Final = (1 << 64) - 1
SPOT, FUTURES = "spot", "futures"
REQUESTS_KEPT: Final = 10_000
"""Requests without a nonce that are remembered as used; the journal remembers them all."""


def nothing_before(number: int) -> int:
    """Tell that no key of a number used a nonce before."""
    return -1


def none_without(number: int) -> bool:
    """Tell that no key of a number signs without nonces."""
    return False


class Nonces:
    """The highest nonce each key of one API has used: an unsigned 64-bit number."""

    def __init__(
        self,
        api: str = SPOT,
        before: Callable[[int], int] = nothing_before,
        without: Callable[[int], bool] = none_without,
    ) -> None:
        """`before` returns the highest nonce in the journal by a key's number, -1 for none.

        `without` tells whether the journal knows the key as one that signs without nonces.
        """
        self._api, self._before, self._without = api, before, without
        self._highest: dict[str, int] = {}
        self._lanes: dict[str, Lanes] = {}
        self._nonced: set[str] = set()
        """Keys of which the journal has a nonce: they sign with nonces permanently."""
        self._asked: Counter[str] = Counter()
        """Keys whose requests without a nonce were sent to the journal, and are not answered."""
        self._used: Remembered[tuple[str, bytes]] = Remembered(REQUESTS_KEPT)
        """Requests without a nonce that the journal has: of a repeat it hears nothing."""
        self._bare: set[str] = set()
        """Keys of which the journal took one: the replica may not have seen it yet."""

    def highest(self, public: str) -> int:
        """Return the highest nonce a key has used, -1 if none."""
        if public not in self._highest:
            self._highest[public] = self._before(key_number(self._api, public))
        return self._highest[public]

    def take(self, public: str, nonce: int) -> bool:
        """Use a nonce; tell whether it is above every earlier one of the key."""
        if not self.highest(public) < nonce <= NONCE_MAX:
            return False
        self._highest[public] = nonce
        return True

    def in_journal(self, public: str) -> int:
        """Return the highest nonce of a key that the journal remembers, -1 if none."""
        return self._before(key_number(self._api, public))

    def signs_without(self, public: str) -> bool:
        """Tell whether the first that a key did, or is doing, was signed without a nonce."""
        if public not in self._nonced and self.in_journal(public) >= 0:
            self._nonced.add(public)
        if public in self._nonced:
            return False
        known = public in self._bare or public in self._asked
        return known or self._without(key_number(self._api, public))

    @contextlib.contextmanager
    def asking_without(self, public: str) -> Iterator[None]:
        """Hold a key to be one that signs without nonces while the journal is asked."""
        self._asked[public] += 1
        try:
            yield
        finally:
            self._asked[public] -= 1
            self._asked += Counter()

    def journaled_without(self, public: str) -> None:
        """Remember that the journal took a key's request without a nonce."""
        self._bare.add(public)

    def request_in_journal(self, public: str, digest: bytes) -> None:
        """Remember that the journal has a request without a nonce."""
        self._used.add((public, digest))

    def was_used(self, public: str, digest: bytes) -> bool:
        """Tell whether a request is known to be in the journal; many are that are not known."""
        return (public, digest) in self._used

    def forget(self, public: str) -> None:
        """Forget a nonce that the journal refused: it was not the key's own."""
        self._highest.pop(public, None)
        self._lanes.pop(public, None)

    def lanes(self, public: str) -> Lanes:
        """Return a key's nonces by their number of digits: no border parts them from the text."""
        if public not in self._lanes:
            self._lanes[public] = Lanes(self.in_journal(public))
        return self._lanes[public]

    def used(self, public: str, nonce: int, digest: bytes = b"") -> UseNonce:
        """Return the command by which the journal learns of a nonce.

        `digest` is that of all that was signed, where no border parts the nonce from the text.
        """
        hi, lo = halves(digest) if digest else (0, 0)
        return UseNonce(
            key=key_number(self._api, public),
            nonce_hi=nonce // NONCE_BASE,
            nonce_lo=nonce % NONCE_BASE,
            digest_hi=hi,
            digest_lo=lo,
        )

    def used_without(self, public: str, digest: bytes, account: int) -> UseRequest:
        """Return the command by which the journal learns of a request without a nonce."""
        hi, lo = halves(digest)
        return UseRequest(
            key=key_number(self._api, public), digest_hi=hi, digest_lo=lo, account=account
        )


def key_number(api: str, public: str) -> int:
    """Return the number by which the journal knows a key of an API: 63 bits of a hash."""
    # Lengths first: no other pair of texts is the same bytes.
    text = f"{len(api)}:{api}{len(public)}:{public}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") >> 1


def halves(digest: bytes) -> tuple[int, int]:
    """Return the first 128 bits of a digest as two signed words."""
    return (
        int.from_bytes(digest[:8], "little", signed=True),
        int.from_bytes(digest[8:16], "little", signed=True),
    )


def read_nonce(text: str) -> int | None:
    """Return the number a nonce's text means, or None if it is no unsigned 64-bit number.

    It does not begin with 0: then an end of its digits can be told from another nonce.
    """
    if not text.isascii() or not text.isdigit() or len(text) > 20:
        return None
    if text[0] == "0" and len(text) > 1:
        return None
    value = int(text)
    return value if value <= NONCE_MAX else None
