"""Nonces: strictly rising for each key, remembered while the gateway runs."""

from __future__ import annotations

from typing import Final

NONCE_MAX: Final = (1 << 64) - 1


class Nonces:
    """The highest nonce each key has used. A nonce is an unsigned 64-bit number."""

    def __init__(self) -> None:
        self._highest: dict[str, int] = {}

    def highest(self, public: str) -> int:
        """Return the highest nonce a key has used, -1 if none."""
        return self._highest.get(public, -1)

    def take(self, public: str, nonce: int) -> bool:
        """Use a nonce; tell whether it is above every earlier one of the key."""
        if not self.highest(public) < nonce <= NONCE_MAX:
            return False
        self._highest[public] = nonce
        return True


def read_nonce(text: str) -> int | None:
    """Return the number a nonce's text means, or None if it is no unsigned 64-bit number."""
    if not text.isascii() or not text.isdigit() or len(text) > 20:
        return None
    value = int(text)
    return value if value <= NONCE_MAX else None
