"""Rows of which somebody made one unreadable with SQL: it is named, and the others are read.

A text that is no UTF-8, JSON that is none, or a time of the year 0 is an error of the whole
reading: one such value would keep everybody from everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from django.db.models import Model, QuerySet

from pilothouse.records.held import is_passing

M = TypeVar("M", bound=Model)
T = TypeVar("T")
PIECE: Final = 200
"""Rows that are read one by one where one of them cannot be read."""


@dataclass(frozen=True)
class Unreadable:
    """A row that cannot be read, by its key."""

    pk: Any
    why: str
    """The name of the error: never what the row says."""


def each(rows: QuerySet[M], most: int | None = None) -> list[M | Unreadable]:
    """Return rows in their order, the first ones alone where `most` is given.

    Raises what the database says when it is held or its disk fails.
    """
    part = rows if most is None else rows[:most]
    try:
        return list(part)
    except Exception as error:
        _pass_on(error)
    return [_alone(rows, key) for key in part.values_list("pk", flat=True)]


def readable(rows: QuerySet[M], most: int | None = None) -> list[M]:
    """Return those of the rows that can be read."""
    return [one for one in each(rows, most) if not isinstance(one, Unreadable)]


def stream(rows: QuerySet[M]) -> Iterator[M | Unreadable]:
    """Yield rows in the order of their keys, by which they must be sorted."""
    after: Any = None
    while True:
        rest = rows if after is None else rows.filter(pk__gt=after)
        try:
            for row in rest.iterator():
                after = row.pk
                yield row
            return
        except Exception as error:
            _pass_on(error)
        rest = rows if after is None else rows.filter(pk__gt=after)
        keys = list(rest.values_list("pk", flat=True)[:PIECE])
        yield from (_alone(rows, key) for key in keys)
        if not keys:
            return
        after = keys[-1]


def attempt(make: Callable[[], T]) -> T | None:
    """Return what is made of a row, None if it holds what no release writes.

    Raises what the database says when it is held or its disk fails.
    """
    try:
        return make()
    except Exception as error:
        _pass_on(error)
        return None


def _alone(rows: QuerySet[M], key: Any) -> M | Unreadable:
    try:
        return rows.get(pk=key)
    except Exception as error:
        _pass_on(error)
        return Unreadable(key, type(error).__name__)


def _pass_on(error: Exception) -> None:
    if is_passing(error):
        raise error
