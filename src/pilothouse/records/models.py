"""The audit's rows. They are written by `audit.write` alone and never changed."""

# ruff: noqa: D106 - Django's Meta explains itself.

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models


class AuditRowIsFixed(RuntimeError):
    """Someone tried to change or delete an audit row."""


class FixedRows(models.QuerySet["AuditRow"]):
    """Rows that can be read and added, never changed or deleted."""

    def update(self, **values: Any) -> int:
        """Refuse: an audit row never changes."""
        raise AuditRowIsFixed("an audit row never changes")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse: an audit row is never deleted."""
        raise AuditRowIsFixed("an audit row is never deleted")


class AuditRow(models.Model):
    """One deed or refused attempt: who, what, about what, in which words, chained by hash."""

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=64, db_index=True)
    deed = models.CharField(max_length=64, db_index=True)
    subject = models.CharField(max_length=128, db_index=True)
    outcome = models.CharField(max_length=16, default="done")
    sentence = models.TextField()
    facts = models.JSONField(default=dict)
    before_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects: ClassVar[Any] = FixedRows.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["number"]

    def __str__(self) -> str:
        return f"{self.number} {self.sentence}"

    def save(self, *args: Any, **options: Any) -> None:
        """Add the row; refuse to change one."""
        if not self._state.adding:
            raise AuditRowIsFixed("an audit row never changes")
        super().save(*args, force_insert=True)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Refuse: an audit row is never deleted."""
        raise AuditRowIsFixed("an audit row is never deleted")


class AuditHead(models.Model):
    """The end of the chain, locked while a row is added: the only row of its table."""

    number = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    def __str__(self) -> str:
        return f"audit of {self.number} rows"
