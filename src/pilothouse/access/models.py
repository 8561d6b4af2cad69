"""Who works here and which keys exist: people, dated grants of roles, keys with sealed secrets."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models, transaction
from django.utils import timezone

from pilothouse.access.roles import Role


class People(BaseUserManager["Person"]):
    """How people are made and found."""

    def create_user(self, username: str, password: str | None = None, **rest: Any) -> Person:
        """Add a person without any role. The password is stored hashed."""
        person = self.model(username=username, **rest)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """Someone who signs in. Rights come from grants alone."""

    username = models.CharField(max_length=64, unique=True)
    email = models.EmailField(blank=True)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now)
    access_version = models.IntegerField(default=0)
    """How often change control has let them in, kept them out, or reset how they sign in."""

    objects: ClassVar[People] = People()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.username

    def save(self, *given: Any, **named: Any) -> None:
        """Write the row and what is noted of it in one transaction."""
        with transaction.atomic():
            super().save(*given, **named)


class Grant(models.Model):
    """A role given to a person, from a moment on and perhaps until another."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=32, choices=[(role, role) for role in Role])
    given_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="grants_given"
    )
    given_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.person} is {self.role}"


class StoredKey(models.Model):
    """A machine's key. The secret is sealed; it is shown once, when the key is made."""

    public = models.CharField(max_length=64, unique=True)
    sealed_secret = models.BinaryField()
    account = models.BigIntegerField()
    may_trade = models.BooleanField(default=False)
    nonce_optional = models.BooleanField(default=False)
    may_cancel = models.BooleanField(default=False)
    networks = models.CharField(max_length=1_000, blank=True)
    """The addresses it may be used from, separated by commas; empty for any."""
    expires_s = models.BigIntegerField(default=0)
    """When it ends, seconds since the epoch; 0 for never."""
    label = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)
    shown_at = models.DateTimeField(null=True)
    """When its secret was shown to a person: once, or never."""

    def __str__(self) -> str:
        return f"key {self.public[:8]} of account {self.account}"


class SignedIn(models.Model):
    """A session as people see it; `session` is the key of its row in the table of sessions."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="signed_in")
    session = models.CharField(max_length=40, unique=True)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    address = models.CharField(max_length=64, blank=True)
    browser = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.person} since {self.began_at:%Y-%m-%d %H:%M} UTC"
