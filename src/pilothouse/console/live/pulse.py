"""A pulse: what the control room shows of the exchange at one position, all integers."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from pilothouse.console.live.usual import Usual
from pilothouse.console.pages.control_room.exceptions import NamedMarket, named_market
from pilothouse.language.kinds import MarketKind
from pilothouse.language.numbers import MARK_DECIMALS, MICRO_USD
from pilothouse.venue.views import assets, insurance, margin, markets
from pilothouse.venue.views.margin import HealthView
from pilothouse.venue.views.markets import MarketView

HEALTH_EVERY: Final = 5
"""Pulses between two counts of all accounts; a count is a pass over every account."""


@dataclass(frozen=True)
class ContractHealth:
    """The margin health of the accounts that hold one contract."""

    market: MarketView
    health: HealthView


@dataclass(frozen=True)
class Pulse:
    """One pulse. `number` counts pulses of this process; `taken_at` is this machine's clock."""

    number: int
    position: int
    time: int
    taken_at: int
    commands_per_second: int
    named: tuple[NamedMarket, ...]
    quiet: tuple[MarketView, ...]
    not_tradeable: int
    health: HealthView
    contracts: tuple[ContractHealth, ...]
    open_interest_micro_usd: int
    insurance_micro_usd: int


class PulseTaker:
    """Takes pulses, and remembers between them what is usual and how far the journal was."""

    def __init__(self) -> None:
        self._usual: dict[int, Usual] = defaultdict(Usual)
        self._last: Pulse | None = None
        self._health: HealthView | None = None
        self._contracts: tuple[ContractHealth, ...] = ()
        self._below: dict[int, int] = {}

    def take(self, machine: Any) -> Pulse:
        """Return the pulse of a machine that stands between two blocks."""
        number = self._last.number + 1 if self._last else 1
        seen = markets.all_markets(machine)
        trading = [market for market in seen if market.tradeable]
        perpetuals = [one for one in trading if one.kind == MarketKind.PERPETUAL_LINEAR]
        if self._health is None or number % HEALTH_EVERY == 0:
            self._count(machine, perpetuals)
        named = [self._name(machine, market) for market in trading]
        self._last = self._pulse(machine, number, seen, named, perpetuals)
        return self._last

    def _count(self, machine: Any, perpetuals: list[MarketView]) -> None:
        self._health = margin.health(machine)
        self._contracts = tuple(
            ContractHealth(one, margin.health_of_contract(machine, one.number))
            for one in perpetuals
            if one.open_interest
        )
        self._below = {one.market.number: one.health.below_maintenance for one in self._contracts}

    def _name(self, machine: Any, market: MarketView) -> NamedMarket:
        usual = self._usual[market.number]
        base = assets.asset(machine, market.base)
        sources_live = base.sources_live if base else 0
        usual.see(market, sources_live)
        pool = None
        if market.kind == MarketKind.PERPETUAL_LINEAR:
            pool = insurance.pool(machine, market.number)
        below = self._below.get(market.number, 0)
        return named_market(market, usual, sources_live, below, pool)

    def _pulse(
        self,
        machine: Any,
        number: int,
        seen: list[MarketView],
        named: list[NamedMarket],
        perpetuals: list[MarketView],
    ) -> Pulse:
        assert self._health is not None
        loud = sorted((one for one in named if one.reasons), key=lambda one: -one.weight)
        taken_at = time.time_ns() // 1_000
        return Pulse(
            number=number,
            position=machine.position,
            time=machine.time,
            taken_at=taken_at,
            commands_per_second=self._rate(machine.position, taken_at),
            named=tuple(loud),
            quiet=tuple(one.market for one in named if not one.reasons),
            not_tradeable=sum(1 for market in seen if not market.tradeable),
            health=self._health,
            contracts=self._contracts,
            open_interest_micro_usd=sum(notional(one, one.open_interest) for one in perpetuals),
            insurance_micro_usd=_insurance(machine, perpetuals),
        )

    def _rate(self, position: int, taken_at: int) -> int:
        if self._last is None or taken_at <= self._last.taken_at:
            return 0
        passed = taken_at - self._last.taken_at
        return (position - self._last.position) * 1_000_000 // passed


def notional(market: MarketView, quantity: int) -> int:
    """Return the value of a quantity of a contract at its mark, micro-dollars, cut to zero."""
    scale: int = 10 ** (market.quantity_decimals + market.price_decimals + MARK_DECIMALS)
    value = abs(quantity) * market.mark * MICRO_USD // scale
    return value if quantity >= 0 else -value


def _insurance(machine: Any, perpetuals: list[MarketView]) -> int:
    """Return what all insurance pools hold; contracts that share a pool count it once."""
    pools = {one.insurance_account: one.number for one in perpetuals}
    return sum(insurance.pool(machine, number) for number in pools.values())
