"""Reads through the follower's machine: the venue's views, each true of one position."""

from __future__ import annotations

from collections.abc import Sequence

from pilothouse.control.ports import Follower, MarketFacts, ScheduleFacts
from pilothouse.venue.views import assets as asset_views
from pilothouse.venue.views import margin as margin_views
from pilothouse.venue.views import markets as market_views
from pilothouse.venue.views import names as name_views


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

    def time(self) -> int:
        """Return the time of the last block, microseconds since the epoch."""
        return self.follower.time

    def sources_live(self, market: int) -> int:
        """Return how many sources of the index of a market's base asset are live."""
        with self.follower.machine() as machine:
            traded = market_views.market(machine, market)
            base = asset_views.asset(machine, traded.base) if traded else None
            return base.sources_live if base else 0

    def highest_number(self, sender: int) -> int:
        """Return the highest number among the names a sender used and the exchange remembers."""
        with self.follower.machine() as machine:
            return name_views.highest_number(machine, sender)

    def accounts_waiting(self, market: int) -> int:
        """Return how many holders of a contract are in the equity protection process."""
        with self.follower.machine() as machine:
            return margin_views.health_of_contract(machine, market).in_protection

    def below_maintenance(self, market: int) -> int:
        """Return how many accounts with a position in a contract are below maintenance."""
        with self.follower.machine() as machine:
            return margin_views.health_of_contract(machine, market).below_maintenance
