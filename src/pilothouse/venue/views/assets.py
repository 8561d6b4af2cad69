"""Assets as they are now."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.engine.machine import Machine
from pilothouse.rules.index import STALE_AFTER_US
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


@dataclass(frozen=True)
class IndexSourceView:
    """What one source said last of an asset, in 10^-12 dollars, and when (microseconds)."""

    number: int
    price_e12: int
    time: int

    def is_live(self, now: int) -> bool:
        """Tell whether the index counts it at a moment of the exchange's clock."""
        return now - self.time <= STALE_AFTER_US


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
        sources_live=int(a["sources_live"]),
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
    return [IndexSourceView(k + 1, int(p), int(t)) for k, (p, t) in enumerate(told) if p > 0]
