"""Sign-in: whether a person may come in, and a reset of their password and second factors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pilothouse.access.rights import roles_of
from pilothouse.access.roles import rights_of
from pilothouse.control import powers, refusals
from pilothouse.control.kinds.kind import (
    Difference,
    Direction,
    Fields,
    FormField,
    Reversible,
    Unreadable,
    Weight,
)
from pilothouse.control.kinds.power import Power, is_whom, person_named, taking
from pilothouse.control.ports import Reader
from pilothouse.control.powers.access import Access
from pilothouse.control.refusals import Reason, of_the_engine
from pilothouse.language import refusals as engine

_CHOICES: Final = (
    (Access.DISABLED.value, "disabled: all sessions end, nobody signs in by this name"),
    (Access.ACTIVE.value, "active"),
    (Access.RESET.value, "reset: password and second factors are removed, sessions end"),
)


class SignIn(Power):
    """The kind."""

    NAME = "sign_in"
    TITLE = "Sign-in"
    PROTECTS_DIRECTION = (
        "keeping a person out protects; letting one in, or resetting how they sign in, can let "
        "somebody else in, so another person signs it"
    )

    def describe(self, reader: Reader, subject: str) -> tuple[FormField, ...]:
        """Return the form: what becomes of the person's way in."""
        person = person_named(subject)
        value = Access.ACTIVE if person is None or person.is_active else Access.DISABLED
        return (FormField("access", "Access", choices=_CHOICES, value=value),)

    def parse(self, form: Mapping[str, str]) -> Fields:
        """Return the wish a form means; raises Unreadable."""
        person = person_named(form.get(self.SUBJECT, ""))
        if person is None:
            raise Unreadable(self.SUBJECT, "nobody is known by this name")
        if form.get("access") not in set(Access):
            raise Unreadable("access", "not one of the choices")
        becomes = powers.version(self.NAME, person.username) + 1
        return {
            "person": person.pk,
            "name": person.username,
            "access": form["access"],
            "becomes": becomes,
        }

    def title(self, fields: Fields, reader: Reader) -> str:
        """Return the wish as a heading."""
        return f"{self.TITLE} of {fields['name']}: {fields['access']}"

    def check(self, fields: Fields, reader: Reader, now: datetime) -> Reason | None:
        """Return the first reason why it cannot be."""
        person = person_named(fields["name"])
        if person is None or not is_whom(fields, person):
            return refusals.ANOTHER_PERSON
        if fields["access"] == Access.RESET:
            return None if person.is_active else refusals.PERSON_IS_DISABLED
        same = person.is_active == (fields["access"] == Access.ACTIVE)
        return of_the_engine(engine.NOTHING_TO_CHANGE) if same else None

    def before(self, fields: Fields, reader: Reader) -> Fields:
        """Return whether the person may come in now."""
        person = person_named(fields["name"])
        held = Access.ACTIVE if person and person.is_active else Access.DISABLED
        return fields | {"access": held.value}

    def reversible(self, fields: Fields, reader: Reader) -> Reversible:
        """Return that a reset cannot be undone: a password is known to nobody else."""
        return Reversible.NO if fields["access"] == Access.RESET else Reversible.YES

    def difference(self, fields: Fields, reader: Reader) -> tuple[Difference, ...]:
        """Return the access before and after."""
        was = self.before(fields, reader)["access"]
        return (Difference(f"access of {fields['name']}", was, fields["access"], "changes"),)

    def weight(self, fields: Fields, reader: Reader) -> Weight:
        """Return A for keeping a person out if enough others are left, else C."""
        person = person_named(fields["name"])
        if fields["access"] == Access.DISABLED and person is not None:
            return taking(person, rights_of(roles_of(person)))
        return Weight("C", ("somebody else could come in by it",), Direction.LOOSENS)

    def holds(self, fields: Fields, reader: Reader) -> bool:
        """Tell whether it is so now; a reset holds once it was made."""
        person = person_named(fields["name"])
        if person is None:
            return False
        if fields["access"] == Access.RESET:
            return bool(powers.version(self.NAME, person.username) >= fields["becomes"])
        return bool(person.is_active == (fields["access"] == Access.ACTIVE))

    def impact(self, answer: Mapping[str, Any]) -> dict[str, int]:
        """Return nothing: it counts nobody."""
        return {}


KIND: Final = SignIn()
NAME: Final = KIND.NAME
