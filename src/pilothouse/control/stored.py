"""How SQLite holds a value: one value stored in two ways is one for Python and two for a query.

A column takes any storage class: bytes of the same letters are read alike and never found by
`state = 'waiting'`, and a moment written in another way is later than every other. A release
stores each value in one way only; whatever stands there in another is a difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.db import connection
from django.db.models import (
    BinaryField,
    BooleanField,
    DateTimeField,
    Field,
    ForeignKey,
    IntegerField,
    JSONField,
    Model,
)

from pilothouse.access.models import Grant, Person, StoredKey
from pilothouse.control import register
from pilothouse.control.canonical import plain_hash
from pilothouse.records.models import AuditHead, AuditRow

NAMED_MOST: Final = 100
"""Rows of one table that are named one by one."""
MARK_LETTERS: Final = 12
COLUMNS: Final[dict[type[Model], tuple[str, ...]]] = {
    register.TABLE: (),
    Grant: (),
    AuditRow: (),
    AuditHead: (),
    Person: ("id", "username", "password", "is_active"),
    StoredKey: (
        "id",
        "public",
        "sealed_secret",
        "account",
        "may_trade",
        "nonce_optional",
        "may_cancel",
        "networks",
        "expires_s",
    ),
    Authenticator: ("id", "user_id", "type", "data"),
}
"""What is compared with the audit by its value: these columns, or all. The rows of a change are
under its digest, which has their storage classes too."""
SMALL: Final[tuple[type[Model], ...]] = (
    register.TABLE, Grant, Person, StoredKey, Authenticator,
)  # fmt: skip
"""Those whose rows are few."""


def told(value: object) -> str:
    """Return a value as a sentence tells it: bytes as SQL writes them, all else as it is."""
    return f"x'{value.hex()}'" if isinstance(value, bytes) else str(value)


def mark(row: Model) -> str:
    """Return a mark of all that a row says now: changed once more, it has another."""
    words = {one.attname: str(getattr(row, one.attname)) for one in row._meta.concrete_fields}
    return plain_hash(words)[:MARK_LETTERS]


def storage_class(field: Field[Any, Any]) -> str:
    """Return in which class of SQLite a release stores the values of a column."""
    column = field.target_field if isinstance(field, ForeignKey) else field
    if isinstance(column, IntegerField | BooleanField):
        return "integer"
    return "blob" if isinstance(column, BinaryField) else "text"


def differences() -> Iterator[str]:
    """Yield a sentence for each row with a value that no release stores so."""
    for model, names in COLUMNS.items():
        fields = [one for one in model._meta.concrete_fields if not names or one.attname in names]
        yield from _odd_rows(model, fields)


def _odd_rows(model: type[Model], fields: list[Field[Any, Any]]) -> Iterator[str]:
    table, key = model._meta.db_table, f'"{model._meta.pk.column}"'
    odd = [f"({_odd(one)})" for one in fields]
    # As hexadecimal digits, for text that is no UTF-8 cannot be read.
    told = ", ".join(f'typeof("{one.column}") || hex("{one.column}")' for one in fields)
    asked = f'SELECT {key}, {told} FROM "{table}" WHERE {" OR ".join(odd)}'
    with connection.cursor() as cursor:
        cursor.execute(f"{asked} ORDER BY {key}")
        for row, *words in cursor.fetchmany(NAMED_MOST):
            mark = plain_hash(words)[:MARK_LETTERS]
            yield (
                f"Row {row} of the table {table} has a value that no release stores so ({mark})."
            )
        if rest := len(cursor.fetchall()):
            yield f"{rest:,} further rows of the table {table} have such values."


def _odd(field: Field[Any, Any]) -> str:
    """Return the condition of SQL under which a value is not stored as a release does it."""
    column = f'"{field.column}"'
    odd = f"typeof({column}) NOT IN ('null', '{storage_class(field)}')"
    if isinstance(field, DateTimeField):
        return f"{column} IS NOT NULL AND ({odd} OR NOT ({_is_a_time(column)}))"
    if isinstance(field, JSONField):
        # It is read as nothing, and a query for what is nothing does not find it.
        return f"{odd} OR {column} IS 'null'"
    return odd


def _is_a_time(column: str) -> str:
    # As `access.moments` reads it. SQLite reads a 30th of February as well, but moved by nothing
    # it becomes another day.
    second, rest = f"substr({column}, 1, 19)", f"substr({column}, 20)"
    return (
        f"length(CAST({column} AS BLOB)) IN (19, 26) "
        f"AND {second} >= '0001' AND datetime({second}, '+0 seconds') IS {second} "
        f"AND ({rest} = '' OR {rest} GLOB '.[0-9][0-9][0-9][0-9][0-9][0-9]' "
        f"AND {rest} <> '.000000')"
    )
