"""Alerts, and where the evaluation of each rule stands, so that a restart goes on from there."""

# ruff: noqa: D106 - Django's Meta explains itself.

from __future__ import annotations

from typing import ClassVar, Final

from django.db import models
from django.db.models import Q

from pilothouse.access.models import Person
from pilothouse.watch.moves import OPEN, State

OF_SOURCE: Final = "/"
"""Stands in a scope between a market and a source of its index."""


class Alert(models.Model):
    """One time that a rule fired for a scope, or that its data were missing there."""

    class About(models.TextChoices):
        """What it tells: the value, or that there is none."""

        VALUE = "value"
        NO_DATA = "no_data"

    rule = models.CharField(max_length=64, db_index=True)
    rule_version = models.IntegerField()
    scope = models.CharField(max_length=64, db_index=True)
    about = models.CharField(max_length=8, choices=About.choices)
    title = models.CharField(max_length=200)
    measure = models.CharField(max_length=48)
    value = models.BigIntegerField(null=True)
    limit = models.BigIntegerField()
    runbook = models.CharField(max_length=64, blank=True)

    state = models.CharField(max_length=16, default=State.RAISED, db_index=True)
    severity = models.CharField(max_length=16)
    owner = models.CharField(max_length=32)
    raised_at = models.DateTimeField(db_index=True)
    escalate_at = models.DateTimeField(null=True)
    escalations = models.IntegerField(default=0)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    resolved_why = models.CharField(max_length=300, blank=True)

    objects: ClassVar[models.Manager[Alert]] = models.Manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["rule", "scope", "about"],
                condition=Q(state__in=[str(one) for one in OPEN]),
                name="raised_once_while_it_lasts",
            ),
        ]

    def __str__(self) -> str:
        return f"alert {self.pk}: {self.title}, {self.scope}"

    @property
    def subject(self) -> str:
        """Return what the audit calls this alert."""
        return f"alert:{self.pk}"

    @property
    def is_open(self) -> bool:
        """Tell whether it still lasts."""
        return self.state in OPEN

    @property
    def market(self) -> str:
        """Return the symbol of its market, empty for one of the whole exchange."""
        symbol = self.scope.removeprefix("market:").partition(OF_SOURCE)[0]
        return symbol if self.scope.startswith("market:") else ""

    @property
    def where(self) -> str:
        """Return what it is about, for people: a market, a source of its index, the exchange."""
        source = f", {self.source}" if self.source else ""
        return f"{self.market}{source}" or self.scope

    @property
    def source_number(self) -> int:
        """Return the number of the source of its market's index it is about, 0 for none."""
        return int(self.scope.partition(OF_SOURCE)[2] or 0)

    @property
    def source(self) -> str:
        """Return which source of its market's index it is about, empty for none."""
        return f"source {self.source_number}" if self.source_number else ""


class StandingRow(models.Model):
    """Where a rule stands for a scope while something is under way; quiet ones have no row."""

    rule = models.CharField(max_length=64)
    scope = models.CharField(max_length=64)
    at_us = models.BigIntegerField()
    beyond_us = models.BigIntegerField(null=True)
    within_us = models.BigIntegerField(null=True)
    unseen_us = models.BigIntegerField(default=0)
    firing = models.BooleanField(default=False)
    missing = models.BooleanField(default=False)

    objects: ClassVar[models.Manager[StandingRow]] = models.Manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["rule", "scope"], name="stands_once"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} for {self.scope}"
