"""An incident and what hangs on it: what it affects, the readings of its clocks, its alerts."""

# ruff: noqa: D106 - Django's Meta explains itself.

from __future__ import annotations

from typing import ClassVar

from django.db import models

from pilothouse.access.models import Person
from pilothouse.desk.moves import ACTIVE, State
from pilothouse.records.fixed import FixedRow


class Incident(models.Model):
    """Something that goes wrong, from the first sign to its end. Notes are in the audit."""

    title = models.CharField(max_length=200)
    what = models.TextField(blank=True)
    severity = models.CharField(max_length=16)
    state = models.CharField(max_length=16, default=State.OPENED, db_index=True)
    state_at = models.DateTimeField()
    owner = models.CharField(max_length=32)
    """The role whose turn it is while nobody commands."""
    commander = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="commands"
    )
    opened_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Incident]] = models.Manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return f"incident {self.pk}: {self.title}"

    @property
    def subject(self) -> str:
        """Return what the audit calls this incident, and a change that it caused."""
        return f"incident:{self.pk}"

    @property
    def label(self) -> str:
        """Return what people call it."""
        return f"INC-{self.pk}"

    @property
    def is_active(self) -> bool:
        """Tell whether it is still somebody's turn."""
        return self.state in ACTIVE


class Affected(models.Model):
    """A market or a product that an incident affects: "market:PF_XBTUSD", "product:perpetuals"."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="affected")
    subject = models.CharField(max_length=128, db_index=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["subject"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["incident", "subject"], name="affected_once"),
        ]

    def __str__(self) -> str:
        return self.subject


class Joined(models.Model):
    """An alert that belongs to an incident; it belongs to one."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="alerts")
    alert = models.BigIntegerField(unique=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["alert"]

    def __str__(self) -> str:
        return f"alert {self.alert}"


class ClockReading(FixedRow):
    """One reading of a clock of an incident; the last one holds, and none is ever changed.

    Without a moment the reading withdraws the one before it.
    """

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="readings")
    clock = models.CharField(max_length=16)
    at = models.DateTimeField(null=True)
    noted_at = models.DateTimeField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    why = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return f"{self.clock} {self.at or 'withdrawn'}"


class Target(models.Model):
    """Where notices go: a mailbox, a chat, a webhook. Its address holds secrets and is sealed."""

    key = models.CharField(max_length=48, unique=True)
    sealed_address = models.BinaryField()
    masked = models.CharField(max_length=300)
    """The address without its secrets, for people."""
    drops_repeats = models.BooleanField(default=False)
    """Whether the receiver drops a notice whose idempotency key it has seen."""
    failures = models.IntegerField(default=0)
    """Tries that failed since the last notice that arrived."""
    not_before = models.DateTimeField(null=True)
    set_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Target]] = models.Manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["key"]

    def __str__(self) -> str:
        return f"target {self.key}"


class Notice(FixedRow):
    """What is told, written in the transaction of the deed it tells of. Its key never changes."""

    key = models.CharField(max_length=32, unique=True)
    event = models.CharField(max_length=64)
    subject = models.CharField(max_length=128, db_index=True)
    severity = models.CharField(max_length=16)
    owner = models.CharField(max_length=32)
    title = models.CharField(max_length=300)
    body = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return f"notice {self.pk}: {self.title}"


class Delivery(models.Model):
    """One line of the ledger: a notice on its way to one target."""

    class At(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting"
        SENDING = "sending"
        ARRIVED = "arrived"
        UNKNOWN = "unknown"
        DEAD = "dead"
        GIVEN_UP = "given_up"

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="deliveries")
    target = models.CharField(max_length=48)
    state = models.CharField(max_length=16, choices=At.choices, default=At.WAITING, db_index=True)
    reason = models.CharField(max_length=200, blank=True)
    tries = models.IntegerField(default=0)
    last_chance = models.DateTimeField()
    """A try that fails after this moment was the last."""
    tried_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Delivery]] = models.Manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["notice", "target"], name="one_line_a_target"),
        ]

    def __str__(self) -> str:
        return f"{self.notice} to {self.target}"

    @property
    def subject(self) -> str:
        """Return what the audit calls it."""
        return f"delivery:{self.pk}"

    @property
    def idempotency_key(self) -> str:
        """Return the key that travels with every try."""
        return f"{self.notice.key}-{self.target}"


class StatusRow(models.Model):
    """A market's status changed, as the exchange told it; kept so that a start need not replay.

    The journal tells it again: where rows were changed beside the exchange, all are made anew.
    """

    market = models.IntegerField()
    version = models.BigIntegerField()
    at = models.DateTimeField()
    before = models.IntegerField()
    status = models.IntegerField()
    change = models.BigIntegerField(default=0)

    objects: ClassVar[models.Manager[StatusRow]] = models.Manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["market", "version"], name="status_moved_once"),
        ]

    def __str__(self) -> str:
        return f"market {self.market} status version {self.version}"


class HeardUntil(models.Model):
    """The block up to which the exchange's statuses are kept: the only row of its table."""

    block = models.BigIntegerField(default=0)
    time_us = models.BigIntegerField(default=0)
    seal = models.CharField(max_length=64, default="")

    objects: ClassVar[models.Manager[HeardUntil]] = models.Manager()

    def __str__(self) -> str:
        return f"heard until block {self.block}"
