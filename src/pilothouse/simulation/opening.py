"""The opening of the demonstration: accounts, money, books, and positions under some strain.

The holders enter in two waves with a move of the index between them, so that from the first minute
some of them stand between maintenance and initial margin.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pilothouse.language.kinds import Side
from pilothouse.language.schema import Command
from pilothouse.simulation import genesis, markets
from pilothouse.simulation.crowd import Crowd
from pilothouse.simulation.grid import Grid
from pilothouse.simulation.population import Holder, fund_futures, opening

QUOTES: Final = 100
"""Quotes in each book when trading opens."""
FRESH_QUOTES: Final = 40
"""Quotes that come to each contract's book while holders enter."""
ENTERING: Final = 40
FALL_PPM: Final = -8_000
RISE_PPM: Final = 3_000
COLLATERAL_IN: Final = 8
"""One client in so many holds bitcoin as collateral too."""


def stages(crowd: Crowd) -> Iterator[list[Command]]:
    """Yield the opening of a founded exchange in stages; each is answered before the next."""
    yield genesis.furnish()
    yield list(crowd.prices.all())
    yield opening(crowd.population, shares())
    yield _bitcoin_collateral(crowd)
    yield _quotes(crowd, crowd.grids, QUOTES)
    yield from _wave(crowd, Side.BUY, FALL_PPM)
    yield from _wave(crowd, Side.SELL, RISE_PPM)


def shares() -> dict[str, int]:
    """Return how many base units of each asset one dollar of spot wealth brings, all equal."""
    count = len(markets.ASSETS)
    return {one.symbol: _units_of_a_dollar(one) // count for one in markets.ASSETS}


def _units_of_a_dollar(one: markets.Asset) -> int:
    price = genesis.parse_decimal(one.dollars, 12)
    return 10 ** (one.decimals + 12) // price


def _bitcoin_collateral(crowd: Crowd) -> list[Command]:
    bitcoin = markets.asset_number("XXBT")
    unit = _units_of_a_dollar(markets.asset("XXBT"))
    clients = list(crowd.population.clients())[::COLLATERAL_IN]
    return [
        made
        for one in clients
        for made in fund_futures(one.account, unit * (one.futures_usd // 10 + 1), bitcoin)
    ]


def _quotes(crowd: Crowd, grids: Sequence[Grid], count: int) -> list[Command]:
    return [crowd.makers.quote(one, crowd.prices) for one in grids for _ in range(count)]


def _wave(crowd: Crowd, side: Side, move_ppm: int) -> Iterator[list[Command]]:
    """Let the holders of one side enter, in parts with fresh quotes between; then move prices."""
    waiting = [one for one in crowd.population.holders if one.side == side]
    contracts = [one for one in crowd.grids if one.is_contract]
    for k in range(0, len(waiting), ENTERING):
        yield _entries(crowd, waiting[k : k + ENTERING])
        yield _quotes(crowd, contracts, FRESH_QUOTES)
    for walk in crowd.prices.walks.values():
        walk.move(move_ppm)
    yield [*crowd.makers.withdraw(), *crowd.prices.all()]
    yield _quotes(crowd, crowd.grids, QUOTES)


def _entries(crowd: Crowd, entering: Sequence[Holder]) -> list[Command]:
    return [crowd.holders.enter(one, crowd.prices, one.leverage_tenths) for one in entering]
