"""Rows that can be added and read, never changed or deleted: what has happened stays."""

# ruff: noqa: D106 - Django's Meta explains itself.

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models


class RowIsFixed(RuntimeError):
    """Someone tried to change or delete a row that stays as it is."""


class FixedRows(models.QuerySet[Any]):
    """Rows that can be read and added."""

    def update(self, **values: Any) -> int:
        """Refuse: such a row never changes."""
        raise RowIsFixed(f"{self.model.__name__}: a row never changes")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse: such a row is never deleted."""
        raise RowIsFixed(f"{self.model.__name__}: a row is never deleted")


class FixedRow(models.Model):
    """A row that is written once."""

    objects: ClassVar[Any] = FixedRows.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        """Add the row; refuse to change one."""
        if not self._state.adding:
            raise RowIsFixed(f"{type(self).__name__}: a row never changes")
        super().save(*args, force_insert=True)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Refuse: such a row is never deleted."""
        raise RowIsFixed(f"{type(self).__name__}: a row is never deleted")
