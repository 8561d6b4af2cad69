"""The facts of one person, as plain values for the page and the JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from allauth.mfa.models import Authenticator

from pilothouse.access import signed_in
from pilothouse.access.models import Grant, Person
from pilothouse.access.rights import roles_of
from pilothouse.access.roles import Role, rights_of
from pilothouse.console.pages.changes.reading import microseconds, open_changes_of
from pilothouse.console.pages.people.reading import access_of
from pilothouse.control import standing
from pilothouse.records.readable import each

GRANTS_MOST: Final = 40


@dataclass(frozen=True)
class GrantLine:
    """One role that was given: since when, until when, and whether it holds now."""

    role: str
    word: str
    given: int
    until: int | None
    ended: int | None
    holds: bool


@dataclass(frozen=True)
class SessionLine:
    """One open session. `mine` is the one that asks."""

    number: int
    began: int
    seen: int
    address: str
    browser: str
    mine: bool


def facts_of(person: Person, now: datetime) -> dict[str, Any]:
    """Return what everybody may know of a person."""
    return {
        "person": {
            "name": person.username,
            "access": access_of(person),
            "joined": microseconds(person.joined_at),
            "last": microseconds(person.last_login) if person.last_login else None,
            "second_factors": _factors(person),
            "rights": sorted(one.replace("_", " ") for one in rights_of(roles_of(person, now))),
            "doubted": standing.why_doubted(person),
        },
        "grants": _grants(person, now),
        "changes": open_changes_of(f"person:{person.username}"),
    }


def sessions_of(person: Person, mine: str) -> list[SessionLine]:
    """Return the open sessions of a person; `mine` is the key of the one that asks."""
    return [
        SessionLine(
            number=one.pk,
            began=microseconds(one.began_at),
            seen=microseconds(one.seen_at),
            address=one.address,
            browser=one.browser,
            mine=one.session == mine,
        )
        for one in signed_in.of(person)
    ]


def _factors(person: Person) -> list[str]:
    words = {"totp": "authenticator app", "recovery_codes": "recovery codes"}
    rows = Authenticator.objects.filter(user=person).values_list("type", flat=True)
    return [words.get(one, "another") for one in rows]


def _grants(person: Person, now: datetime) -> list[GrantLine]:
    # A row alone gives no role: it holds where change control finds it as the audit recorded it.
    counted = standing.grants_that_count(person)
    held = roles_of(person, now)
    rows = each(Grant.objects.filter(person=person).order_by("-pk"), GRANTS_MOST)
    return [_line(one, held, counted, now) for one in rows if isinstance(one, Grant)]


def _line(
    one: Grant, held: frozenset[Role], counted: frozenset[int] | None, now: datetime
) -> GrantLine:
    ended = one.revoked_at or (one.until if one.until and one.until <= now else None)
    counts = counted is None or one.pk in counted
    return GrantLine(
        role=one.role,
        word=one.role.replace("_", " "),
        given=microseconds(one.given_at),
        until=microseconds(one.until) if one.until else None,
        ended=microseconds(ended) if ended else None,
        holds=ended is None and counts and one.role in held,
    )
