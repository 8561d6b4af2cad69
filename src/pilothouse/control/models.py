"""A change and what hangs on it: steps, signatures, previews, and the measures of its worth."""

# ruff: noqa: D106 - Django's Meta explains itself.

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from pilothouse.access.models import Person
from pilothouse.control.moves import OPEN, OWNERS, Owner, State
from pilothouse.records.fixed import FixedRow


class Measured(models.Model):
    """What is measured from the first day, for it cannot be filled in later."""

    needed_engineer = models.BooleanField(default=False)
    needed_engineer_why = models.TextField(blank=True)
    waited_for_signature_s = models.BigIntegerField(null=True)
    applied_after_s = models.BigIntegerField(null=True)
    predicted = models.JSONField(default=dict)
    actual = models.JSONField(default=dict)
    protected_micro_usd = models.BigIntegerField(null=True)
    protected_how = models.TextField(blank=True)

    class Meta:
        abstract = True


class Change(Measured):
    """A wish on its way to a verified fact. Its steps hold the very words."""

    kind = models.CharField(max_length=32)
    title = models.CharField(max_length=200)
    why = models.TextField()
    cause = models.CharField(max_length=64, blank=True, db_index=True)
    """What led to it, as the audit calls it ("incident:7"); empty if nothing did."""
    state = models.CharField(max_length=16, default=State.PROPOSED, db_index=True)
    state_reason = models.TextField(blank=True)
    state_at = models.DateTimeField()
    proposer = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="changes")
    proposed_at = models.DateTimeField()

    change_class = models.CharField(max_length=1)
    class_reasons = models.JSONField(default=list)
    direction = models.CharField(max_length=16)
    reversible = models.CharField(max_length=8)
    fields = models.JSONField(default=dict)
    difference = models.JSONField(default=list)
    guards = models.JSONField(default=dict)
    rollback = models.JSONField(default=list)
    alternatives = models.JSONField(default=list)
    chosen = models.CharField(max_length=32, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    scheduled_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    previewed_at = models.DateTimeField(null=True)
    approved_at = models.DateTimeField(null=True)
    reverts = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="reverted_by"
    )
    preapproved = models.BooleanField(default=False)

    is_recorded = False
    """Whether this very object was held as the audit recorded it, or begins with this deed."""
    unread: frozenset[str] = frozenset()
    """The columns that could not be read (`as_read`)."""

    objects: ClassVar[models.Manager[Change]] = models.Manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return f"change {self.pk}: {self.title}"

    @property
    def subject(self) -> str:
        """Return what the audit calls this change."""
        return f"change:{self.pk}"

    @property
    def objects_touched(self) -> list[str]:
        """Return the names of what it touches, in order: two open changes may not share one."""
        return sorted(self.touched.values_list("name", flat=True))

    @property
    def is_open(self) -> bool:
        """Tell whether it is still meant to change the exchange."""
        return self.state in OPEN

    @property
    def owner(self) -> Owner:
        """Return whose turn it is."""
        return OWNERS[State(self.state)]


class Touched(models.Model):
    """One object a change touches: a market's band, a contract's schedules, an alert rule."""

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="touched")
    name = models.CharField(max_length=128, db_index=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["change", "name"], name="touched_once"),
        ]

    def __str__(self) -> str:
        return f"change {self.change_id} touches {self.name}"


