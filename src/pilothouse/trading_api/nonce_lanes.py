"""The futures nonces of one key that this process saw, apart by their number of digits.

The signature has no border between text and nonce, so somebody may repeat a request with digits of
its text in front of the nonce. Such a nonce is longer than the key's own; as the highest of all it
would close the key. Here it closes the lane of its own length alone. What was signed last is
remembered whole: its digest is the same wherever the border is.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

DIGITS_MAX: Final = 20
"""Digits of the longest nonce: so a key has at most as many lanes."""


NONE: Final = DIGITS_MAX + 1
DIGESTS_KEPT: Final = 200
"""Requests of a key that are remembered whole."""


class Verdict(Enum):
    """What a nonce is to those before it."""

    ABOVE = "above"
    SAME = "same"
    BELOW = "below"
    LONGER = "longer"
    """It has more digits than the key's nonces can have."""


class Lanes:
    """Each lane's highest nonce, above the highest that the journal remembers."""

    def __init__(self, in_journal: int) -> None:
        """`in_journal` is -1 while the journal has no nonce of the key."""
        self._floor = in_journal
        self._highest: dict[int, int] = {}
        self._plain = NONE
        """The shortest lane of a text that ends without a digit: of nothing moved into it."""
        self._digests: dict[bytes, None] = {}

    @property
    def any_seen(self) -> bool:
        """Tell whether a nonce of the key is known at all."""
        return self._floor >= 0 or bool(self._highest)

    def journaled(self, nonce: int) -> None:
        """Take in that the journal has a nonce: all others of the key have as many digits."""
        self._floor = max(self._floor, nonce)

    def take(self, nonce: int, before: str = "", digest: bytes = b"") -> Verdict:
        """Use a nonce if it is ABOVE; `before` are the digits at the end of the text signed."""
        verdict = self._verdict(nonce, before, digest)
        if verdict is Verdict.ABOVE:
            length = len(str(nonce))
            self._highest[length] = nonce
            if not before:
                self._plain = min(self._plain, length)
            self._remember(digest)
        return verdict

    def _verdict(self, nonce: int, before: str, digest: bytes) -> Verdict:
        said = str(nonce)
        if self._floor >= 0 and len(said) > len(str(self._floor)):
            return Verdict.LONGER
        last = max(self._floor, self._highest.get(len(said), -1))
        if nonce <= last:
            return Verdict.SAME if nonce == last else Verdict.BELOW
        if digest in self._digests or self._lost_digits(before, said):
            return Verdict.BELOW
        return Verdict.ABOVE

    def _lost_digits(self, before: str, said: str) -> bool:
        # Digits that were moved into the text are its end now: with them it is a repeat.
        whole = (before + said)[-self._plain :]
        if len(said) >= self._plain or len(whole) < self._plain or whole[0] == "0":
            return False
        return int(whole) <= self._highest.get(self._plain, -1)

    def _remember(self, digest: bytes) -> None:
        if digest:
            self._digests[digest] = None
        if len(self._digests) > DIGESTS_KEPT:
            del self._digests[next(iter(self._digests))]


def digits_at_the_end(text: bytes) -> str:
    """Return the digits at the end of a text, as many as may be a nonce's."""
    end = text[-DIGITS_MAX:]
    return end[len(end.rstrip(b"0123456789")) :].decode()
