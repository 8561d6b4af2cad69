"""The heat map of margin health: rows of contracts, columns of bands, in integers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pilothouse.console.live.pulse import Pulse
    from pilothouse.venue.views.margin import HealthView

LINES_MAX: Final = 6
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
    labels = tuple(str(band[0]) for band in pulse.health.bands)
    lines = [_line("", pulse.health)]
    largest = sorted(pulse.contracts, key=lambda one: -_notional(one.health))
    lines += [_line(one.market.symbol, one.health) for one in largest[:LINES_MAX]]
    return Heat(labels, tuple(lines))


def _notional(health: HealthView) -> int:
    return sum(band[2] for band in health.bands)


def _line(symbol: str, health: HealthView) -> Line:
    most = max((band[1] for band in health.bands), default=0)
    bands = len(health.bands)
    cells = tuple(
        Cell(accounts, micro_usd, _tone(k, bands), _level(accounts, most))
        for k, (_label, accounts, micro_usd) in enumerate(health.bands)
    )
    return Line(symbol, cells)


def _tone(place: int, bands: int) -> int:
    return 1 + min(2, place * 3 // bands)


def _level(accounts: int, most: int) -> int:
    """Return how dark a cell is: none at all, then thirds of the fullest cell of its line."""
    if not accounts:
        return 0
    return 1 + min(2, accounts * 3 // (most + 1))
