"""Pseudonyms: what a masked reader gets instead of clients, and in which order.

The same account has the same pseudonym in every table and every answer, so that what belongs
together can be counted; without the key nobody finds the account behind it. Each purpose has a key
of its own. What would give the number back without the key goes too: the moment at which an
account was opened or credited, and the order in which the exchange goes through its accounts.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pilothouse.records.archive.definitions import HEAD_OF_A_ROW, Mask, Table

LETTERS: Final = {Mask.ACCOUNT: "c", Mask.FIRM: "f", Mask.NAME: "n"}
DIGITS: Final = 12
PLACE_BITS: Final = 24
"""Of an event's number: its place in the block."""


@dataclass(frozen=True)
class Veiled:
    """Rows for masked readers: those with their moment, and those without it."""

    dated: pa.Table
    undated: pa.Table


def veiled(table: Table, rows: pa.Table, key: bytes) -> Veiled:
    """Return a table's rows as masked readers get them."""
    for column in table.masked:
        place = rows.schema.get_field_index(column.name)
        made = pseudonyms(rows[column.name], column.mask, key)
        rows = rows.set_column(place, column.name, made)
    return ordered(table, _parted(table, rows.cast(table.masked_schema)))


def ordered(table: Table, rows: Veiled) -> Veiled:
    """Return veiled rows in an order that tells nothing but time."""
    dated = _renumbered(table, rows.dated) if "event" in rows.dated.column_names else rows.dated
    return Veiled(_sorted(table, dated), _sorted(table, rows.undated))


def _parted(table: Table, rows: pa.Table) -> Veiled:
    if table.undated is None:
        return Veiled(rows, rows.slice(0, 0))
    chosen = np.ones(len(rows), np.bool_)
    if table.undated.column:
        words = rows[table.undated.column].cast(pa.string())
        known = pc.is_in(words, pa.array(table.undated.words))
        chosen = known.to_numpy(zero_copy_only=False).astype(np.bool_)
    undated = rows.filter(pa.array(chosen))
    for name in HEAD_OF_A_ROW:
        place = undated.schema.get_field_index(name)
        if place >= 0:
            field = undated.schema.field(place)
            undated = undated.set_column(place, field, pa.nulls(len(undated), field.type))
    return Veiled(rows.filter(pa.array(~chosen)), undated)


def _renumbered(table: Table, rows: pa.Table) -> pa.Table:
    # The exchange goes through accounts by their numbers: within a block the places of accounts
    # become the order of their pseudonyms, and each account's own events keep their order.
    if not table.masked or not len(rows):
        return rows
    events = rows["event"].to_numpy()
    blocks = events >> PLACE_BITS
    known = pc.fill_null(rows[table.masked[0].name], "")
    _, names = np.unique(known.to_numpy(), return_inverse=True)
    order = np.lexsort((events, names, blocks))
    starts = np.flatnonzero(np.diff(blocks[order], prepend=-1))
    first = np.repeat(starts, np.diff(np.append(starts, len(order))))
    made = np.empty_like(events)
    made[order] = (blocks[order] << PLACE_BITS) + np.arange(len(order)) - first
    return rows.set_column(rows.schema.get_field_index("event"), "event", pa.array(made))


def _sorted(table: Table, rows: pa.Table) -> pa.Table:
    # By time, so that a condition on time skips what it does not need; then by pseudonyms.
    head = [one for one in HEAD_OF_A_ROW if one in rows.column_names]
    names = [one.name for one in table.masked]
    keys = [*head[:1], *names, *head[1:]] if names else head[:1]
    if not keys or not len(rows):
        return rows
    return rows.take(pc.sort_indices(rows, [(one, "ascending") for one in keys]))


def mark(key: bytes) -> bytes:
    """Return what tells one key from another and nothing else of it."""
    return hashlib.blake2b(b"mark", key=key[:64], digest_size=8).hexdigest().encode()


def pseudonyms(values: pa.ChunkedArray, mask: Mask, key: bytes) -> pa.Array:
    """Return the pseudonyms of a column as plain texts; nothing stays nothing.

    A dictionary would keep the order in which the accounts came.
    """
    coded = values.combine_chunks().dictionary_encode()
    own = purpose_key(mask, key)
    names = pa.array([_pseudonym(one, mask, own) for one in coded.dictionary.to_pylist()],
                     pa.string())  # fmt: skip
    return names.take(coded.indices)


def purpose_key(mask: Mask, key: bytes) -> bytes:
    """Return the key of one purpose: what one of them tells says nothing about another's."""
    return hashlib.blake2b(f"pseudonyms of {mask}".encode(), key=key[:64], digest_size=32).digest()


def pseudonym(value: Any, mask: Mask, key: bytes) -> str | None:
    """Return the pseudonym of one value: a letter and twelve hexadecimal digits."""
    return _pseudonym(value, mask, purpose_key(mask, key))


def _pseudonym(value: Any, mask: Mask, own: bytes) -> str | None:
    if value is None or value == "":
        return value
    digest = hashlib.blake2b(str(value).encode(), key=own, digest_size=16).hexdigest()
    return f"{LETTERS[mask]}-{digest[:DIGITS]}"
