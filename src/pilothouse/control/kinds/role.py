"""Role: a role given to a person, perhaps until a date, or taken from them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.utils import timezone

from pilothouse.access.models import Grant, Person
from pilothouse.access.rights import roles_of
from pilothouse.access.roles import RIGHTS, Role, duties_that_meet
from pilothouse.control import forms, refusals
from pilothouse.control.kinds.kind import (
    Counts,
    Difference,
    Direction,
    Fields,
    FormField,
    Question,
    Reversible,
    Unreadable,
    Weight,
)
from pilothouse.control.kinds.power import (
    HEAVY,
    Power,
    is_whom,
    person_named,
    rights_without,
    taking,
)
from pilothouse.control.kinds.registered import NEW
from pilothouse.control.owners import roles
from pilothouse.control.policy import FARTHEST
from pilothouse.control.ports import Reader
from pilothouse.control.refusals import Reason, of_the_engine
from pilothouse.language import refusals as engine
from pilothouse.language.texts import NotPlain, check_text

NAME_MOST: Final = 64
PEOPLE_MOST: Final = 5_000
"""People whom a folder knows."""
_ACTS: Final = (("give", "give it"), ("end", "end it"))


class RoleOfPerson(Power):
    """The kind."""

    NAME = "role"
    TITLE = "Role"
    PROTECTS_DIRECTION = (
        "taking a role away protects; giving one lets a person do more, so another person signs it"
    )
    QUESTIONS = (Question("holders", "people who would hold the role"),)

    def subjects(self, reader: Reader) -> tuple[tuple[str, str], ...]:
        """Return a new person and everybody who is known, by name."""
        return ((NEW, "a new person"), *super().subjects(reader))

    def describe(self, reader: Reader, subject: str) -> tuple[FormField, ...]:
        """Return the form: the role, until when, and whether it is given or ended."""
        until = FormField(
            "until",
            "Until",
            "UTC",
            hint="for example 2026-12-31T18:00; empty for no end",
            wide=True,
        )
        shared = (FormField("role", "Role", choices=roles()), until)
        if subject == NEW:
            hint = "what they sign in with; cannot be changed later"
            name = FormField("name", "Name", hint=hint, wide=True, letters_most=NAME_MOST)
            return (name, *shared)
        return (*shared, FormField("act", "Role is", choices=_ACTS, value="give"))

    def parse(self, form: Mapping[str, str]) -> Fields:
        """Return the wish a form means; raises Unreadable."""
        subject = form.get(self.SUBJECT, NEW)
        name = _new_name(form) if subject == NEW else subject
        person = person_named(name)
        role = form.get("role", "")
        if role not in set(Role):
            raise Unreadable("role", "not one of the roles")
        holds = form.get("act", "give") != "end"
        until = forms.moment(form, "until").isoformat() if form.get("until", "").strip() else None
        return {
            "person": person.pk if person else 0,
            "name": name,
            "role": role,
            "until": until if holds else None,
            "holds": holds,
        }

    def title(self, fields: Fields, reader: Reader) -> str:
        """Return the wish as a heading."""
        role, name = _words(fields["role"]), fields["name"]
        if not fields["holds"]:
            return f"{name} is {role} no longer"
        return f"{name} becomes {role}" + (f" until {fields['until']}" if fields["until"] else "")

    def check(self, fields: Fields, reader: Reader, now: datetime) -> Reason | None:
        """Return the first reason why it cannot be."""
        person = person_named(fields["name"])
        if not is_whom(fields, person):
            return refusals.ANOTHER_PERSON
        if not fields["holds"]:
            held = person is not None and Role(fields["role"]) in roles_of(person)
            return None if held else of_the_engine(engine.NOTHING_TO_CHANGE)
        if person is None and Person.objects.count() >= PEOPLE_MOST:
            return refusals.TOO_MANY_PEOPLE
        return _why_not_given(fields, person, now)

    def before(self, fields: Fields, reader: Reader) -> Fields:
        """Return whether the person holds the role now, and until when."""
        held = _held(fields)
        until = held.until.isoformat() if held and held.until else None
        return fields | {"until": until, "holds": held is not None}

    def undo(self, fields: Fields, reader: Reader) -> Fields:
        """Return the wish that brings back what holds now."""
        before = self.before(fields, reader)
        person = person_named(fields["name"])
        return before | {"person": person.pk if person else 0}

    def reversible(self, fields: Fields, reader: Reader) -> Reversible:
        """Return how far it can be undone: a person who was added stays known."""
        return Reversible.YES if fields["person"] else Reversible.PARTLY

    def difference(self, fields: Fields, reader: Reader) -> tuple[Difference, ...]:
        """Return the role before and after."""
        was, becomes = _told(self.before(fields, reader)), _told(fields)
        name = f"{_words(fields['role'])}, {fields['name']}"
        return (Difference(name, was, becomes, "same" if was == becomes else "changes"),)

    def weight(self, fields: Fields, reader: Reader) -> Weight:
        """Return A for an end that leaves enough others, B for a role that only looks, else C."""
        role, person = Role(fields["role"]), person_named(fields["name"])
        if not fields["holds"]:
            return taking(person, rights_without(person, role) if person else ()) if person else _C
        if RIGHTS[role] & HEAVY:
            return _C
        return Weight("B", ("another person reads it",), Direction.LOOSENS)

    def impact(self, answer: Mapping[str, Any]) -> Counts:
        """Return how many people would hold the role."""
        return {"holders": int(answer["holders"])} if "holders" in answer else {}

    def holds(self, fields: Fields, reader: Reader) -> bool:
        """Tell whether the person holds the role as wished, or holds it no longer."""
        held = _held(fields)
        if not fields["holds"]:
            return held is None
        return held is not None and fields["until"] == (
            held.until.isoformat() if held.until else None
        )


_C: Final = Weight(
    "C", ("the role may see clients, or change or decide something",), Direction.LOOSENS
)


def _new_name(form: Mapping[str, str]) -> str:
    name = form.get("name", "").strip()
    if not name or len(name) > NAME_MOST:
        raise Unreadable("name", f"enter 1 to {NAME_MOST} characters")
    try:
        UnicodeUsernameValidator()(check_text(name))
    except NotPlain as hides:
        raise Unreadable("name", str(hides)) from None
    except ValidationError as fault:
        raise Unreadable("name", " ".join(fault.messages)) from None
    if name == NEW or person_named(name):
        raise Unreadable("name", "a person of this name is known; choose them above")
    return name


def _why_not_given(fields: Fields, person: Person | None, now: datetime) -> Reason | None:
    role = Role(fields["role"])
    until = datetime.fromisoformat(fields["until"]) if fields["until"] else None
    if until is not None and not now < until <= now + FARTHEST:
        return refusals.TIME_IS_TOO_FAR if until > now else refusals.TIME_IS_PAST
    if person is None:
        return None
    if not person.is_active:
        return refusals.PERSON_IS_DISABLED
    if duties_that_meet(roles_of(person, now) | {role}):
        return refusals.DUTIES_MEET
    held = _held(fields)
    return of_the_engine(engine.NOTHING_TO_CHANGE) if held and held.until == until else None


def _held(fields: Fields) -> Grant | None:
    """Return the grant that lasts longest by which a person holds the role now, if they do."""
    person = person_named(fields["name"])
    if person is None or Role(fields["role"]) not in roles_of(person):
        return None
    live = Grant.objects.filter(person=person, role=fields["role"], revoked_at=None)
    now = timezone.now()
    return max(
        (one for one in live if one.until is None or one.until > now),
        key=lambda one: one.until or now + 2 * timedelta(days=36_500),
        default=None,
    )


def _words(role: str) -> str:
    return role.replace("_", " ")


def _told(fields: Fields) -> str:
    if not fields["holds"]:
        return "not held"
    return f"held until {fields['until']}" if fields["until"] else "held"


KIND: Final = RoleOfPerson()
NAME: Final = KIND.NAME
