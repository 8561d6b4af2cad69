"""What the demonstration exchange trades: assets, fees, eight spot pairs, four perpetuals.

Grids, minimums, fees and margin tiers are of the size that real venues use for the same pairs. All
figures are decimal strings here and become integers where commands are made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Tier = tuple[int, str, str]
"""From which dollars on; then maker and taker, or initial and maintenance, in percent."""


@dataclass(frozen=True)
class Asset:
    """An asset: its names, its unit, what the futures wallet counts of it, its first price."""

    symbol: str
    display: str
    decimals: int
    dollars: str
    haircut_percent: str | None = None


@dataclass(frozen=True)
class Spot:
    """A spot pair and its grid."""

    symbol: str
    altname: str
    wsname: str
    base: str
    quote: str
    price_decimals: int
    quantity_min: str
    leverage: tuple[int, ...] = ()
    cost_min: str = "0.5"


@dataclass(frozen=True)
class Perpetual:
    """A linear perpetual and its grid. A trade precision of -3 means lots of a thousand."""

    symbol: str
    base: str
    tick: str
    trade_precision: int
    position_max: str
    tiers: tuple[Tier, ...]


ASSETS: Final = (
    Asset("ZUSD", "USD", 6, "1", "0"),
    Asset("XXBT", "BTC", 8, "62500", "2"),
    Asset("XETH", "ETH", 8, "3120", "4"),
    Asset("SOL", "SOL", 8, "146", "10"),
    Asset("XXRP", "XRP", 8, "0.61", "15"),
    Asset("ADA", "ADA", 8, "0.42"),
    Asset("DOT", "DOT", 8, "5.9"),
    Asset("XLTC", "LTC", 8, "84"),
    Asset("ZEUR", "EUR", 6, "1.08", "1"),
)

SPOT: Final = (
    Spot("XXBTZUSD", "XBTUSD", "XBT/USD", "XXBT", "ZUSD", 1, "0.0001", (2, 3, 4, 5)),
    Spot("XETHZUSD", "ETHUSD", "ETH/USD", "XETH", "ZUSD", 2, "0.002", (2, 3, 4, 5)),
    Spot("SOLUSD", "SOLUSD", "SOL/USD", "SOL", "ZUSD", 2, "0.02", (2, 3)),
    Spot("XXRPZUSD", "XRPUSD", "XRP/USD", "XXRP", "ZUSD", 5, "2", (2, 3, 4, 5)),
    Spot("ADAUSD", "ADAUSD", "ADA/USD", "ADA", "ZUSD", 6, "4.4", (2, 3)),
    Spot("DOTUSD", "DOTUSD", "DOT/USD", "DOT", "ZUSD", 4, "0.6", (2, 3)),
    Spot("XLTCZUSD", "LTCUSD", "LTC/USD", "XLTC", "ZUSD", 2, "0.05", (2, 3)),
    Spot("XXBTZEUR", "XBTEUR", "XBT/EUR", "XXBT", "ZEUR", 1, "0.0001", (2, 3, 4, 5)),
)

LARGE: Final[tuple[Tier, ...]] = (
    (0, "2", "1"),
    (500_000, "4", "2"),
    (2_000_000, "10", "5"),
    (5_000_000, "20", "10"),
    (10_000_000, "30", "15"),
    (30_000_000, "50", "25"),
)
MIDDLE: Final[tuple[Tier, ...]] = (
    (0, "2", "1"),
    (250_000, "4", "2"),
    (1_000_000, "10", "5"),
    (3_000_000, "20", "10"),
    (8_000_000, "50", "25"),
)

PERPETUALS: Final = (
    Perpetual("PF_XBTUSD", "XXBT", "1", 4, "1200", LARGE),
    Perpetual("PF_ETHUSD", "XETH", "0.1", 3, "16000", LARGE),
    Perpetual("PF_SOLUSD", "SOL", "0.01", 2, "250000", MIDDLE),
    Perpetual("PF_XRPUSD", "XXRP", "0.00001", 0, "30000000", MIDDLE),
)
DATED: Final = "FI_XBTUSD_271231"
DATED_LAST_TRADING: Final = "2027-12-31T16:00:00.000Z"
FUNDING_COEFFICIENT: Final = 24
FUNDING_RATE_MAX: Final = "0.0025"

SPOT_FEES: Final[tuple[Tier, ...]] = (
    (0, "0.25", "0.40"),
    (10_000, "0.20", "0.35"),
    (50_000, "0.14", "0.24"),
    (100_000, "0.12", "0.22"),
    (250_000, "0.10", "0.20"),
    (500_000, "0.08", "0.18"),
    (1_000_000, "0.06", "0.16"),
    (2_500_000, "0.04", "0.14"),
    (5_000_000, "0.02", "0.12"),
    (10_000_000, "0", "0.10"),
    (100_000_000, "0", "0.08"),
    (500_000_000, "0", "0.05"),
)
FUTURES_FEES: Final[tuple[Tier, ...]] = (
    (0, "0.02", "0.05"),
    (100_000, "0.015", "0.04"),
    (1_000_000, "0.0125", "0.03"),
    (5_000_000, "0.01", "0.025"),
    (10_000_000, "0.0075", "0.02"),
    (20_000_000, "0.005", "0.015"),
    (50_000_000, "0.0025", "0.0125"),
    (100_000_000, "0", "0.01"),
)


def asset_number(symbol: str) -> int:
    """Return the number the engine gives an asset: its place in `ASSETS`, from one."""
    return next(k + 1 for k, one in enumerate(ASSETS) if one.symbol == symbol)


def asset(symbol: str) -> Asset:
    """Return the facts of an asset."""
    return ASSETS[asset_number(symbol) - 1]
