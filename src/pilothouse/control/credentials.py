"""What people and machines sign in with, as rows, against the audit.

A change through this program writes a digest of a person's credentials into the audit, made with
the folder's secret; what was changed with SQL has no row. A key's account and rights are under its
seal. Nothing is compared before the founding is in the audit, which holds the first digests.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.conf import settings

from pilothouse.access.keys import is_as_made
from pilothouse.access.models import Person, StoredKey
from pilothouse.access.secret_file import derive, read_secret
from pilothouse.control import revocations
from pilothouse.control.believed import (
    Rows,
    beginning,
    believed,
    founding_row,
    founding_rows,
)
from pilothouse.control.canonical import plain_bytes
from pilothouse.control.stored import told
from pilothouse.records import audit
from pilothouse.records.models import AuditRow
from pilothouse.records.readable import Unreadable, attempt, each, stream

CHANGED: Final = "person.credentials"
PURPOSE: Final = "credentials"
MARK_LETTERS: Final = 12
PUBLIC_LETTERS: Final = 8


@dataclass(frozen=True)
class Factor:
    """A second factor: an app's secret or recovery codes."""

    number: int
    type: str
    data: Any


@dataclass(frozen=True)
class Held:
    """What a person signs in with; factors in the order of their numbers."""

    person: int
    name: str
    password: str
    active: bool
    factors: tuple[Factor, ...]


def odd_foundings(proof: str = "") -> Iterator[str]:
    """Yield a sentence for each founding behind that of a secret, which never writes another."""
    ours = founding_row(proof)
    if ours is None:
        return
    for one in founding_rows():
        if one.number > ours.number:
            yield (
                f"Row {one.number:,} of the audit is a founding that this folder's secret did "
                f"not begin; that of row {ours.number:,} holds."
            )


def has_begun() -> bool:
    """Tell whether digests of this secret are in the audit: there is something to compare."""
    return beginning() is not None


def was_begun() -> bool:
    """Tell whether a change of credentials is sealed with this secret: its founding was there."""
    return any(audit.is_sealed(one) for one in AuditRow.objects.filter(deed=CHANGED))


def held(person: Person) -> Held:
    """Return what a person signs in with, as the database has it."""
    rows = Authenticator.objects.filter(user_id=person.pk).order_by("pk")
    factors = tuple(Factor(one.pk, one.type, one.data) for one in rows)
    return Held(person.pk, person.username, person.password, person.is_active, factors)


def digest(person: Person) -> str:
    """Return the keyed digest of what a person signs in with, as the database has it."""
    return digest_of(held(person))


def digest_of(one: Held) -> str:
    """Return the keyed digest of a person's name, password, state and second factors."""
    words = {
        "person": one.person,
        "name": one.name,
        "password": one.password,
        "active": bool(one.active),
        "factors": [[factor.type, factor.data] for factor in one.factors],
    }
    key = derive(read_secret(settings.PILOTHOUSE_HOME), PURPOSE)
    return hmac.new(key, plain_bytes(words), hashlib.sha256).hexdigest()


def baseline() -> dict[str, str]:
    """Return the digests of everybody as they are now, to be written once, at the founding."""
    return {str(one.pk): digest(one) for one in Person.objects.order_by("pk")}


def recorded(person: int | None = None) -> dict[str, str]:
    """Return the digest that the audit has of each person, or of one."""
    begun = beginning()
    if begun is None:
        return {}
    held = begun.row.facts.get("credentials") if begun.row else None
    found: dict[str, Any] = dict(held) if isinstance(held, dict) else {}
    rows = AuditRow.objects.filter(deed=CHANGED, outcome=audit.DONE, number__gt=begun.number)
    if person is not None:
        return found | _newest(rows.filter(subject=f"person:{person}"), person)
    for one in believed(rows):
        found[one.subject.partition(":")[2]] = one.facts.get("digest", "")
    return found


def _newest(rows: Rows, person: int) -> dict[str, Any]:
    # The newest row says what holds. Where it has lost its seal, or cannot be read, nothing does:
    # an older one would bring an older password back.
    last = next(iter(each(rows.order_by("-number"), 1)), None)
    if last is None:
        return {}
    if isinstance(last, Unreadable) or not audit.is_sealed(last):
        return {str(person): ""}
    return {str(person): last.facts.get("digest", "")}


def of_people(only: Person | None = None, known: dict[str, str] | None = None) -> Iterator[str]:
    """Yield a sentence for each person, or for one, whose credentials the audit does not have.

    `known` are digests that were read from it already (`recorded`).
    """
    if known is None:
        if not has_begun():
            return
        known = recorded(only.pk if only else None)
    people = Person.objects.filter(pk=only.pk) if only else Person.objects.all()
    for one in stream(people.order_by("pk")):
        # What holds bytes, or no UTF-8, has no digest, and keeps no other from being compared.
        made = None if isinstance(one, Unreadable) else attempt(partial(digest, one))
        if made is None or not hmac.compare_digest(known.get(str(one.pk), ""), made):
            name = "unreadable" if isinstance(one, Unreadable) else told(one.username)
            yield (
                f"The password or second factors of person {one.pk} ({name}) are not as "
                f"the audit recorded them ({(made or 'unreadable')[:MARK_LETTERS]})."
            )


def of_keys() -> Iterator[str]:
    """Yield a sentence for each API key that lives and was revoked, or is not as it was made."""
    if not has_begun():
        return
    revoked = revocations.revoked()
    for one in StoredKey.objects.filter(revoked_at__isnull=True).order_by("pk"):
        key = f"API key {told(one.public)[:PUBLIC_LETTERS]}…"
        if one.public in revoked:
            yield f"{key} was revoked, as the audit recorded: it opens nothing."
        elif not attempt(partial(is_as_made, one)):
            yield f"{key} is not as it was made: it opens nothing."
