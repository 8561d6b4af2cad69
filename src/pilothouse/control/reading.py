"""Reads through the follower's machine: the venue's views, each true of one position."""

from __future__ import annotations

from collections.abc import Sequence

from pilothouse.control.ports import Follower, MarketFacts, ScheduleFacts
from pilothouse.venue.views import margin as margin_views
from pilothouse.venue.views import markets as market_views


class VenueReader:
    """The reader of a running exchange."""

    def __init__(self, follower: Follower) -> None:
        self.follower = follower

    def markets(self) -> Sequence[MarketFacts]:
        """Return every market."""
        with self.follower.machine() as machine:
            return market_views.all_markets(machine)

    def market(self, number: int) -> MarketFacts | None:
        """Return one market."""
        with self.follower.machine() as machine:
            return market_views.market(machine, number)

    def schedules(self, market: int) -> Sequence[ScheduleFacts]:
        """Return the margin schedules of a contract."""
        with self.follower.machine() as machine:
            return margin_views.schedules(machine, market)

    def below_maintenance(self, market: int) -> int:
        """Return how many accounts with a position in a contract are below maintenance."""
        with self.follower.machine() as machine:
            return margin_views.health_of_contract(machine, market).below_maintenance
