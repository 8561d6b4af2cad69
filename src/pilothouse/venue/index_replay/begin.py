"""Beginning a replay: the market's asset and sources, asked of a machine, and the scale."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pilothouse.journal.durable import DurableMark
from pilothouse.language.numbers import INDEX_PRICE_MAX_E12
from pilothouse.rules.index import SOURCES_MAX
from pilothouse.venue.follower import Follower
from pilothouse.venue.index_replay import run as files
from pilothouse.venue.index_replay.bars import MINUTE_US, BarFile, part
from pilothouse.venue.index_replay.run import Progress, Run, Wanted
from pilothouse.venue.index_replay.walking import Scale, Way
from pilothouse.venue.views import assets, markets

CATCH_UP_S: Final = 120
LOOK_S: Final = 0.02


class CannotReplay(ValueError):
    """The replay cannot begin; the text says why and what to do. Nothing was sent or written."""


@dataclass(frozen=True)
class Present:
    """What a replay needs of the exchange: the asset under a market, its index, its sources."""

    market: str
    asset: int
    asset_symbol: str
    index_e12: int
    sources: tuple[int, ...]


@dataclass(frozen=True)
class Wish:
    """How a file is to be replayed; times in microseconds since the epoch, speed in 1/1000."""

    file: BarFile
    since_us: int | None = None
    until_us: int | None = None
    instead: bool = False
    as_is: bool = False
    speed_milli: int = files.SPEED_ONE_MILLI


def present_of(home: Path, symbol: str) -> Present:
    """Ask a machine at the journal's durable end about a market; raise CannotReplay."""
    follower = Follower(home, from_snapshot=True)
    follower.start()
    try:
        block = DurableMark(follower.storage).block
        if not _reaches(follower, block):
            raise CannotReplay(
                f"the journal could not be followed: {follower.fault or 'too slow'}"
            )
        with follower.machine() as machine:
            return _look(machine, symbol)
    finally:
        follower.stop()


def begin(home: Path, wish: Wish, present: Present, number: int) -> Run:
    """Write a replay's facts down, ready to be driven; raise CannotReplay. Sends nothing.

    `number` is what the journal gave when the index's door was opened for it.
    """
    bars = part(wish.file, wish.since_us, wish.until_us)
    if not bars:
        raise CannotReplay("no bar of the file lies in that time; see --from and --until")
    scale = Scale() if wish.as_is else Scale(present.index_e12, bars[0].open_e12)
    way = Way(bars, scale)
    lowest, highest = way.span()
    if lowest < 1 or highest > INDEX_PRICE_MAX_E12:
        raise CannotReplay("at that scale a price would leave what an index can have")
    made = Run(
        number=number,
        path=str(wish.file.path.resolve()),
        digest=wish.file.digest,
        market=present.market,
        asset=present.asset,
        asset_symbol=present.asset_symbol,
        sources=_sources(present, wish.instead),
        instead=wish.instead,
        numerator=scale.numerator,
        denominator=scale.denominator,
        since_us=bars[0].began_us,
        until_us=bars[-1].began_us + MINUTE_US,
        steps=way.steps,
        from_index_e12=way.price(0),
        gaps=len(wish.file.gaps),
    )
    files.write(home, Wanted(wish.speed_milli))
    files.write(home, Progress(speed_milli=wish.speed_milli))
    files.write(home, made, durable=True)
    return made


def way_of(run: Run, file: BarFile) -> Way:
    """Return the way of a replay that was begun; raise CannotReplay if its file has changed."""
    if file.digest != run.digest:
        raise CannotReplay(f"{run.path} is not the file any more with which the replay began")
    scale = Scale(run.numerator, run.denominator)
    return Way(part(file, run.since_us, run.until_us), scale)


def _reaches(follower: Follower, block: int) -> bool:
    deadline = time.monotonic() + CATCH_UP_S
    while follower.block < block and not follower.fault and time.monotonic() < deadline:
        time.sleep(LOOK_S)
    return follower.block >= block


def _look(machine: Any, symbol: str) -> Present:
    all_markets = markets.all_markets(machine)
    found = next((one for one in all_markets if one.symbol == symbol), None)
    if found is None:
        known = ", ".join(one.symbol for one in all_markets if one.tradeable)
        raise CannotReplay(f"there is no market {symbol}; there are {known}")
    asset = assets.asset(machine, found.base)
    assert asset is not None
    if asset.index_e12 <= 0:
        raise CannotReplay(f"{asset.symbol} has no index yet: use --as-is once a source told one")
    told = tuple(one.number for one in assets.index_sources(machine, asset.number))
    return Present(symbol, asset.number, asset.symbol, asset.index_e12, told)


def _sources(present: Present, instead: bool) -> tuple[int, ...]:
    if instead:
        return present.sources
    free = [one for one in range(1, SOURCES_MAX + 1) if one not in present.sources]
    if not free:
        raise CannotReplay(f"{present.asset_symbol} has all its sources already; use --instead")
    return (free[0],)
