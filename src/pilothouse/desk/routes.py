"""Routes: which targets a notice goes to, by its severity and the role it belongs to."""

from __future__ import annotations

from typing import Any

from pilothouse.control import register
from pilothouse.control.kinds import notice_route
from pilothouse.desk.models import Target


def targets_for(severity: str, owner: str) -> list[str]:
    """Return the keys of the targets that the routes name, each once."""
    routes = [one.body for one in register.entries(notice_route.NAME)]
    fitting = [one["target"] for one in routes if notice_route.fits(one, severity, owner)]
    return list(dict.fromkeys(fitting))


def trial(key: str, body: register.Body | None) -> dict[str, Any]:
    """Return, for the preview of a route, whether its target has an address: 1, else 0."""
    wanted = body["target"] if body else ""
    return {"targets_set": Target.objects.filter(key=wanted).count()}
