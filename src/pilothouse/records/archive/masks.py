"""Pseudonyms: who a client is, hidden behind a stable name made with the home's own key.

The same account has the same pseudonym in every table and every answer, so that what belongs
together can be counted; without the key nobody finds the account behind it.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

import pyarrow as pa

from pilothouse.records.archive.definitions import Mask

LETTERS: Final = {Mask.ACCOUNT: "c", Mask.FIRM: "f", Mask.NAME: "n"}
DIGITS: Final = 12


class Pseudonyms:
    """The pseudonyms of one kind of column under one key."""

    def __init__(self, key: bytes, mask: Mask) -> None:
        self._key = key[:64]
        self._mask = mask
        self._known: dict[Any, str | None] = {None: None, "": ""}

    def of(self, values: pa.Array | pa.ChunkedArray) -> pa.Array:
        """Return the pseudonyms of values; nothing stays nothing."""
        whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
        coded = whole.dictionary_encode()
        names = [self.name(one) for one in coded.dictionary.to_pylist()]
        return pa.array(names, pa.string()).take(coded.indices)

    def name(self, value: Any) -> str | None:
        """Return the pseudonym of one value: a letter and twelve hexadecimal digits."""
        found = self._known.get(value, "?")
        if found == "?":
            said = f"{self._mask}:{value}".encode()
            digest = hashlib.blake2b(said, key=self._key, digest_size=16).hexdigest()
            found = self._known[value] = f"{LETTERS[self._mask]}-{digest[:DIGITS]}"
        return found
