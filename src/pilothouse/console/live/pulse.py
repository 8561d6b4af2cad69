"""A pulse: what the control room shows of the last reading of the markets, all integers."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.venue.views.margin import HealthView
from pilothouse.venue.views.markets import MarketView
from pilothouse.watch.measuring import notional
from pilothouse.watch.reasons import NamedMarket
from pilothouse.watch.taking import Reading


@dataclass(frozen=True)
class ContractHealth:
    """The margin health of the accounts that hold one contract."""

    market: MarketView
    health: HealthView


@dataclass(frozen=True)
class Pulse:
    """One pulse. `number` counts readings of this process; `taken_at` is this machine's clock."""

    number: int
    position: int
    time: int
    taken_at: int
    commands_per_second: int
    named: tuple[NamedMarket, ...]
    quiet: tuple[NamedMarket, ...]
    not_tradeable: int
    health: HealthView
    contracts: tuple[ContractHealth, ...]
    open_interest_micro_usd: int
    insurance_micro_usd: int

    @property
    def markets(self) -> list[MarketView]:
        """Return every market that trades, the unusual first."""
        return [one.market for one in (*self.named, *self.quiet)]


def pulse_of(reading: Reading, named: tuple[NamedMarket, ...], before: Pulse | None) -> Pulse:
    """Return the pulse of a reading, whose markets were named; `before` tells the rate."""
    loud = sorted((one for one in named if one.reasons), key=lambda one: -one.weight)
    contracts = [one for one in reading.markets if one.is_contract]
    return Pulse(
        number=reading.number,
        position=reading.position,
        time=reading.time,
        taken_at=reading.taken_us,
        commands_per_second=_rate(reading, before),
        named=tuple(loud),
        quiet=tuple(sorted((one for one in named if not one.reasons), key=_calm)),
        not_tradeable=reading.not_tradeable,
        health=reading.health,
        contracts=tuple(
            ContractHealth(one.market, one.health) for one in contracts if one.health is not None
        ),
        open_interest_micro_usd=sum(
            notional(one.market, one.market.open_interest) for one in contracts
        ),
        insurance_micro_usd=reading.insurance_micro_usd,
    )


def _calm(one: NamedMarket) -> tuple[int, int]:
    # The farthest from its own normal first, then the largest.
    return -(one.distance_ppm or 0), -(one.open_interest_micro_usd or 0)


def _rate(reading: Reading, before: Pulse | None) -> int:
    if before is None or reading.taken_us <= before.taken_at:
        return 0
    passed = reading.taken_us - before.taken_at
    return (reading.position - before.position) * 1_000_000 // passed
