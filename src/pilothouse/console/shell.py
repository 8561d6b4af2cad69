"""What the frame around every page shows: environment, person, vitals, contracts, theme."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from pilothouse.access.rights import roles_of
from pilothouse.console.exchange import standstill
from pilothouse.console.live.alerts import newest_alert, open_count, untaken_count
from pilothouse.console.live.pulse import Pulse
from pilothouse.console.live.ticker import latest
from pilothouse.console.pages.replay import view as replay
from pilothouse.console.pages.theme.view import theme_of
from pilothouse.console.readiness import unwatched
from pilothouse.console.rights import person_of
from pilothouse.desk.inbox import lines
from pilothouse.desk.models import Incident
from pilothouse.desk.moves import ACTIVE
from pilothouse.language.kinds import MarketKind
from pilothouse.venue.clock import wall_clock_us

CONTRACTS_MOST: Final = 8


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's facts (a context processor)."""
    facts: dict[str, Any] = {
        "environment": settings.PILOTHOUSE_ENVIRONMENT,
        "theme": theme_of(request),
        "drawn_at": wall_clock_us(),
    }
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return facts
    person = person_of(request)
    pulse, newest = latest(), newest_alert()
    return facts | {
        "pulse": pulse,
        "standstill": standstill(),
        "unwatched": unwatched(),
        "frame_replay": replay.on(),
        "frame_contracts": _contracts(pulse),
        "person_name": str(person),
        "person_initials": str(person)[:2].upper(),
        "person_roles": ", ".join(sorted(role.replace("_", " ") for role in roles_of(person))),
        "inbox_count": len(lines(person, timezone.now())),
        "alerts_open": open_count(),
        "alerts_untaken": untaken_count(),
        "alert_newest": newest.pk if newest else 0,
        "incidents_active": Incident.objects.filter(state__in=ACTIVE).count(),
    }


def _contracts(pulse: Pulse | None) -> list[Any]:
    if pulse is None:
        return []
    contracts = [one for one in pulse.markets if one.kind == MarketKind.PERPETUAL_LINEAR]
    return sorted(contracts, key=lambda one: one.symbol)[:CONTRACTS_MOST]
