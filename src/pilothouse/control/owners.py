"""Who can own something: the roles of the team, as a form offers them."""

from __future__ import annotations

from pilothouse.access.roles import Role


def roles() -> tuple[tuple[str, str], ...]:
    """Return the roles with their words."""
    return tuple((one.value, one.value.replace("_", " ")) for one in Role)
