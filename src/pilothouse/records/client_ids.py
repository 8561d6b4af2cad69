"""Kraken's names of orders, trades and ledger entries, made reversibly from our numbers.

A spot id is a letter and sixteen base-32 characters (80 bits), a futures id a UUID of version 4
(122 free bits). Both hold the 64-bit number and a check of it, mixed by steps that can be undone,
so that nothing has to be remembered and a wrong id is known as such.
"""

from __future__ import annotations

import hashlib
from typing import Final

ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
GROUPS: Final = (6, 5, 6)
"""Characters between the dashes; the first group begins with the letter."""
ORDER: Final = "O"
TRADE: Final = "T"
FUTURES_ORDER: Final = "order"
"""The kind of a futures order's id."""
TXID_BITS: Final = 80
UUID_BITS: Final = 122
DIGITS_MOST: Final = 18
_ODD_ONE: Final = 0x9E3779B97F4A7C15F39CC0605CEDC835
_ODD_TWO: Final = 0xD1B54A32D192ED03C2B2AE3D27D4EB4F
_NUMBER_MAX: Final = (1 << 63) - 1


def txid_of(letter: str, number: int) -> str:
    """Return the spot id of a number from 0 to 2^63 - 1: OABCDE-FGHIJ-KLMNOP."""
    mixed = _mix(_sealed(letter, number, TXID_BITS), TXID_BITS)
    text = letter + "".join(ALPHABET[mixed >> (5 * k) & 31] for k in reversed(range(16)))
    first, second = GROUPS[0], GROUPS[0] + GROUPS[1]
    return f"{text[:first]}-{text[first:second]}-{text[second:]}"


def number_of_txid(letter: str, txid: str) -> int | None:
    """Return the number a spot id was made from, or None if it is no id of that letter."""
    parts = txid.split("-")
    if tuple(len(part) for part in parts) != GROUPS or txid[0] != letter:
        return None
    mixed = 0
    for character in "".join(parts)[1:]:
        value = ALPHABET.find(character)
        if value < 0:
            return None
        mixed = mixed << 5 | value
    return _opened(letter, _unmix(mixed, TXID_BITS), TXID_BITS)


def uuid_of(kind: str, number: int) -> str:
    """Return the futures id of a number from 0 to 2^63 - 1; `kind` keeps kinds of ids apart."""
    mixed = _mix(_sealed(kind, number, UUID_BITS), UUID_BITS)
    high, middle, low = mixed >> 74, mixed >> 62 & 0xFFF, mixed & (1 << 62) - 1
    raw = f"{high << 80 | 4 << 76 | middle << 64 | 2 << 62 | low:032x}"
    return f"{raw[:8]}-{raw[8:12]}-{raw[12:16]}-{raw[16:20]}-{raw[20:]}"


def number_of_uuid(kind: str, text: str) -> int | None:
    """Return the number a futures id was made from, or None if it is no id of that kind."""
    digits = text.replace("-", "").lower()
    if len(digits) != 32 or any(one not in "0123456789abcdef" for one in digits):
        return None
    raw = int(digits, 16)
    if raw >> 76 & 15 != 4 or raw >> 62 & 3 != 2:
        return None
    mixed = raw >> 80 << 74 | (raw >> 64 & 0xFFF) << 62 | raw & (1 << 62) - 1
    return _opened(kind, _unmix(mixed, UUID_BITS), UUID_BITS)


def order_number_of(text: str) -> int | None:
    """Return the order that a text names: by its number, its spot or its futures id."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= DIGITS_MOST:
        return int(text) or None
    found = number_of_txid(ORDER, text.upper())
    return number_of_uuid(FUTURES_ORDER, text) if found is None else found


def _check(kind: str, number: int, bits: int) -> int:
    raw = hashlib.blake2b(number.to_bytes(8, "little"), digest_size=8, key=kind.encode()).digest()
    return int.from_bytes(raw, "little") & (1 << bits - 64) - 1


def _sealed(kind: str, number: int, bits: int) -> int:
    if not 0 <= number <= _NUMBER_MAX:
        raise ValueError(f"{number} has no id")
    return number << bits - 64 | _check(kind, number, bits)


def _opened(kind: str, sealed: int, bits: int) -> int | None:
    number = sealed >> bits - 64
    if number > _NUMBER_MAX or sealed & (1 << bits - 64) - 1 != _check(kind, number, bits):
        return None
    return number


def _mix(value: int, bits: int) -> int:
    # Multiplying by an odd number and folding the upper half down are both one to one.
    mask = (1 << bits) - 1
    value = value * _ODD_ONE & mask
    value ^= value >> bits // 2
    return value * _ODD_TWO & mask


def _unmix(value: int, bits: int) -> int:
    size = 1 << bits
    value = value * pow(_ODD_TWO, -1, size) % size
    value ^= value >> bits // 2
    return value * pow(_ODD_ONE, -1, size) % size
