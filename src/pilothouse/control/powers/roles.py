"""Roles as they are held: dated grants, each with its audit row in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pilothouse.access.models import Grant, Person
from pilothouse.access.rights import grant, revoke, roles_of
from pilothouse.access.roles import Role
from pilothouse.control.standing import GRANTED
from pilothouse.records import audit
from pilothouse.records.models import AuditRow

ENDED: Final = "role.ended"


def version(name: str) -> int:
    """Return the version of a person's roles: each grant and each end makes another one.

    0 for nobody, 1 for a person who never had a role.
    """
    person = Person.objects.filter(username=name).first()
    if person is None:
        return 0
    given = Grant.objects.filter(person=person)
    return 1 + given.count() + given.exclude(revoked_at=None).count()


def counted(body: Mapping[str, Any]) -> dict[str, int]:
    """Return how many active people would hold the role."""
    role, others = Role(body["role"]), Person.objects.exclude(username=body["name"])
    held = sum(1 for one in others.filter(is_active=True) if role in roles_of(one))
    return {"holders": held + int(body["holds"])}


def give(body: Mapping[str, Any], by: str, facts: Mapping[str, Any], now: datetime) -> AuditRow:
    """Give a role until its date, or end it; a person who is not known yet is added."""
    person = Person.objects.filter(username=body["name"]).first()
    if not body["holds"]:
        assert person is not None
        return _end(person, Role(body["role"]), by, facts, now)
    until = datetime.fromisoformat(body["until"]) if body["until"] else None
    made = person or Person.objects.create_user(body["name"])
    return give_role(made, Role(body["role"]), by, until=until, facts=facts, now=now)


def give_role(
    person: Person,
    role: Role,
    by: str,
    *,
    until: datetime | None = None,
    facts: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> AuditRow:
    """Give a role with its audit row, within a transaction. Raises DutiesMeet."""
    given = grant(person, role, until=until, now=now)
    ends = given.until.isoformat() if given.until else None
    sentence = f"{person} is given {role}" + (f" until {ends}" if ends else "")
    said = {"grant": given.pk, "role": str(role), "until": ends, **(facts or {})}
    return audit.write(by, GRANTED, f"person:{person.pk}", sentence, facts=said, at=now)


def _end(person: Person, role: Role, by: str, facts: Mapping[str, Any], now: datetime) -> AuditRow:
    count = revoke(person, role, now)
    sentence = f"{person} is {role} no longer"
    said = {"role": str(role), "grants": count, **facts}
    return audit.write(by, ENDED, f"person:{person.pk}", sentence, facts=said, at=now)
