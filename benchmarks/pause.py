"""What a pause is worth on a crash day: the same seeded worlds, lived under several plans.

A contract's index walks minute bars, invented or of a file. Nobody acts, or the contract takes
post-only orders for a part of the fall and trades again afterwards, until nobody waits any more.
Each line is the median of the seeds; no time is measured, so the numbers are the same on every
machine. Run by hand: `python -m benchmarks.pause`, with `--file FILE --from T --until T` on minute
bars.
"""

import argparse
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median_low
from typing import Any

from pilothouse.language.commands import SetMarketStatus
from pilothouse.language.kinds import MarketStatus
from pilothouse.language.numbers import PPM, SECOND_US
from pilothouse.language.rows import Rows
from pilothouse.simulation import crash
from pilothouse.simulation.markets import asset_number
from pilothouse.simulation.world import SIGNED, World
from pilothouse.venue.harm import HarmCount
from pilothouse.venue.index_replay.bars import Bar, part, read_bars
from pilothouse.venue.index_replay.walking import Scale, Way
from pilothouse.venue.views.margin import health

SOL = asset_number("SOL")
BEATS_A_SECOND, CALM_BEATS, AFTER_BEATS = 10, 300, 600
CRASH_PPM = 30_000
"""The crash has begun once the index is so far below the highest before."""
BACK_PPM = 20_000
"""It is back once it is so far below the first price."""
MINUTE, END = 60, 1 << 31
Pause = tuple[int, int] | None
"""From which step of the way until which; None for nothing done."""


class Counting(World):
    """A world that counts whom it hurts, and can pause its contract."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.harm, self.version = HarmCount(), 1
        self.contract = next(
            one.market for one in self.crowd.grids if one.is_contract and one.base == SOL
        )

    def step(self, rows: Rows) -> Any:
        """Step a block and count."""
        stepped = super().step(rows)
        self.harm.add(stepped.events)
        return stepped

    def go(self, status: MarketStatus) -> None:
        """Bring the contract into a status, unless it is there."""
        if int(self.machine.state.markets[self.contract]["status"]) == status:
            return
        asked = SetMarketStatus(market=self.contract, status=status, base_version=self.version)
        assert not self.send([asked], SIGNED).receipts[0][1]
        self.version += 1


def plans(way: Way) -> dict[str, Pause]:
    """Return the plans, told by where the fall begins and where it is lowest."""
    prices = [way.price(step) for step in range(way.steps)]
    low, highest, began = prices.index(min(prices)), 0, 0
    for step, price in enumerate(prices):
        highest = max(highest, price)
        if (highest - price) * PPM >= CRASH_PPM * highest:
            began = step
            break
    back = next((step for step in range(low, way.steps) if _is_back(prices, step)), END)
    return {
        "nothing done": None,
        "paused from 1 minute before it begins until 2 after the low": (
            began - MINUTE, low + 2 * MINUTE,
        ),
        "paused for 1 minute from where it begins": (began, began + MINUTE),
        "paused from 1 minute before the low until 2 after": (low - MINUTE, low + 2 * MINUTE),
        "paused from 1 minute before it begins until it is back, if ever": (began - MINUTE, back),
    }  # fmt: skip


def _is_back(prices: list[int], step: int) -> bool:
    return (prices[0] - prices[step]) * PPM <= BACK_PPM * prices[0]


def lived(seed: int, bars: Sequence[Bar], name: str, speed: int, rate: int) -> dict[str, int]:
    """Return whom one plan hurt in one world."""
    world = Counting(seed)
    world.open()
    world.run(CALM_BEATS, rate // BEATS_A_SECOND)
    way = Way(bars, Scale(world.crowd.prices.of(SOL), bars[0].open_e12))
    pause, world.harm = plans(way)[name], HarmCount()
    for beat in range(1, way.steps * BEATS_A_SECOND // speed + 1):
        step = min(beat * speed // BEATS_A_SECOND, way.steps - 1)
        paused = pause is not None and pause[0] <= step < pause[1]
        world.go(MarketStatus.POST_ONLY if paused else MarketStatus.ONLINE)
        world.lead(SOL, way.price(step))
        world.run(1, rate // BEATS_A_SECOND)
    world.run(AFTER_BEATS, rate // BEATS_A_SECOND)
    harm = world.harm.harm()
    return {
        "accounts_hurt": harm.accounts_hurt,
        "liquidated_usd": harm.liquidated_micro_usd // 10**6,
        "insurance_usd": harm.insurance_micro_usd // 10**6,
        "unwound": harm.unwound_accounts,
        "still_below": health(world.machine).below_maintenance,
    }


def compared(bars: Sequence[Bar], seeds: int, speed: int, rate: int) -> list[dict[str, Any]]:
    """Return a line for each plan, the medians of its worlds."""
    lines = []
    for name in plans(Way(bars)):
        worlds = [lived(seed, bars, name, speed, rate) for seed in range(1, seeds + 1)]
        medians = {key: median_low(one[key] for one in worlds) for key in worlds[0]}
        lines.append({"plan": name} | medians)
    return lines


def _moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND_US


def main() -> None:
    """Live through the crash under every plan and print one JSON object."""
    options = argparse.ArgumentParser()
    options.add_argument("--file", type=Path)
    options.add_argument("--from", dest="since", type=_moment)
    options.add_argument("--until", type=_moment)
    options.add_argument("--seeds", type=int, default=6)
    options.add_argument("--speed", type=int, default=3)
    options.add_argument("--rate", type=int, default=200)
    given = options.parse_args()
    bars: Sequence[Bar] = crash.bars()
    if given.file:
        bars = part(read_bars(given.file), given.since, given.until)
    lines = compared(bars, given.seeds, given.speed, given.rate)
    print(json.dumps({"seeds": given.seeds, "speed": given.speed, "plans": lines}))


if __name__ == "__main__":
    main()
