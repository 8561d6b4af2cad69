"""Pseudonyms: who a client is, hidden behind a stable name made with the home's own key.

The same account has the same pseudonym in every table and every answer, so that what belongs
together can be counted; without the key nobody finds the account behind it. A part holds the
pseudonyms beside what they hide: they are made once, when rows are written, and not each time
somebody asks.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

import pyarrow as pa

from pilothouse.records.archive.definitions import Column, Mask, Table

LETTERS: Final = {Mask.ACCOUNT: "c", Mask.FIRM: "f", Mask.NAME: "n"}
DIGITS: Final = 12
MARK: Final = b"pseudonyms"
"""What a part's metadata call the mark of the key that its pseudonyms were made with."""
_TYPE: Final = pa.dictionary(pa.int32(), pa.string())


def pseudonym_of(column: Column) -> str:
    """Return the name under which a part holds a column's pseudonyms."""
    return f"{column.name}~"


def with_pseudonyms(table: Table, rows: pa.Table, key: bytes) -> pa.Table:
    """Return rows with the pseudonyms of every masked column behind them, marked by their key."""
    for column in table.masked:
        if pseudonym_of(column) not in rows.column_names:
            made = pseudonyms(rows[column.name], column.mask, key)
            rows = rows.append_column(pseudonym_of(column), made)
    return rows.replace_schema_metadata({MARK: mark(key)})


def mark(key: bytes) -> bytes:
    """Return what tells one key from another and nothing else of it."""
    return hashlib.blake2b(b"mark", key=key[:64], digest_size=8).hexdigest().encode()


def pseudonyms(values: pa.ChunkedArray, mask: Mask, key: bytes) -> pa.Array:
    """Return the pseudonyms of a column; nothing stays nothing."""
    coded = values.combine_chunks().dictionary_encode()
    names = [pseudonym(one, mask, key) for one in coded.dictionary.to_pylist()]
    return pa.DictionaryArray.from_arrays(coded.indices, pa.array(names, pa.string())).cast(_TYPE)


def pseudonym(value: Any, mask: Mask, key: bytes) -> str | None:
    """Return the pseudonym of one value: a letter and twelve hexadecimal digits."""
    if value is None or value == "":
        return value
    digest = hashlib.blake2b(f"{mask}:{value}".encode(), key=key[:64], digest_size=16).hexdigest()
    return f"{LETTERS[mask]}-{digest[:DIGITS]}"
