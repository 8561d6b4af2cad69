"""A reading: what the watch takes of the replica each second. The machine is held for moments.

Views and copies of columns are taken together, so they are true of one position; each count of
accounts is a pass of its own, and between two passes the journal goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Final

from pilothouse.language.kinds import MarketKind
from pilothouse.language.numbers import E12, HOUR_US
from pilothouse.venue.clock import wall_clock_us
from pilothouse.venue.views import (
    accounts,
    assets,
    capacity,
    depth,
    insurance,
    margin,
    markets,
)
from pilothouse.venue.views.assets import IndexSourceView
from pilothouse.venue.views.capacity import TableView
from pilothouse.venue.views.depth import NearView
from pilothouse.venue.views.margin import HealthView
from pilothouse.venue.views.markets import MarketView

DEPTH_WITHIN_PPM: Final = 10_000
"""Depth is what rests within 1 % of the middle."""
COUNTED_EACH_TIME: Final = 50_000
"""Up to how many accounts everyone is counted at every reading; above, at every fifth."""
COUNT_EVERY: Final = 5
OFF_AFTER_US: Final = HOUR_US
"""A source that was silent for longer is off: it is late no more, it is gone."""

Clock = Callable[[], int]
Lend = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True)
class MarketReading:
    """One market that trades, with the sources of its index that are not off.

    `health` and `pool` are a contract's; None where there is none.
    """

    market: MarketView
    near: NearView | None
    sources: tuple[IndexSourceView, ...]
    quote_usd_e12: int
    """What one whole unit of the quote asset is worth in 10^-12 dollars; 0 if nobody knows."""
    pool: int | None
    health: HealthView | None
    index_time: int = 0
    """When sources that agree last renewed its index, 0 if they never did."""

    @property
    def is_contract(self) -> bool:
        """Tell whether it is a perpetual."""
        return self.market.kind == MarketKind.PERPETUAL_LINEAR


@dataclass(frozen=True)
class Reading:
    """One reading. `time` is the exchange's clock, `taken_us` this machine's."""

    number: int
    position: int
    time: int
    taken_us: int
    markets: tuple[MarketReading, ...]
    not_tradeable: int
    health: HealthView
    insurance_micro_usd: int
    tables: tuple[TableView, ...]
    most_orders: int
    most_requests: int
    clock_is_held: bool = False
    house: Mapping[str, int] = field(default_factory=dict)
    """What is measured of the machine it runs on and of its parts, by the measures' names."""


class Taker:
    """Takes readings, and remembers the counts of accounts between them."""

    def __init__(
        self,
        wall: Clock = wall_clock_us,
        is_held: Callable[[], bool] = lambda: False,
        house: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        self._wall, self._number, self._is_held, self._house = wall, 0, is_held, house
        self._health: dict[int, HealthView] = {}

    def take(self, lend: Lend) -> Reading:
        """Return a reading of the machine that `lend` lends."""
        self._number += 1
        with lend() as machine:
            seen = markets.all_markets(machine)
            position, at_us = machine.position, machine.time
            columns = depth.level_columns(machine)
            listed = assets.all_assets(machine)
            worth = {one.number: one.index_e12 for one in listed}
            index_times = {one.number: one.index_time for one in listed}
            worth[int(machine.state.exchange[0]["dollar"])] = E12
            sources = {one.base: _sources(machine, one.base) for one in seen}
            pools = {one.number: _pool(machine, one) for one in seen}
            tables, most_orders = capacity.tables(machine), capacity.most_orders(machine)
            most_requests = capacity.most_requests(machine)
            counted = self._is_counted(accounts.account_count(machine))
        trading = [one for one in seen if one.tradeable]
        near = depth.near(columns, trading, DEPTH_WITHIN_PPM)
        if counted:
            self._count(lend, trading)
        made = tuple(
            MarketReading(
                one,
                near.get(one.number),
                sources[one.base],
                worth.get(one.quote, 0),
                pools[one.number],
                self._health.get(one.number),
                index_times.get(one.base, 0),
            )
            for one in trading
        )
        return Reading(
            number=self._number,
            position=position,
            time=at_us,
            taken_us=self._wall(),
            markets=made,
            not_tradeable=len(seen) - len(trading),
            health=self._health[0],
            insurance_micro_usd=_together(made),
            clock_is_held=self._is_held(),
            tables=tables,
            most_orders=most_orders,
            most_requests=most_requests,
            house=self._house(),
        )

    def _is_counted(self, accounts_used: int) -> bool:
        few = accounts_used <= COUNTED_EACH_TIME
        return few or self._number % COUNT_EVERY == 1 or not self._health

    def _count(self, lend: Lend, trading: list[MarketView]) -> None:
        contracts = [one for one in trading if one.kind == MarketKind.PERPETUAL_LINEAR]
        for number in (0, *(one.number for one in contracts if one.open_interest)):
            with lend() as machine:
                self._health[number] = margin.health_of_contract(machine, number)
        for one in contracts:
            if not one.open_interest:
                self._health.pop(one.number, None)


def _sources(machine: Any, asset: int) -> tuple[IndexSourceView, ...]:
    told = assets.index_sources(machine, asset)
    return tuple(one for one in told if machine.time - one.time <= OFF_AFTER_US)


def _pool(machine: Any, market: MarketView) -> int | None:
    if market.kind != MarketKind.PERPETUAL_LINEAR:
        return None
    return insurance.pool(machine, market.number)


def _together(made: tuple[MarketReading, ...]) -> int:
    # Contracts that share a pool count it once.
    pools = {one.market.insurance_account: one.pool or 0 for one in made if one.is_contract}
    return sum(pools.values())
