"""The people of a home: Django on this home, and people made from the command line."""

from __future__ import annotations

import os
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pilothouse.language.texts import NotPlain, check_text
from pilothouse.wiring.missing_database import founding_gone, note_begun_anew, refuse_missing

if TYPE_CHECKING:
    from pilothouse.access.models import Person

COMMAND_LINE: Final = "command line"
SEEDING: Final = "demonstration"
"""Who made the people of a demonstration, in the words of the audit."""


def begin_django(home: Path) -> None:
    """Set Django up on this home, bring its tables to this release, and hold its founding.

    Raises WrongEnvironment if the folder is not what its audit says, DatabaseIsMissing when the
    journal has blocks and the database is gone.
    """
    from pilothouse.wiring import founding_row, sequences

    moved = sequences.put_back(home)
    open_django(home)
    founding_row.begin(home)
    _note(moved)


def _note(moved: Collection[str]) -> None:
    from pilothouse.control import reconciler

    for one in moved:
        reconciler.note_moved(one)


def open_django(home: Path) -> None:
    """Set Django up on this home and bring its tables to this release."""
    import django
    from django.core.management import call_command

    begun_anew = refuse_missing(home)
    if begun_anew:
        founding_gone(home)
    os.environ["PILOTHOUSE_HOME"] = str(home)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pilothouse.wiring.settings")
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    if begun_anew:
        note_begun_anew(home)


def add_person(name: str, role: str, password: str, until: str = "") -> None:
    """Make a person with one role, or give it to one who is known; each deed is an audit row.

    A known person keeps their password. Raises DutiesMeet when the role may not join theirs,
    ValueError for what is no role or no moment, and Django's ValidationError for a name or a
    password that may not be.
    """
    _check_role(role)
    ends = _moment(until)
    from django.contrib.auth.password_validation import validate_password
    from django.contrib.auth.validators import UnicodeUsernameValidator
    from django.db import transaction

    from pilothouse.access.models import Person

    with transaction.atomic():
        person = Person.objects.filter(username=name).first()
        if person is None:
            UnicodeUsernameValidator()(name)
            _check_name(name)
            made = Person(username=name)
            made.clean_fields(exclude=["password"])
            validate_password(password, made)
            person = Person.objects.create_user(name, password)
        _give(person, role, COMMAND_LINE, ends)


def act_on(name: str, act: str, role: str = "") -> dict[str, Any]:
    """Do one thing about a person who is known, with its audit row; return what it came to.

    `act` is end_role, active, disabled, reset, invite, end_sessions, or empty to look only. Raises
    LookupError for nobody, ValueError for what cannot be done.
    """
    from django.db import transaction
    from django.utils import timezone

    from pilothouse.access import invitations, signed_in
    from pilothouse.access.models import Person
    from pilothouse.control import people
    from pilothouse.control.powers import access, roles
    from pilothouse.records import audit

    person = Person.objects.filter(username=name).first()
    if person is None:
        raise LookupError(f"Nobody is called {name}. Give --role to add them.")
    about, now = f"person:{person.pk}", timezone.now()
    with transaction.atomic():
        if act == "end_role":
            _check_role(role)
            body = {"name": name, "role": role, "until": None, "holds": False}
            return {"ended": roles.give(body, COMMAND_LINE, {}, now).facts["grants"]}
        if act in set(access.Access):
            access.give({"name": name, "access": act}, COMMAND_LINE, {}, now)
        elif act == "end_sessions":
            count = signed_in.end_all(person)
            sentence = f"{count} sessions of {name} were ended"
            audit.write(COMMAND_LINE, people.END_SESSIONS, about, sentence, at=now)
            return {"sessions_ended": count}
        elif act == "invite":
            if not invitations.is_invitable(person):
                raise ValueError(f"{name} has a password or is disabled. Use --reset first.")
            sentence = f"An invitation was made for {name}, who has no password"
            audit.write(COMMAND_LINE, people.INVITE, about, sentence, at=now)
            return {"link": invitations.path_for(person)}
    return next(one for one in everybody() if one["name"] == name)


def everybody() -> list[dict[str, Any]]:
    """Return everybody who is known, with their roles, access and how many sessions are open."""
    from pilothouse.access import signed_in
    from pilothouse.access.models import Person
    from pilothouse.access.rights import roles_of

    return [
        {
            "name": one.username,
            "roles": sorted(roles_of(one)),
            "access": "active" if one.is_active else "disabled",
            "has_password": one.has_usable_password(),
            "sessions": len(signed_in.of(one)),
        }
        for one in Person.objects.order_by("username")
    ]


def _check_role(role: str) -> None:
    from pilothouse.access.roles import Role

    if role not in set(Role):
        raise ValueError(f"{role} is not a role; use one of {', '.join(Role)}")


def _moment(until: str) -> datetime | None:
    from django.utils import timezone

    if not until:
        return None
    try:
        made = datetime.fromisoformat(until)
    except ValueError:
        raise ValueError(f"{until} is not a date and time; example: 2026-12-31T18:00") from None
    made = made.astimezone(UTC) if made.tzinfo else made.replace(tzinfo=UTC)
    if made <= timezone.now():
        raise ValueError(f"{until} is past; give a time in the future")
    return made


def _check_name(name: str) -> None:
    from django.core.exceptions import ValidationError

    try:
        check_text(name)
    except NotPlain as hides:
        raise ValidationError(f"the name cannot be read as it was written: {hides}") from None


def shared_hash(names: Collection[str], password: str) -> str:
    """Return the hash of a password that people share: one that some of them have, or a new one.

    A hash is slow on purpose, a fifth of a second, so a start makes one for all of them.
    """
    from django.contrib.auth.hashers import check_password, make_password

    from pilothouse.access.models import Person

    held = set(Person.objects.filter(username__in=names).values_list("password", flat=True))
    known = next((one for one in held if check_password(password, one)), None)
    return known or make_password(password)


def seed_person(name: str, role: str, password_hash: str) -> None:
    """Make a person of the demonstration, or give one it made before the password of this start.

    A person of that name whom somebody else made is left alone. Each deed is an audit row in the
    same transaction; where nothing changes there is none.
    """
    from django.db import transaction

    from pilothouse.access.models import Person
    from pilothouse.records import audit

    with transaction.atomic():
        person = Person.objects.filter(username=name).first()
        if person is None:
            person = Person.objects.create(username=name, password=password_hash)
        elif not _was_seeded(person):
            return
        elif person.password != password_hash:
            person.password = password_hash
            person.save()
            about = f"person:{person.pk}"
            audit.write(
                SEEDING, "person.password", about, f"{name} has the password of a new start"
            )
        _give(person, role, SEEDING)


def _was_seeded(person: Person) -> bool:
    from pilothouse.control.believed import believed
    from pilothouse.records.models import AuditRow

    rows = AuditRow.objects.filter(
        actor=SEEDING, deed="person.added", subject=f"person:{person.pk}"
    )
    return any(believed(rows))


def _give(person: Person, role: str, actor: str, until: datetime | None = None) -> None:
    from pilothouse.access.rights import roles_of
    from pilothouse.access.roles import Role
    from pilothouse.control.powers.roles import give_role

    if until is not None or Role(role) not in roles_of(person):
        give_role(person, Role(role), actor, until=until)


def is_known(name: str) -> bool:
    """Tell whether a person of this name exists."""
    from pilothouse.access.models import Person

    return Person.objects.filter(username=name).exists()
