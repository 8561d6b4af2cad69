"""People as lines of a table, with the roles they hold and the sessions that are open."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from django.utils import timezone

from pilothouse.access.models import Person, SignedIn
from pilothouse.access.rights import roles_of
from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.records.readable import each

LINES_MOST: Final = 100


@dataclass(frozen=True)
class PersonLine:
    """One person in a table. `last` is their last sign-in, microseconds, None before the first."""

    name: str
    roles: list[str]
    access: str
    second_factor: bool
    sessions: int
    last: int | None

    @property
    def address(self) -> str:
        """Return their page."""
        return f"/people/{self.name}"


@dataclass(frozen=True)
class Found:
    """A part of the people, by name, and how many there are."""

    lines: list[PersonLine]
    count: int


def found(wanted: str) -> Found:
    """Return the people whose name has these letters, or who hold such a role; all for none."""
    named = Q(username__icontains=wanted) | Q(grants__role__icontains=wanted.replace(" ", "_"))
    people = Person.objects.filter(named).distinct() if wanted else Person.objects.all()
    rows = [
        one for one in each(people.order_by("username"), LINES_MOST) if isinstance(one, Person)
    ]
    with_factor = _with_a_factor(rows)
    open_now = Counter(live_sessions().filter(person__in=rows).values_list("person", flat=True))
    now = timezone.now()
    return Found([_line(one, with_factor, open_now, now) for one in rows], people.count())


def _line(
    person: Person, with_factor: set[int], sessions: Counter[int], now: datetime
) -> PersonLine:
    last = person.last_login
    return PersonLine(
        name=person.username,
        roles=sorted(one.replace("_", " ") for one in roles_of(person, now)),
        access=access_of(person),
        second_factor=person.pk in with_factor,
        sessions=sessions[person.pk],
        last=microseconds(last) if last else None,
    )


def access_of(person: Person) -> str:
    """Return whether a person can sign in, as a word."""
    if not person.is_active:
        return "disabled"
    return "active" if person.has_usable_password() else "no password"


def live_sessions() -> QuerySet[SignedIn]:
    """Return the sessions that are open now."""
    live = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    return SignedIn.objects.filter(session__in=live)


def _with_a_factor(people: list[Person]) -> set[int]:
    apps = Authenticator.objects.filter(user__in=people, type=Authenticator.Type.TOTP)
    return set(apps.values_list("user_id", flat=True))
