"""Routes: which targets a notice goes to, by its severity and the role it belongs to."""

from __future__ import annotations

from pilothouse.control import register
from pilothouse.control.kinds import notice_route


def targets_for(severity: str, owner: str) -> list[str]:
    """Return the keys of the targets that the routes name, each once."""
    routes = [one.body for one in register.entries(notice_route.NAME)]
    fitting = [one["target"] for one in routes if notice_route.fits(one, severity, owner)]
    return list(dict.fromkeys(fitting))
