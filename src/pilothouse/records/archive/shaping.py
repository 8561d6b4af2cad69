"""Columns to tables: what an event's words fill by their names, and what stays empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from pilothouse.records.archive.batches import Events, times, words
from pilothouse.records.archive.definitions import Kind, Table


def plain(table: Table, seen: Events, **also: str) -> dict[str, Any]:
    """Return the columns of a table that events of one class fill by name.

    `also` names a column that takes one of the head's words: `taker_account="account"`.
    """
    made: dict[str, Any] = {
        "time": times(seen.times),
        "position": seen.positions,
        "account": seen.accounts,
        "event": seen.order,
        **{name: made_of(seen, source) for name, source in also.items()},
    }
    slots = {one.name: one for one in seen.layout.slots}
    for column in table.columns:
        slot = slots.get(column.name)
        if slot is None or column.name in made:
            continue
        value = seen.column(column.name)
        made[column.name] = words(slot.kind, value) if column.kind is Kind.WORD else value
    names = {one.name for one in table.columns}
    return {name: value for name, value in made.items() if name in names}


def made_of(seen: Events, source: str) -> Any:
    """Return a word of the events' head by its name, or a field."""
    return seen.accounts if source == "account" else seen.column(source)


def together(table: Table, pieces: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return pieces as one table in its columns; a column that a piece does not fill is null."""
    return pa.concat_tables([_one(table, piece) for piece in pieces])


def _one(table: Table, piece: Mapping[str, Any]) -> pa.Table:
    count = len(piece["time"])
    arrays = []
    for field in table.schema:
        value = piece.get(field.name)
        if value is None:
            arrays.append(pa.nulls(count, field.type))
        else:
            made = value if isinstance(value, pa.Array) else pa.array(value)
            arrays.append(made if made.type == field.type else made.cast(field.type))
    return pa.Table.from_arrays(arrays, schema=table.schema)
