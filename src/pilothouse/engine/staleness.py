"""Whether an index may be relied on: for new risk, and for a liquidation."""

from __future__ import annotations

from pilothouse.engine.state import State
from pilothouse.rules.compiled import inlined
from pilothouse.rules.index import is_on_probation, is_stale


@inlined
def index_is_stale(s: State, market: int) -> bool:
    """Tell whether the index under a market is too old, or too doubtful, to take risk on."""
    return asset_is_stale(s, s.markets[market].base)


@inlined
def asset_is_stale(s: State, asset: int) -> bool:
    """Tell whether an asset's index is too old, or too doubtful, to take risk on."""
    a = s.assets[asset]
    return is_stale(a.live_until, a.held_since, s.exchange[0].time)


@inlined
def asset_is_on_probation(s: State, asset: int) -> bool:
    """Tell whether an asset's index is live again since too short a time to liquidate by it."""
    a = s.assets[asset]
    return is_on_probation(a.live_until, a.live_since, s.exchange[0].time)
