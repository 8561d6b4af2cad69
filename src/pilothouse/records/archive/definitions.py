"""One definition of a table of the archive: its columns, their units, and who may see them.

Parquet schema, masks, the page of tables in the documentation and the list beside the SQL editor
are all made from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pyarrow as pa


class Kind(StrEnum):
    """What a column holds."""

    TIME = "time"
    """A moment in UTC, exact to the microsecond; SQL sees it as it is and as `…_us`."""
    INTEGER = "integer"
    WORD = "word"
    """One of few words, an enumeration of the language."""
    TEXT = "text"
    UNIT = "unit"
    """A power of ten as an exact decimal: what one unit of an integer column is worth."""


class Mask(StrEnum):
    """What a column tells about a client, and how it is hidden."""

    NONE = ""
    ACCOUNT = "account"
    FIRM = "firm"
    NAME = "name"


_ARROW: Final[dict[Kind, pa.DataType]] = {
    Kind.TIME: pa.timestamp("us"),
    Kind.INTEGER: pa.int64(),
    Kind.WORD: pa.dictionary(pa.int32(), pa.string()),
    Kind.TEXT: pa.string(),
    Kind.UNIT: pa.decimal128(13, 12),
}


@dataclass(frozen=True)
class Column:
    """One column. An integer says its unit, or is a number, a count or a code."""

    name: str
    kind: Kind
    doc: str
    unit: str = ""
    mask: Mask = Mask.NONE


@dataclass(frozen=True)
class Undated:
    """Rows that tell when an account was opened, and so its number: accounts are counted up.

    A masked reader gets them without their moment and place. They are the rows whose `column` is
    one of `words`, or all rows of the table.
    """

    column: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One table. A picture is replaced whole whenever its source moved; any other only grows."""

    name: str
    doc: str
    columns: tuple[Column, ...]
    picture: bool = False
    undated: Undated | None = None

    @property
    def schema(self) -> pa.Schema:
        """Return the Parquet files' schema."""
        return pa.schema([(one.name, _ARROW[one.kind]) for one in self.columns])

    @property
    def masked(self) -> tuple[Column, ...]:
        """Return the columns that tell of a client."""
        return tuple(one for one in self.columns if one.mask)

    @property
    def clock(self) -> str:
        """Return the name of the first column of time, or an empty text."""
        return next((one.name for one in self.columns if one.kind is Kind.TIME), "")

    @property
    def masked_schema(self) -> pa.Schema:
        """Return the schema of what masked readers get: pseudonyms are texts."""
        kinds = {one.name: pa.string() for one in self.masked}
        return pa.schema([(one.name, kinds.get(one.name, one.type)) for one in self.schema])


HEAD_OF_A_ROW: Final = ("time", "position", "event")
"""The columns that say when and where in the journal a row came about."""


class WrongRows(ValueError):
    """The rows are not of their table's columns."""


TABLES: Final[dict[str, Table]] = {}
"""Every table by its name."""


def define(
    name: str,
    doc: str,
    columns: Sequence[Column],
    *,
    picture: bool = False,
    undated: Undated | None = None,
) -> Table:
    """Define a table; other rooms define theirs where they fill them."""
    if name in TABLES:
        raise ValueError(f"the archive's table {name} is defined twice")
    TABLES[name] = Table(name, doc, tuple(columns), picture, undated)
    return TABLES[name]


def shaped(table: Table, rows: pa.Table) -> pa.Table:
    """Return rows in exactly the table's columns; raise WrongRows when they are others."""
    names = [one.name for one in table.columns]
    if sorted(rows.column_names) != sorted(names):
        wrong = set(rows.column_names) ^ set(names)
        raise WrongRows(f"rows of {table.name} differ from its columns in {sorted(wrong)}")
    try:
        return rows.select(names).cast(table.schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise WrongRows(f"rows of {table.name}: {error}") from None


def moment(doc: str = "when", name: str = "time") -> Column:
    """Return a column of time."""
    return Column(name, Kind.TIME, doc)


def integer(name: str, doc: str, unit: str = "", mask: Mask = Mask.NONE) -> Column:
    """Return a column of whole numbers."""
    return Column(name, Kind.INTEGER, doc, unit, mask)


def of_words(name: str, doc: str) -> Column:
    """Return a column of few words."""
    return Column(name, Kind.WORD, doc)


def text(name: str, doc: str, mask: Mask = Mask.NONE) -> Column:
    """Return a column of texts."""
    return Column(name, Kind.TEXT, doc, "", mask)


def account(name: str = "account", doc: str = "the account") -> Column:
    """Return a column that names an account."""
    return Column(name, Kind.INTEGER, doc, "", Mask.ACCOUNT)
