"""Bits, hashes and 128-bit arithmetic: the only file in which unsigned words live.

Every function takes and gives signed 64-bit integers. Each has a compiled form and, for the
uncompiled run, a form over Python's own integers that gives the same answer.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.extending import intrinsic
from numba.cpython.unsafe.numbers import leading_zeros, trailing_zeros

from pilothouse.rules.compiled import UNCOMPILED, inlined, kernel

MASK: Final = (1 << 64) - 1
TOP: Final = 1 << 63
MULTIPLIER: Final = 0x9E3779B97F4A7C15
MIXER: Final = 0xD6E8FEB86659FD93


@intrinsic  # type: ignore[untyped-decorator]
def _high_product(context: Any, a: Any, b: Any) -> Any:
    """Return the upper 64 bits of the 128-bit product of two unsigned words."""

    def generate(ctx: Any, builder: Any, signature: Any, args: Any) -> Any:
        wide = ir.IntType(128)
        product = builder.mul(builder.zext(args[0], wide), builder.zext(args[1], wide))
        return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), generate


@kernel
def _divide_wide(high: Any, low: Any, divisor: Any) -> Any:
    # Knuth's algorithm D with two 32-bit digits; the caller proves that high < divisor.
    half = np.uint64(32)
    base = np.uint64(1 << 32)
    digit = np.uint64(0xFFFFFFFF)
    shift = np.uint64(leading_zeros(divisor))
    divisor = divisor << shift
    top, bottom = divisor >> half, divisor & digit
    if shift > np.uint64(0):
        high = (high << shift) | (low >> (np.uint64(64) - shift))
    low = low << shift
    upper = _digit(high, low >> half, top, bottom, base)
    rest = high * base + (low >> half) - upper * divisor
    lower = _digit(rest, low & digit, top, bottom, base)
    return upper * base + lower


@inlined
def _digit(high: Any, next_digit: Any, top: Any, bottom: Any, base: Any) -> Any:
    guess = high // top
    rest = high - guess * top
    while guess >= base or guess * bottom > base * rest + next_digit:
        guess -= np.uint64(1)
        rest += top
        if rest >= base:
            break
    return guess


@inlined
def _muldiv_fast(a: int, b: int, c: int) -> Any:
    high = _high_product(np.uint64(a), np.uint64(b))
    low = np.uint64(a) * np.uint64(b)
    if high == np.uint64(0):
        return np.int64(low // np.uint64(c))
    return np.int64(_divide_wide(high, low, np.uint64(c)))


@inlined
def _fits_fast(a: int, b: int, c: int) -> bool:
    high = _high_product(np.uint64(a), np.uint64(b))
    return high < (np.uint64(c) >> np.uint64(1))


@inlined
def _mix_fast(hi: int, lo: int, seed: int) -> Any:
    word = (np.uint64(hi) ^ np.uint64(seed)) * np.uint64(MULTIPLIER)
    word = (word ^ (word >> np.uint64(32)) ^ np.uint64(lo)) * np.uint64(MIXER)
    word = (word ^ (word >> np.uint64(32))) * np.uint64(MULTIPLIER)
    return np.int64(word >> np.uint64(1))


@inlined
def _fold_fast(a: int, b: int) -> Any:
    return np.int64(
        (_high_product(np.uint64(a), np.uint64(b)) ^ (np.uint64(a) * np.uint64(b))) >> np.uint64(1)
    )


@inlined
def _lowest_bit_fast(word: int) -> Any:
    return np.int64(trailing_zeros(np.uint64(word)))


@inlined
def _highest_bit_fast(word: int) -> Any:
    return np.int64(63 - np.int64(leading_zeros(np.uint64(word))))


@inlined
def _bit_fast(place: int) -> Any:
    return np.int64(np.uint64(1) << np.uint64(place))


@inlined
def _below_fast(place: int) -> Any:
    return np.int64((np.uint64(1) << np.uint64(place)) - np.uint64(1))


def _signed(word: int) -> Any:
    word &= MASK
    return np.int64(word - (1 << 64) if word & TOP else word)


def _muldiv_plain(a: int, b: int, c: int) -> Any:
    return _signed(int(a) * int(b) // int(c))


def _fits_plain(a: int, b: int, c: int) -> bool:
    return (int(a) * int(b) >> 64) < (int(c) >> 1)


def _mix_plain(hi: int, lo: int, seed: int) -> Any:
    word = ((int(hi) ^ int(seed)) & MASK) * MULTIPLIER & MASK
    word = (word ^ (word >> 32) ^ (int(lo) & MASK)) * MIXER & MASK
    word = (word ^ (word >> 32)) * MULTIPLIER & MASK
    return np.int64(word >> 1)


def _fold_plain(a: int, b: int) -> Any:
    product = (int(a) & MASK) * (int(b) & MASK)
    return np.int64(((product >> 64) ^ (product & MASK)) >> 1)


def _lowest_bit_plain(word: int) -> Any:
    unsigned = int(word) & MASK
    return np.int64((unsigned & -unsigned).bit_length() - 1)


def _highest_bit_plain(word: int) -> Any:
    return np.int64((int(word) & MASK).bit_length() - 1)


def _bit_plain(place: int) -> Any:
    return _signed(1 << int(place))


def _below_plain(place: int) -> Any:
    return _signed((1 << int(place)) - 1)


_muldiv = _muldiv_plain if UNCOMPILED else _muldiv_fast
_fits = _fits_plain if UNCOMPILED else _fits_fast
mix = _mix_plain if UNCOMPILED else _mix_fast
"""Mix two words under a seed into a non-negative one."""
fold = _fold_plain if UNCOMPILED else _fold_fast
"""Fold the 128-bit product of two words into a non-negative one: the quickest way to mix them."""
lowest_bit = _lowest_bit_plain if UNCOMPILED else _lowest_bit_fast
"""Return the place of the lowest bit that is set; the word is not zero."""
highest_bit = _highest_bit_plain if UNCOMPILED else _highest_bit_fast
"""Return the place of the highest bit that is set; the word is not zero."""
bit = _bit_plain if UNCOMPILED else _bit_fast
"""Return the word whose one bit stands at a place from 0 to 63."""
below = _below_plain if UNCOMPILED else _below_fast
"""Return the word of all bits below a place from 0 to 63."""


@inlined
def fits(a: int, b: int, c: int) -> bool:
    """Tell whether a x b / c is surely below 2^63, for a, b from 0 to 2^62 and c at least 1."""
    return _fits(a + a, b, 2) if c < 2 else _fits(a, b, c)


@inlined
def muldiv_down(a: int, b: int, c: int) -> int:
    """Return a x b / c rounded down, for a and b at least 0, c at least 1 and a result that fits.

    The product may have 128 bits.
    """
    return _muldiv(a, b, c)


@kernel
def muldiv_up(a: int, b: int, c: int) -> int:
    """Return a x b / c rounded up, under the same conditions as `muldiv_down`."""
    quotient = _muldiv(a, b, c)
    return quotient + (0 if _is_exact(a, b, c, quotient) else 1)


@kernel
def muldiv_floor(a: int, b: int, c: int) -> int:
    """Return a x b / c rounded towards minus infinity, for any signs of a and b and c at least 1.

    The one who receives gets less, the one who pays pays more.
    """
    if (a < 0) == (b < 0):
        return muldiv_down(abs(a), abs(b), c)
    return -muldiv_up(abs(a), abs(b), c)


@inlined
def _is_exact_fast(a: int, b: int, c: int, quotient: int) -> bool:
    return np.uint64(a) * np.uint64(b) == np.uint64(quotient) * np.uint64(c)


def _is_exact_plain(a: int, b: int, c: int, quotient: int) -> bool:
    return int(a) * int(b) == int(quotient) * int(c)


_is_exact = _is_exact_plain if UNCOMPILED else _is_exact_fast
