"""Assets as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pilothouse.engine.machine import Machine
from pilothouse.rules.index import count_of, is_live, is_stale, live_sources
from pilothouse.venue.views.texts import text_of


@dataclass(frozen=True)
class AssetView:
    """One asset; its index in 10^-12 dollars for one whole unit, 0 if it has none."""

    number: int
    symbol: str
    display: str
    decimals: int
    collateral: bool
    haircut_ppm: int
    index_e12: int
    index_time: int
    sources_live: int
    """Sources that are live and agree: what the index would be made of now."""
    sources_least: int
    index_is_stale: bool
    """Whether it has expired, or its sources say otherwise at present."""
    index_held_e12: int
    """The price that is held back, 0 if none is."""
    index_held_since: int


@dataclass(frozen=True)
class IndexSourceView:
    """What one source said last of an asset, in 10^-12 dollars, and when (microseconds)."""

    number: int
    price_e12: int
    time: int
    left_out: bool = False
    """Whether it was an outlier, or frozen, when a source last told a price."""

    def is_live(self, now: int) -> bool:
        """Tell whether it is fresh enough for the index at a moment of the exchange's clock."""
        return bool(is_live(self.price_e12, self.time, now))


def asset(machine: Machine, number: int) -> AssetView | None:
    """Return an asset, or None if there is none of this number."""
    if not 1 <= number <= int(machine.state.exchange[0]["assets_used"]):
        return None
    a = machine.state.assets[number]
    symbol = text_of(a, "symbol", 3)
    return AssetView(
        number=number,
        symbol=symbol,
        display=text_of(a, "display", 2) or symbol,
        decimals=int(a["decimals"]),
        collateral=bool(a["collateral"]),
        haircut_ppm=int(a["haircut_ppm"]),
        index_e12=int(a["index_e12"]),
        index_time=int(a["index_time"]),
        sources_live=_sources_live(a, machine.time),
        sources_least=int(a["sources_least"]),
        index_is_stale=bool(is_stale(a["live_until"], a["held_since"], machine.time)),
        index_held_e12=int(a["held_e12"]),
        index_held_since=int(a["held_since"]),
    )


def all_assets(machine: Machine) -> list[AssetView]:
    """Return every asset by its number."""
    count = int(machine.state.exchange[0]["assets_used"])
    made = (asset(machine, number) for number in range(1, count + 1))
    return [one for one in made if one is not None]


def index_sources(machine: Machine, number: int) -> list[IndexSourceView]:
    """Return every source that ever priced an asset, live or not, by its number."""
    a = machine.state.assets[number]
    told = zip(a["source_price_e12"], a["source_time"], strict=True)
    out = int(a["left_out"])
    return [
        IndexSourceView(k + 1, int(p), int(t), bool(out >> k & 1))
        for k, (p, t) in enumerate(told)
        if p > 0
    ]


def _sources_live(a: Any, now: int) -> int:
    live = int(live_sources(a["source_price_e12"], a["source_time"], now))
    return int(count_of(live & ~int(a["left_out"])))
