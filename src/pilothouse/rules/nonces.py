"""Nonces: which comes after which, and which can be told from the text in front of it.

A nonce is two words, `hi` times 10^10 plus `lo`. See docs/rules/nonces.md.
"""

from __future__ import annotations

from pilothouse.rules.compiled import inlined, kernel

BASE = 10**10
BASE_OF_DIGITS = 10
DIGITS = 10
"""Digits of the lower word."""
HI_MAX = 1_844_674_407
"""The upper word of 2^64 - 1."""
LO_MAX_AT_THE_TOP = 3_709_551_615
"""The lower word of 2^64 - 1."""
WITHOUT_NONCE_SHARE = 4
"""Requests without a nonce that the keys of an account may use: at most this part of the table."""


@inlined
def is_nonce(hi: int, lo: int) -> bool:
    """Tell whether two words are a nonce: an unsigned number of 64 bits."""
    if hi < 0 or lo < 0 or lo >= BASE or hi > HI_MAX:
        return False
    return hi < HI_MAX or lo <= LO_MAX_AT_THE_TOP


@inlined
def is_above(hi: int, lo: int, other_hi: int, other_lo: int) -> bool:
    """Tell whether a nonce is above another."""
    return hi > other_hi or (hi == other_hi and lo > other_lo)


@kernel
def is_longer(hi: int, lo: int, other_hi: int, other_lo: int) -> bool:
    """Tell whether a nonce is written with more digits than another.

    Where no border parts a text from its nonce, digits of one may be moved into the other. That
    changes how many digits the nonce has: to more, or to fewer and so below those used before.
    """
    if (hi > 0) != (other_hi > 0):
        return hi > 0
    if hi > 0:
        return _digits(hi) > _digits(other_hi)
    return _digits(lo) > _digits(other_lo)


@inlined
def _digits(word: int) -> int:
    """Return with how many digits a word of at most ten is written."""
    count, power = 1, BASE_OF_DIGITS
    while count < DIGITS and word >= power:
        count += 1
        power *= BASE_OF_DIGITS
    return count
