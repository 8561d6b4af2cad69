"""Fees as they are now."""

from __future__ import annotations

import numpy as np

from pilothouse.engine.machine import Machine
from pilothouse.language.commands import FeeTier
from pilothouse.language.numbers import MICRO_USD


def fee_tiers(machine: Machine, fee_schedule: int) -> tuple[FeeTier, ...]:
    """Return the tiers of a fee schedule, none if there is none of this number."""
    if not 0 < fee_schedule < len(machine.state.fees):
        return ()
    f = machine.state.fees[fee_schedule]
    return tuple(
        FeeTier(
            volume_from_usd=int(f["volumes_from"][k]),
            maker_ppm=int(f["maker_ppm"][k]),
            taker_ppm=int(f["taker_ppm"][k]),
        )
        for k in range(int(f["count"]))
    )


def last_fee_schedule(machine: Machine) -> int:
    """Return the highest number of a fee schedule, 0 if there is none."""
    known = np.flatnonzero(machine.state.fees["count"])
    return int(known[-1]) if len(known) else 0


def fee_of(machine: Machine, account: int, market: int) -> tuple[int, int]:
    """Return the maker's and the taker's fee of an account in a market, in ppm."""
    tiers = fee_tiers(machine, int(machine.state.markets[market]["fee_schedule"]))
    volume = int(machine.state.accounts[account]["volume_micro_usd"]) // MICRO_USD
    reached = [tier for tier in tiers if volume >= tier.volume_from_usd]
    return (reached[-1].maker_ppm, reached[-1].taker_ppm) if reached else (0, 0)
