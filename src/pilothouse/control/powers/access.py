"""How a person comes in: active or disabled, and a reset after which they set all of it again.

A reset takes away the password and the second factors; the person sets new ones by an invitation.
Whoever is disabled or reset loses every session at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from allauth.mfa.models import Authenticator

from pilothouse.access import signed_in
from pilothouse.access.models import Person
from pilothouse.records import audit
from pilothouse.records.models import AuditRow


class Access(StrEnum):
    """What a change makes of a person's way in."""

    ACTIVE = "active"
    DISABLED = "disabled"
    RESET = "reset"


SENTENCES: Final[dict[Access, str]] = {
    Access.ACTIVE: "can sign in again",
    Access.DISABLED: "cannot sign in any more",
    Access.RESET: "has no password and no second factor any more",
}


def version(name: str) -> int:
    """Return the version of a person's access, 0 for nobody."""
    person = Person.objects.filter(username=name).first()
    return 1 + person.access_version if person else 0


def counted(body: Mapping[str, Any]) -> dict[str, int]:
    """Return nothing: it concerns one person."""
    return {}


def give(body: Mapping[str, Any], by: str, facts: Mapping[str, Any], now: datetime) -> AuditRow:
    """Let a person in, keep them out, or reset how they sign in."""
    person = Person.objects.get(username=body["name"])
    becomes = Access(body["access"])
    if becomes is Access.RESET:
        _reset(person)
    else:
        person.is_active = becomes is Access.ACTIVE
        person.save(update_fields=["is_active"])
    person.access_version += 1
    person.save(update_fields=["access_version"])
    if becomes is not Access.ACTIVE:
        signed_in.end_all(person)
    sentence = f"{person} {SENTENCES[becomes]}"
    said = {"access": str(becomes), **facts}
    return audit.write(
        by, f"person.{becomes}", f"person:{person.pk}", sentence, facts=said, at=now
    )


def _reset(person: Person) -> None:
    # One by one: each is a change of credentials that the audit hears of.
    for one in Authenticator.objects.filter(user_id=person.pk):
        one.delete()
    person.set_unusable_password()
    person.save(update_fields=["password"])
