"""Whether a person may do something at a moment, and the granting and revoking of roles."""

from __future__ import annotations

from collections.abc import Callable, Container
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from pilothouse.access.models import Grant, Person
from pilothouse.access.moments import OddMoment, Stored, moment_of
from pilothouse.access.one_look import once
from pilothouse.access.roles import Right, Role, duties_that_meet, rights_of

ROLES: Final = {role.encode(): role for role in Role}


Judge = Callable[[Person], Container[int] | None]
"""Returns the numbers of those grants of a person that count; None where all do."""


def _all_count(person: Person) -> None:
    return None


_judges: list[Judge] = [_all_count]


def judge_grants(judge: Judge) -> None:
    """Count no grant that `judge` does not name: a row alone gives nobody a role."""
    _judges[:] = [judge]


class DutiesMeet(ValueError):
    """The grant would put two duties in one person that may not meet."""


def roles_of(person: Person, now: datetime | None = None) -> frozenset[Role]:
    """Return the roles a person holds at a moment; answers "who could do what on date D".

    What change control does not find in the audit gives none.
    """
    now = now or timezone.now()
    rows, counted = once((roles_of, person.pk), lambda: _granted(person))
    return frozenset(
        ROLES[role]
        for number, role, *times in rows
        if role in ROLES and _holds(times, now) and (counted is None or number in counted)
    )


def _granted(person: Person) -> tuple[list[tuple[Any, ...]], Container[int] | None]:
    # As they are stored, and compared by the caller: SQLite compares the letters of a time.
    stored = [Stored(name) for name in ("role", "given_at", "until", "revoked_at")]
    rows = list(Grant.objects.filter(person=person).values_list("pk", *stored))
    return rows, _judges[0](person) if rows else None


def _holds(times: list[bytes | None], now: datetime) -> bool:
    # One whose times are not stored as this program stores them never holds.
    try:
        given, *ends = [moment_of(one) for one in times if one is not None]
        return given <= now and all(one > now for one in ends)
    except OddMoment:
        return False


def may(person: Person, right: Right, now: datetime | None = None) -> bool:
    """Tell whether a person may do something: active, granted, and no duties meeting."""
    if not person.pk or not person.is_active:
        return False
    roles = roles_of(person, now)
    return right in rights_of(roles) and not duties_that_meet(roles)


def people_who_may(right: Right, now: datetime | None = None) -> list[Person]:
    """Return everyone who may do something now: who can sign, who can apply."""
    return [one for one in Person.objects.order_by("username") if may(one, right, now)]


def roles_held(right: Right, now: datetime | None = None) -> frozenset[Role]:
    """Return the roles that somebody holds now who may do something by them."""
    held = (roles_of(one, now) for one in people_who_may(right, now))
    return frozenset().union(*held)


@transaction.atomic
def grant(
    person: Person,
    role: Role,
    *,
    by: Person | None = None,
    until: datetime | None = None,
    now: datetime | None = None,
) -> Grant:
    """Give a person a role. Raises DutiesMeet when it would meet a duty it must not."""
    now = now or timezone.now()
    why = duties_that_meet(roles_of(person, now) | {role})
    if why:
        raise DutiesMeet(why)
    return Grant.objects.create(person=person, role=role, given_by=by, given_at=now, until=until)


@transaction.atomic
def revoke(person: Person, role: Role, now: datetime | None = None) -> int:
    """Take a role from a person from now on; return how many grants ended."""
    now = now or timezone.now()
    held = list(Grant.objects.filter(person=person, role=role, revoked_at__isnull=True))
    for one in held:
        # Saved as a row, not updated by a query: change control hears of it and audits it.
        one.revoked_at = now
        one.save(update_fields=["revoked_at"])
    return len(held)
