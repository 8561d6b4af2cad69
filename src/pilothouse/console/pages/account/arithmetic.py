"""The margin arithmetic of an account, line by line, and whether its lines add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pilothouse.venue.views.accounts import PositionView
    from pilothouse.venue.views.assets import AssetView
    from pilothouse.venue.views.margin import MarginView


@dataclass(frozen=True)
class Collateral:
    """What one asset counts towards equity; `value` in micro-dollars, rounded down."""

    asset: AssetView
    balance: int
    index_e12: int
    haircut_ppm: int
    value: int


@dataclass(frozen=True)
class Arithmetic:
    """The lines, what equity exceeds each requirement by, and the sums that do not add up."""

    collateral: tuple[Collateral, ...]
    above_initial: int
    above_initial_with_orders: int
    above_maintenance: int
    faults: tuple[str, ...]


def arithmetic(
    margin: MarginView, positions: Sequence[PositionView], assets: dict[int, AssetView]
) -> Arithmetic:
    """Return the arithmetic of an account. All amounts in micro-dollars."""
    lines = tuple(
        Collateral(assets[line.asset], line.balance, line.index_e12, line.haircut_ppm, line.value)
        for line in margin.lines
    )
    return Arithmetic(
        collateral=lines,
        above_initial=margin.equity - margin.initial,
        above_initial_with_orders=margin.equity - margin.initial_with_orders,
        above_maintenance=margin.equity - margin.maintenance,
        faults=tuple(_faults(margin, positions)),
    )


def _faults(margin: MarginView, positions: Sequence[PositionView]) -> list[str]:
    """Return a sentence for each total that is not the sum of its lines; there must be none."""
    sums = {
        "Collateral": (margin.collateral, sum(line.value for line in margin.lines)),
        "Unrealised": (margin.unrealised, sum(one.unrealised for one in positions)),
        "Funding": (margin.funding, sum(one.funding for one in positions)),
        "Equity": (margin.equity, margin.collateral + margin.unrealised + margin.funding),
        "Initial margin": (margin.initial, sum(one.initial for one in positions)),
        "Initial margin with orders": (
            margin.initial_with_orders,
            sum(one.initial_with_orders for one in positions),
        ),
        "Maintenance margin": (margin.maintenance, sum(one.maintenance for one in positions)),
    }
    return [
        f"{name} is {total} micro-dollars, its lines sum to {lines}."
        for name, (total, lines) in sums.items()
        if total != lines
    ]
