"""People, an exchange of one page, and wishes in business words."""

from datetime import UTC, datetime

import pytest

from pilothouse.access.models import Person
from pilothouse.access.rights import grant
from pilothouse.access.roles import Role
from pilothouse.control import approve, ports, preview, propose
from tests.control.doubles import PERPETUAL, Exchange

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def wish(initial_percent, maintenance_percent, **scope):
    """The first tier as given, the second at twice as much; for everyone."""
    initial_ppm, maintenance_ppm = int(initial_percent * 10_000), int(maintenance_percent * 10_000)
    tiers = [
        {"floor_usd": floor, "initial_ppm": times * initial_ppm, "maintenance_ppm": times * rest}
        for floor, times, rest in ((0, 1, maintenance_ppm), (500_000, 2, maintenance_ppm))
    ]
    fields = {"market": PERPETUAL, "client_class": 0, "jurisdiction": 0, "opened_from": 0}
    return fields | {"tiers": tiers} | scope


class Team:
    def __init__(self):
        for role in ("operator", "risk", "manager", "auditor", "viewer"):
            person = Person.objects.create_user(role)
            grant(person, Role(role), now=datetime(2026, 1, 1, tzinfo=UTC))
            setattr(self, role, person)


@pytest.fixture
def team(db):
    return Team()


@pytest.fixture
def exchange():
    made = Exchange()
    ports.connect(made, made, made, made)
    yield made
    ports.disconnect()


@pytest.fixture
def raise_margin(team, exchange):
    """Proposed: initial 2 to 4 %, maintenance 1 to 2 %."""

    def propose_it(fields=None, now=NOON, **rest):
        fields = fields or wish(4, 2)
        return propose.propose(
            "margin_schedule", fields, by=team.operator, why="volatility", now=now, **rest
        )

    return propose_it


@pytest.fixture
def previewed(team, raise_margin):
    def preview_it(**rest):
        change = raise_margin(**rest)
        return preview.first(change, by=team.operator, now=rest.get("now", NOON))

    return preview_it


@pytest.fixture
def approved(team, previewed):
    def approve_it(**rest):
        change = previewed(**rest)
        now = rest.get("now", NOON)
        return approve.approve(change, change.fingerprint, by=team.risk, now=now)

    return approve_it
