"""The audit's rows, written by `audit.write` alone and never changed; the archive's manifest."""

# ruff: noqa: D106 - Django's Meta explains itself.

from __future__ import annotations

from typing import ClassVar

from django.db import models

from pilothouse.records.fixed import FixedRow
from pilothouse.records.plain_json import PlainJSON


class AuditRow(FixedRow):
    """One deed or refused attempt: who, what, about what, in which words, chained by hash."""

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=64, db_index=True)
    deed = models.CharField(max_length=64, db_index=True)
    subject = models.CharField(max_length=128, db_index=True)
    outcome = models.CharField(max_length=16, default="done")
    sentence = models.TextField()
    facts = PlainJSON(default=dict)
    before_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    seal = models.CharField(max_length=64, default="")

    class Meta:
        ordering: ClassVar[list[str]] = ["number"]

    def __str__(self) -> str:
        return f"{self.number} {self.sentence}"


class AuditHead(models.Model):
    """The end of the chain, locked while a row is added: the only row of its table."""

    number = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    def __str__(self) -> str:
        return f"audit of {self.number} rows"


class ArchivePart(models.Model):
    """A part of the archive that counts. A retired one was merged into another and goes soon."""

    table = models.CharField(max_length=48)
    name = models.CharField(max_length=64, unique=True)
    level = models.IntegerField(default=0)
    rows = models.BigIntegerField()
    bytes = models.BigIntegerField()
    first_us = models.BigIntegerField()
    last_us = models.BigIntegerField()
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)
    files = models.JSONField(default=dict)
    """Of each shelf that has a file of the part: its size and checksum, as it was written."""

    objects: ClassVar[models.Manager[ArchivePart]] = models.Manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["table", "retired_at", "level"], name="parts_of_a_table"),
        ]

    def __str__(self) -> str:
        return f"{self.rows} rows of {self.table}"


class ArchiveCursor(models.Model):
    """How far the journal is archived: the only row of its table."""

    blocks = models.BigIntegerField()
    position = models.BigIntegerField()
    time_us = models.BigIntegerField()
    rows = models.JSONField(default=dict)
    """How many rows of each table that only grows are archived then."""
    seal = models.CharField(max_length=64, default="")

    objects: ClassVar[models.Manager[ArchiveCursor]] = models.Manager()

    def __str__(self) -> str:
        return f"archived to command {self.position}"


class SavedQuery(models.Model):
    """A question someone keeps: its SQL, its parameters' types, and what its chart shows."""

    name = models.CharField(max_length=64, unique=True)
    title = models.CharField(max_length=120)
    sql = models.TextField()
    parameters = models.JSONField(default=list)
    chart = models.JSONField(default=dict)
    owner = models.CharField(max_length=64)
    saved_at = models.DateTimeField()

    objects: ClassVar[models.Manager[SavedQuery]] = models.Manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.title
