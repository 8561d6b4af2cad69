"""Whether a person is whom the audit knows, with the roles that it gave.

Who writes the database puts in a grant, or a known password, for as long as a click takes, and
takes it out before anybody compares. So a role counts by its audit row alone, wherever it is asked
for, and a person whose credentials are not those of the audit does nothing that has power.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.db.models import QuerySet

from pilothouse.access.models import Grant, Person
from pilothouse.access.one_look import once
from pilothouse.access.rights import may
from pilothouse.access.roles import Right, Role
from pilothouse.control import audited, credentials, people_made, revocations
from pilothouse.control.believed import beginning, believed
from pilothouse.control.by_head import ByHead
from pilothouse.control.revocations import Ends
from pilothouse.control.stored import mark, told
from pilothouse.records import audit
from pilothouse.records.models import AuditRow
from pilothouse.records.readable import Unreadable, attempt, readable, stream

GRANTED: Final = "person.added"
DOUBTED: Final = "sign_in.doubted"
SLACK: Final = timedelta(seconds=60)
"""Between a grant and its audit row in the first release, which did not name the grant."""


def grants_that_count(person: Person) -> frozenset[int] | None:
    """Return the grants of a person that are as the audit recorded them.

    None where the audit has no founding yet, and there is nothing to compare with. Another does
    not count when two people have settled it either: who needs the role is given it anew.
    """
    said = _GIVEN.of(person.pk)
    if said is None:
        return None
    held = Grant.objects.filter(person=person)
    return frozenset(number for number, odd in _judged(held, said) if not odd)


def sees_clients(person: Person) -> bool:
    """Tell whether a person may see clients, and is whom the audit knows."""
    return may(person, Right.SEE_CLIENTS) and not why_doubted(person)


def why_doubted(person: Person) -> str:
    """Return why a person's password or factors may be somebody else's, empty if they are not.

    Who writes the database puts a known password into a row for as long as a click takes. What
    two people settled is no doubt.
    """
    return once((why_doubted, person.pk), lambda: _why_doubted(person))


def _why_doubted(person: Person) -> str:
    known = _RECORDED.of(person.pk)
    odd = list(credentials.of_people(person, known)) if known is not None else []
    settled = audited.said().settled if odd else {}
    return next((one for one in odd if one not in settled), "")


def doubted_sign_ins() -> Iterator[str]:
    """Yield a sentence for each sign-in with credentials that the audit did not have then."""
    for row in readable(AuditRow.objects.filter(deed=DOUBTED, outcome=audit.DONE)):
        yield (
            f"Somebody signed in as {told(row.subject).replace(':', ' ')} at row {row.number:,} "
            "of the audit with a password or second factors that it did not have."
        )


def differences(person: Person | None = None) -> Iterator[str]:
    """Yield a sentence for each grant, or each of a person, that its audit row does not cover.

    Of all, too for each that the audit gave and that is gone: that one gives nobody anything, so
    it keeps its person from nothing.
    """
    held = Grant.objects.filter(person=person) if person else Grant.objects.all()
    said = _said(person.pk if person else None)
    yield from (odd for _, odd in _judged(held, said) if odd)
    if person is None:
        yield from _gone(said)


def _gone(said: Said) -> Iterator[str]:
    # What the database has no more is as good as free for the next one.
    given = [row for rows in said.given.values() for row in rows]
    told = {_number(row): row.subject.replace(":", " ") for row in given}
    there = {0, *Grant.objects.values_list("pk", flat=True)}
    for number in sorted(told.keys() - there):
        yield f"Grant {number} of {told[number]} is gone; the audit recorded it."


def _number(row: AuditRow) -> int:
    # 0 where the first release wrote the row, or somebody put something else there.
    number = row.facts.get("grant")
    return number if type(number) is int else 0


@dataclass(frozen=True)
class Said:
    """What the audit says of grants: the rows that gave them, by person, and what ended."""

    given: dict[str, list[AuditRow]]
    ends: Ends


def _said(person: int | None) -> Said:
    rows = AuditRow.objects.filter(outcome=audit.DONE)
    if person is not None:
        rows = rows.filter(subject=f"person:{person}")
    given: dict[str, list[AuditRow]] = {}
    for row in _gave_since_made(rows):
        given.setdefault(row.subject, []).append(row)
    return Said(given, revocations.ends(rows))


def _gave_since_made(rows: QuerySet[AuditRow]) -> Iterator[AuditRow]:
    # Who got a number that was another's before has nothing of what that one was given.
    made = {row.subject: row.number for row in people_made.made(rows)}
    given = believed(rows.filter(deed=GRANTED))
    return (row for row in given if row.number > made.get(row.subject, 0))


_GIVEN: Final = ByHead[Said | None](
    lambda person: _said(person) if credentials.has_begun() else None
)
_RECORDED: Final = ByHead[dict[str, str] | None](
    lambda person: credentials.recorded(person) if credentials.has_begun() else None
)


def _judged(held: QuerySet[Grant], said: Said) -> Iterator[tuple[int, str]]:
    # Each grant with what differs of it from the audit, empty if nothing does.
    for one in stream(held.order_by("pk")):
        if isinstance(one, Unreadable):
            yield one.pk, f"Grant {one.pk} cannot be read: it gives no right."
            continue
        rows = said.given.get(f"person:{one.person_id}", [])
        gave = (row for row in rows if attempt(partial(_gave, row, one)))
        covered = any(not said.ends.ends_all(row) for row in gave)
        if covered and not _lives_on(one, said.ends):
            yield one.pk, ""
            continue
        odd = f"Grant {one.pk}, which makes person {told(one.person_id)} {told(one.role)}, is not"
        yield one.pk, f"{odd} as the audit recorded it ({mark(one)})."


def _lives_on(one: Grant, ends: Ends) -> bool:
    # One that the audit does not end was ended by a release that recorded no end, or not at all.
    ended = one.revoked_at.isoformat() if one.revoked_at else ""
    return ends.of(one.pk) not in (None, ended)


def _gave(row: AuditRow, one: Grant) -> bool:
    if "grant" not in row.facts:
        # The first release named the role in its sentence alone.
        named = row.sentence.endswith(f" is given {one.role}")
        return named and abs(row.at - one.given_at) <= SLACK
    until = one.until.isoformat() if one.until else None
    wanted = {"grant": one.pk, "role": one.role, "until": until}
    return {name: row.facts.get(name) for name in wanted} == wanted


def roles_of_row(row: AuditRow) -> list[Role]:
    """Return the roles of a signature that the audit had given its signer by then."""
    roles = [Role(one) for one in row.facts.get("roles", [])]
    begun = beginning()
    if begun is None or row.number < begun.number:
        return roles
    given = AuditRow.objects.filter(subject=row.actor, outcome=audit.DONE, number__lt=row.number)
    ended = revocations.ends(given)
    rows = _gave_since_made(given)
    live = (one for one in rows if _number(one) not in ended.at and not ended.ends_all(one))
    held = {_given_by(one, row.at) for one in live}
    return [one for one in roles if one in held]


def _given_by(row: AuditRow, at: datetime) -> str:
    """Return the role that a row gave and that held at a moment, else an empty text."""
    if "grant" not in row.facts:
        # The first release named the role in its sentence alone.
        return row.sentence.rpartition(" is given ")[2]
    until = row.facts.get("until")
    holds = until is None or datetime.fromisoformat(until) > at
    return str(row.facts.get("role")) if holds else ""
