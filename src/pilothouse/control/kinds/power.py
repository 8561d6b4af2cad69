"""What the kinds have in common that give people powers: for whom, who manages it, how it is said.

The wish is `{"person": number, "name": …}` with what the kind adds; the number is 0 for somebody
who is not known yet. Taking away protects, and one person does it as long as enough others are
left; giving needs another person's signature.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Final

from pilothouse.access.models import Person
from pilothouse.access.rights import people_who_may, roles_of
from pilothouse.access.roles import Right, Role, rights_of
from pilothouse.control import powers
from pilothouse.control.hearers.hearer import Words
from pilothouse.control.kinds.kind import Ceiling, Counts, Direction, Fields, Weight
from pilothouse.control.kinds.registered import Registered
from pilothouse.control.ports import Reader
from pilothouse.control.powers import Give

LEFT_LEAST: Final = 2
"""People who keep a right that one person alone may take from somebody else."""
HEAVY: Final = frozenset({
    Right.SEE_CLIENTS, Right.PROPOSE, Right.SIGN, Right.APPLY, Right.MANAGE_PEOPLE,
    Right.MANAGE_KEYS, Right.ATTEST,
})  # fmt: skip
"""Rights that need the signature of risk or of a manager to be given."""
KEPT: Final = (Right.PROPOSE, Right.SIGN, Right.APPLY, Right.MANAGE_PEOPLE)
"""Rights without which nobody could stop anything, or let anybody in."""


class Power(Registered):
    """A kind whose changes give a person something, or take it away."""

    WORD: ClassVar[type[Words]] = Give
    SUBJECT = "person"
    MANAGED_BY: ClassVar[Right | None] = Right.MANAGE_PEOPLE

    def subjects(self, reader: Reader) -> tuple[tuple[str, str], ...]:
        """Return everybody who is known, by name."""
        people = Person.objects.order_by("username")
        return tuple((one.username, one.username) for one in people)

    def objects(self, fields: Fields) -> tuple[str, ...]:
        """Return what it touches: the one person."""
        return (f"person:{fields['name']}",)

    def base_version(self, fields: Fields, reader: Reader) -> int:
        """Return the version of the person's powers of this kind, 0 for nobody."""
        return powers.version(self.NAME, fields["name"])

    def words(self, fields: Fields, base_version: int, ceiling: Ceiling | None) -> Give:
        """Return what its keeper will hear."""
        return Give(self.NAME, fields["name"], fields, base_version)

    def told(self, event: Mapping[str, Any]) -> Counts:
        """Return nothing: what was given is read back."""
        return {}


def person_named(name: str) -> Person | None:
    """Return a person by name, None if there is none."""
    return Person.objects.filter(username=name).first()


def is_whom(fields: Fields, person: Person | None) -> bool:
    """Tell whether a wish still means the person whom it meant when it was made."""
    return bool(fields["person"] == (person.pk if person else 0))


def taking(person: Person, lost: Collection[Right]) -> Weight:
    """Return the weight of taking rights away: A, or C where too few others would keep one."""
    for right in KEPT:
        if right in lost and _others_who(right, person) < LEFT_LEAST:
            why = f"fewer than {LEFT_LEAST} other people could {right.replace('_', ' ')}"
            return Weight("C", (why,), Direction.PROTECTS)
    return Weight("A", ("it takes a right away, and others keep it",), Direction.PROTECTS)


def _others_who(right: Right, person: Person) -> int:
    return sum(1 for one in people_who_may(right) if one.pk != person.pk)


def rights_without(person: Person, role: Role) -> frozenset[Right]:
    """Return the rights that a person would lose with a role."""
    held = roles_of(person)
    return rights_of(held) - rights_of(held - {role})
