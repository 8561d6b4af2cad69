"""What the audit says of somebody, read once for each state of the audit.

A page asks for a person's rights dozens of times. Every row that could change the answer moves the
audit's head, so nothing that was read is used behind it. A row that is changed with SQL moves
none: then what was read before stays, and it was sealed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from django.conf import settings

from pilothouse.records import audit

T = TypeVar("T")
KEPT: Final = 1_000
"""Answers of one kind that are kept: many more than people who are signed in."""


class ByHead(Generic[T]):
    """Answers to one question about many things, for the audit's present head. For any thread."""

    def __init__(self, read: Callable[[Any], T]) -> None:
        self._read = read
        self._kept: dict[tuple[Any, ...], T] = {}

    def of(self, about: Any) -> T:
        """Return the answer about something: at the price of one row where it was read before."""
        head = audit.head()
        if not head[0]:
            # Nothing moves a head that cannot be read.
            return self._read(about)
        key = (str(settings.PILOTHOUSE_HOME), head, about)
        if key not in self._kept:
            if len(self._kept) >= KEPT:
                self._kept = {}
            self._kept[key] = self._read(about)
        return self._kept[key]
