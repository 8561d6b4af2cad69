"""Who can own something: the roles of the team, as a form offers them."""

from __future__ import annotations

from pilothouse.access.roles import RIGHTS, Right, Role


def roles() -> tuple[tuple[str, str], ...]:
    """Return the roles with their words."""
    return tuple((one.value, one.value.replace("_", " ")) for one in Role)


def responders() -> tuple[tuple[str, str], ...]:
    """Return the roles whose people may answer alerts, with their words."""
    return tuple(one for one in roles() if Right.RESPOND in RIGHTS[Role(one[0])])
