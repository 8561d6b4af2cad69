"""While a replay leads an asset's index, traffic says nothing of it and goes along."""

from __future__ import annotations

from pathlib import Path

from pilothouse.simulation.prices import Prices
from pilothouse.venue.clock import wall_clock_us
from pilothouse.venue.index_replay.run import showing


def follow_replay(home: Path, prices: Prices) -> None:
    """Look at the folder's replay and let the walks of the asset it leads stand where it is.

    A replay that ended, or whose driver was silent for some seconds, leads no more: the walk goes
    on from its last price.
    """
    shown = showing(home, wall_clock_us())
    if shown is None or not shown.leads or shown.run.asset not in prices.walks:
        prices.lead()
        return
    prices.follow(shown.run.asset, shown.progress.price_e12 or shown.run.from_index_e12)