class RegisterRow(FixedRow):
    """One version of one entry of the register. Only `register` reads and writes it.

    No body means that the entry was taken out. Without a change it is of the founding.
    """

    kind = models.CharField(max_length=32)
    key = models.CharField(max_length=64)
    version = models.IntegerField()
    body = models.JSONField(null=True)
    change = models.ForeignKey(Change, on_delete=models.PROTECT, null=True, related_name="+")
    step = models.IntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["kind", "key", "version"], name="version_once"),
            models.UniqueConstraint(fields=["change", "step"], name="written_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} version {self.version}"


class ChangeStep(models.Model):
    """One step of a change's plan: its words, when they may be said, and what became of them.

    A step that was sent keeps its number for ever; what is tried again is a new step. Its command
    is named by `name_number`, given when it is sent.
    """

    class At(models.TextChoices):
        """Where a step stands."""

        WAITING = "waiting"
        SENT = "sent"
        APPLIED = "applied"
        VERIFIED = "verified"
        REFUSED = "refused"
        REPLACED = "replaced"

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="steps")
    number = models.IntegerField()
    state = models.CharField(max_length=16, choices=At.choices, default=At.WAITING)
    fields = models.JSONField(default=dict)
    words = models.JSONField(default=dict)
    base_version = models.BigIntegerField()
    ceiling = models.JSONField(null=True)
    not_before = models.DateTimeField(null=True)
    not_after = models.DateTimeField(null=True)
    conditions = models.JSONField(default=list)
    soak_s = models.IntegerField(default=0)
    held_since = models.DateTimeField(null=True)
    watched_at = models.DateTimeField(null=True)
    waits_for = models.TextField(blank=True)
    predicted = models.JSONField(default=dict)
    actual = models.JSONField(default=dict)
    sent_at = models.DateTimeField(null=True)
    name_number = models.BigIntegerField(null=True, unique=True)
    position = models.BigIntegerField(null=True)
    outcome = models.IntegerField(null=True)
    applied_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["change", "number"], name="step_number_is_unique"),
        ]

    def __str__(self) -> str:
        return f"step {self.number} of change {self.change_id}"


class Signature(models.Model):
    """A person's approval of exactly one fingerprint, with the preview it rested on."""

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="signatures")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="signatures")
    proposer = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    roles = models.JSONField(default=list)
    fingerprint = models.CharField(max_length=64)
    preview_hash = models.CharField(max_length=64)
    preview_position = models.BigIntegerField()
    signed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    prices = models.JSONField(default=dict)
    """Mark and index of the markets it is about, when it was signed."""
    void_at = models.DateTimeField(null=True)
    void_reason = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["signed_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=~Q(person=F("proposer")), name="proposer_does_not_sign"
            ),
            models.UniqueConstraint(
                fields=["change", "person"],
                condition=Q(void_at__isnull=True),
                name="one_live_signature_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} signed change {self.change_id}"


class Reconciled(models.Model):
    """One command of the journal as it was compared with what people signed.

    `waiting` is under way: the change has not written down its receipt yet.
    """

    class Verdict(models.TextChoices):
        """What the comparison said."""

        AGREED = "agreed"
        WAITING = "waiting"
        DIFFERS = "differs"

    position = models.BigIntegerField()
    verdict = models.CharField(max_length=16, choices=Verdict.choices, db_index=True)
    difference = models.CharField(max_length=32, blank=True)
    sentence = models.TextField(blank=True)
    change = models.BigIntegerField(default=0)
    said = models.CharField(max_length=64, blank=True)
    noted_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Reconciled]] = models.Manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["position", "difference"], name="reconciled_at"),
        ]

    def __str__(self) -> str:
        return f"command {self.position}: {self.verdict}"


class ReconcilerCursor(models.Model):
    """How far the journal was compared: the only row of its table, written with its effects."""

    block = models.BigIntegerField(default=0)
    position = models.BigIntegerField(default=0)
    in_use = models.JSONField(default=list)
    """Markets that somebody but the founding has used."""
    charged = models.JSONField(default=list)
    """Fee schedules that markets have."""
    unlisted = models.BigIntegerField(default=0)
    """Differences beyond the bound of those that have a row."""
    seal = models.CharField(max_length=64, blank=True)
    """Over all of it, with a key made of the folder's secret."""

    objects: ClassVar[models.Manager[ReconcilerCursor]] = models.Manager()

    def __str__(self) -> str:
        return f"compared to command {self.position}"


class Preview(models.Model):
    """One answer of the rehearsal: evidence, kept with its hash and its position."""

    class Question(models.TextChoices):
        """What was asked."""

        FIRST = "first"
        PLAY_OUT = "play_out"
        SHOCKS = "shocks"

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="previews")
    plan = models.CharField(max_length=32, blank=True)
    step = models.IntegerField(default=1)
    question = models.CharField(max_length=16, choices=Question.choices)
    fingerprint = models.CharField(max_length=64, blank=True)
    position = models.BigIntegerField()
    body = models.JSONField()
    hash = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return f"{self.question} preview of change {self.change_id} at {self.position}"
