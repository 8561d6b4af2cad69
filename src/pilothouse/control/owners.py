"""Who can own something: the roles of the team, as a form offers them."""

from __future__ import annotations

from pilothouse.access.rights import roles_held
from pilothouse.access.roles import RIGHTS, Right, Role


def roles() -> tuple[tuple[str, str], ...]:
    """Return the roles with their words."""
    return tuple((one.value, one.value.replace("_", " ")) for one in Role)


def unheld(*wanted: str) -> frozenset[str]:
    """Return those of some roles that nobody who can respond holds now."""
    held = roles_held(Right.RESPOND)
    return frozenset(one for one in wanted if one in set(Role) and one not in held)


def responders() -> tuple[tuple[str, str], ...]:
    """Return the roles whose people may answer alerts, with their words."""
    return tuple(one for one in roles() if Right.RESPOND in RIGHTS[Role(one[0])])
