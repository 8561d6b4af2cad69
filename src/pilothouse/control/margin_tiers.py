"""The arithmetic of tiers that difference, class and alternatives of a margin schedule share.

It compares shares at floors; what a position needs is computed by the exchange alone.
"""

from __future__ import annotations

from pilothouse.control.ports import ScheduleFacts

Tiers = list[dict[str, int]]
"""Tiers as plain JSON: floor_usd, initial_ppm and maintenance_ppm, by rising floor."""


def tiers_of(schedule: ScheduleFacts) -> Tiers:
    """Return the tiers of a schedule in force as plain JSON."""
    return [
        {
            "floor_usd": one.floor_usd,
            "initial_ppm": one.initial_ppm,
            "maintenance_ppm": one.maintenance_ppm,
        }
        for one in schedule.tiers
    ]


def floors(*tiers: Tiers) -> list[int]:
    """Return every floor of these schedules once, rising."""
    return sorted({tier["floor_usd"] for one in tiers for tier in one})


def share(tiers: Tiers, floor: int, name: str) -> int:
    """Return the share (ppm) of the notional above a floor; 0 where no tier holds."""
    found = 0
    for tier in tiers:
        if tier["floor_usd"] <= floor:
            found = tier[f"{name}_ppm"]
    return found


def blend(was: Tiers, becomes: Tiers, done: int, of: int) -> Tiers:
    """Return initial margin as wished and maintenance `done` of `of` parts of the way.

    At every floor of either schedule; a share is rounded up, towards the venue.
    """
    made = []
    for floor in floors(was, becomes):
        old, new = share(was, floor, "maintenance"), share(becomes, floor, "maintenance")
        step = -((old - new) * done // of)
        made.append(
            {
                "floor_usd": floor,
                "initial_ppm": share(becomes, floor, "initial"),
                "maintenance_ppm": old + step,
            }
        )
    return made
