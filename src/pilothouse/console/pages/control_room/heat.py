"""The heat map of margin health: rows of contracts, columns of bands, in integers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pilothouse.console.charts.labels import lower_edge

if TYPE_CHECKING:
    from pilothouse.console.live.pulse import Pulse
    from pilothouse.venue.views.margin import HealthView

Band = tuple[str, int, int]
"""A band's label, its accounts, their notional in micro-dollars."""
BANDS_MAX: Final = 7
"""Columns of the map; what is farther from liquidation is one column."""
LINES_MAX: Final = 4
"""Contracts shown, the largest open interest first; the rest is on the page of markets."""


@dataclass(frozen=True)
class Cell:
    """One band of one line. `tone` 1 is near liquidation, 3 is far; `level` 0 to 3 is how many."""

    accounts: int
    notional_micro_usd: int
    tone: int
    level: int


@dataclass(frozen=True)
class Line:
    """One line: a contract, or all accounts where the symbol is empty."""

    symbol: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Heat:
    """The whole map."""

    labels: tuple[str, ...]
    lines: tuple[Line, ...]


def heat(pulse: Pulse) -> Heat:
    """Return the heat map of a pulse."""
    bands = _merged(pulse.health)
    labels = [lower_edge(label) for label, _accounts, _notional in bands]
    largest = sorted(pulse.contracts, key=lambda one: -_notional(one.health))[:LINES_MAX]
    lines = [_line("", pulse.health), *(_line(one.market.symbol, one.health) for one in largest)]
    return Heat(tuple(labels), tuple(lines))


def _merged(health: HealthView) -> list[Band]:
    """Return the bands near liquidation one by one, and those far from it as one."""
    near, far = list(health.bands[: BANDS_MAX - 1]), health.bands[BANDS_MAX - 1 :]
    if not far:
        return near
    return [*near, (far[0][0], sum(band[1] for band in far), sum(band[2] for band in far))]


def _notional(health: HealthView) -> int:
    return sum(band[2] for band in health.bands)


def _line(symbol: str, health: HealthView) -> Line:
    bands = _merged(health)
    most = max((accounts for _label, accounts, _notional in bands), default=0)
    cells = tuple(
        Cell(accounts, micro_usd, _tone(k, len(bands)), _level(accounts, most))
        for k, (_label, accounts, micro_usd) in enumerate(bands)
    )
    return Line(symbol, cells)


def _tone(place: int, bands: int) -> int:
    return 1 + min(2, place * 3 // bands)


def _level(accounts: int, most: int) -> int:
    """Return how dark a cell is: none at all, then thirds of the fullest cell of its line."""
    if not accounts:
        return 0
    return 1 + min(2, accounts * 3 // (most + 1))
