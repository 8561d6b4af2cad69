"""A kind's form as it stands on the page: plain fields, and numbered fields as rows of a table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pilothouse.control.kinds.kind import FormField

NUMBERED: Final = re.compile(r"[a-z]+_(\d+)_[a-z_]+")
EMPTY_ROWS: Final = 1
"""Rows offered beyond those that hold now."""


@dataclass(frozen=True)
class Row:
    """One numbered row: tier 2 with its floor and its two shares."""

    number: int
    fields: tuple[FormField, ...]


@dataclass(frozen=True)
class Form:
    """The whole form."""

    plain: tuple[FormField, ...]
    headings: tuple[str, ...]
    rows: tuple[Row, ...]


def form(described: Sequence[FormField], given: Mapping[str, str] | None = None) -> Form:
    """Return a kind's form. `given` is what a person wrote, kept when a field cannot be read."""
    plain, numbered = [], dict[int, list[FormField]]()
    for field in described:
        found = NUMBERED.fullmatch(field.name)
        if found:
            numbered.setdefault(int(found.group(1)), []).append(_kept(field, given))
        else:
            plain.append(_kept(field, given))
    rows = [Row(number, tuple(fields)) for number, fields in sorted(numbered.items())]
    if not rows:
        return Form(tuple(plain), (), ())
    headings = tuple(f"{field.label}, {field.unit}" for field in rows[0].fields)
    return Form(tuple(plain), headings, (*rows, *_empty_rows(rows[-1], given)))


def _empty_rows(last: Row, given: Mapping[str, str] | None) -> list[Row]:
    made = []
    for number in range(last.number + 1, last.number + 1 + EMPTY_ROWS):
        fields = [_numbered(field, last.number, number) for field in last.fields]
        made.append(Row(number, tuple(_kept(field, given) for field in fields)))
    return made


def _numbered(field: FormField, before: int, number: int) -> FormField:
    return replace(field, name=field.name.replace(f"_{before}_", f"_{number}_"), value="")


def _kept(field: FormField, given: Mapping[str, str] | None) -> FormField:
    if given is None:
        return field
    return replace(field, value=given.get(field.name, ""))
