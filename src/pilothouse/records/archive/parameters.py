"""The parameters of a statement, found by the database's own lexer and never pasted into it.

What stands in a text, a comment or a quoted name is no parameter, however it looks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import duckdb

from pilothouse.records.archive.refusals import PARAMETER_IS_WRONG, Refused

TEXT_MOST: Final = 1_000
"""Characters of one value: the audit keeps it whole."""
COUNT_MOST: Final = 50
_NAME: Final = re.compile(r"[^\W\d]\w*")
_POSITIONAL: Final = re.compile(r"\?\d*|\$\d+")
Plain = tuple[str, str]
"""A value as its kind and a text, between processes."""


def names_in(sql: str) -> tuple[str, ...]:
    """Return the names of the parameters of a statement, in their order, each once."""
    return tuple(dict.fromkeys(name for _, _, name in _found(sql) if name))


def _found(sql: str) -> Iterator[tuple[int, int, str]]:
    # Where each stands, and its name; one without a name is counted by its place.
    raw = sql.encode()
    tokens = duckdb.tokenize(sql)
    for at, (start, kind) in enumerate(tokens):
        if kind != duckdb.token_type.operator:
            continue
        if raw[start : start + 1] == b"$" and at + 1 < len(tokens):
            place = tokens[at + 1][0]
            name = _NAME.match(raw[place:].decode(errors="replace"))
            if name and not raw[start + 1 : place].strip():
                yield start, place + len(name[0].encode()), name[0]
                continue
        positional = _POSITIONAL.match(raw[start:].decode(errors="replace"))
        if positional:
            yield start, start + positional.end(), ""


def bare(sql: str, given: Mapping[str, Any]) -> str:
    """Return a statement with a constant in place of each parameter: to be judged, never run.

    Its types are those it will be run with.
    """
    raw, made, done = sql.encode(), [], 0
    for start, end, name in _found(sql):
        made += [raw[done:start], f" ({_constant(given.get(name))}) ".encode()]
        done = end
    return b"".join([*made, raw[done:]]).decode(errors="replace")


def _constant(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "TRUE", False: "FALSE", None: "NULL"}[value]
    if isinstance(value, int | Decimal):
        return f"{value}"
    said = str(value).replace("'", "''").replace("\0", "")
    kinds = {float: "DOUBLE", datetime: "TIMESTAMP", date: "DATE"}
    return f"'{said}'::{kinds.get(type(value), 'VARCHAR')}"


_WRITE: Final[dict[type, str]] = {
    bool: "bool", int: "int", float: "float", str: "str", Decimal: "decimal",
    datetime: "datetime", date: "date", type(None): "none",
}  # fmt: skip


def written(given: Mapping[str, Any]) -> dict[str, Plain]:
    """Return values as texts with their kinds. Raises Refused for a kind that SQL is not given."""
    if len(given) > COUNT_MOST:
        raise Refused(PARAMETER_IS_WRONG, f"{len(given)}, at most {COUNT_MOST}")
    made = {}
    for name, value in given.items():
        kind = _WRITE.get(type(value))
        if kind is None:
            raise Refused(PARAMETER_IS_WRONG, f"${name} is a {type(value).__name__}")
        said = value.isoformat() if isinstance(value, date) else str(value)
        if len(said) > TEXT_MOST:
            raise Refused(PARAMETER_IS_WRONG, f"${name} has more than {TEXT_MOST:,} characters")
        made[str(name)] = (kind, said)
    return made


def read(plain: Mapping[str, Plain]) -> dict[str, Any]:
    """Return the values that `written` wrote."""
    return {name: _read(kind, said) for name, (kind, said) in plain.items()}


def _read(kind: str, said: str) -> Any:
    if kind == "none":
        return None
    if kind == "bool":
        return said == "True"
    if kind in ("datetime", "date"):
        return (datetime if kind == "datetime" else date).fromisoformat(said)
    return {"int": int, "float": float, "str": str, "decimal": Decimal}[kind](said)
