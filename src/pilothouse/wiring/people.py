"""The people of a home: Django on this home, and people made from the command line."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pilothouse.language.texts import NotPlain, check_text
from pilothouse.wiring.missing_database import founding_gone, note_begun_anew, refuse_missing

if TYPE_CHECKING:
    from pilothouse.access.models import Person

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


def add_person(name: str, role: str, password: str) -> None:
    """Make a person with one role, or give it to one who is known; each deed is an audit row.

    A known person keeps their password. Raises DutiesMeet when the role may not join theirs, and
    Django's ValidationError for a name or a password that may not be.
    """
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
        _give(person, role, "command line")


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


def _give(person: Person, role: str, actor: str) -> None:
    from pilothouse.access.rights import grant, roles_of
    from pilothouse.access.roles import Role
    from pilothouse.records import audit

    if Role(role) in roles_of(person):
        return
    given = grant(person, Role(role))
    about, sentence = f"person:{person.pk}", f"{person} is given {role}"
    until = given.until.isoformat() if given.until else None
    facts = {"grant": given.pk, "role": role, "until": until}
    audit.write(actor, "person.added", about, sentence, facts=facts)


def is_known(name: str) -> bool:
    """Tell whether a person of this name exists."""
    from pilothouse.access.models import Person

    return Person.objects.filter(username=name).exists()
