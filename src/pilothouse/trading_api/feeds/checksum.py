"""The CRC32 that Kraken sends with a book, made over the ten best levels of each side."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Final

LEVELS: Final = 10
"""How many levels of each side are summed, whatever the depth of the subscription."""


def digits(price: str, quantity: str) -> str:
    """Return a level's part: price and quantity as sent, without points and leading zeros."""
    return price.replace(".", "").lstrip("0") + quantity.replace(".", "").lstrip("0")


def checksum(asks: Iterable[str], bids: Iterable[str]) -> int:
    """Return the unsigned CRC32 of the digits of at most ten asks and ten bids, best first."""
    return zlib.crc32("".join((*asks, *bids)).encode())
