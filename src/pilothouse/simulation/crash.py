"""A crash of our own invention: calm minute bars, a fall in waves, a return, and calm again.

The same seed gives the same bars. It is shaped like falls that happened: some waves, each with
half of it taken back, the lowest price at about a third below the first; then buyers come back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pilothouse.language.numbers import PPM, SECOND_US, format_decimal
from pilothouse.simulation.chance import Chance
from pilothouse.simulation.world import World
from pilothouse.venue.index_replay.bars import MINUTE_US, Bar
from pilothouse.venue.index_replay.walking import Scale, Way

BEGAN_US: Final = 1_798_761_600 * SECOND_US
LEVELS_PPM: Final = (
    *(1_000_000, 1_001_500, 999_000, 1_000_500, 996_000),
    *(985_000, 940_000, 962_000, 900_000, 925_000, 830_000, 780_000, 665_000),
    *(740_000, 705_000, 790_000, 860_000, 905_000, 935_000, 960_000, 972_000),
    *(980_000, 984_000, 982_000, 986_000, 985_000, 988_000, 986_000, 989_000),
)
"""Where each minute ends, in parts per million of the first price."""
WICK_PPM: Final = 2_000


def bars(seed: int = 1, first_e12: int = 100 * 10**12) -> list[Bar]:
    """Return the bars of the invented crash, from a first price in 10^-12 dollars."""
    chance, made, opened = Chance(seed), [], first_e12
    for minute, level in enumerate(LEVELS_PPM):
        close = first_e12 * (level + chance.between(-500, 500)) // PPM
        high = max(opened, close) * (PPM + chance.below(WICK_PPM)) // PPM
        low = min(opened, close) * (PPM - chance.below(WICK_PPM)) // PPM
        made.append(Bar(BEGAN_US + minute * MINUTE_US, opened, high, low, close, minute + 2))
        opened = close
    return made


def as_csv(made: Sequence[Bar]) -> str:
    """Return bars as the text of a file that can be replayed; prices keep their 12 decimals."""
    lines = ["open_time,open,high,low,close"]
    for one in made:
        prices = (one.open_e12, one.high_e12, one.low_e12, one.close_e12)
        told = ",".join(format_decimal(price, 12) for price in prices)
        lines.append(f"{one.began_us // 1_000},{told}")
    return "\n".join(lines) + "\n"


def crash_way(present_e12: int, seed: int = 1) -> Way:
    """Return the way of the invented crash, from a present index on."""
    made = bars(seed)
    return Way(made, Scale(present_e12, made[0].open_e12))


def live_through(world: World, asset: int, way: Way, orders: int, steps_a_beat: int = 1) -> None:
    """Let a world live while the index of an asset walks a way, some steps in each beat.

    With a beat of a tenth of a second one step a beat is ten times the speed of the file.
    """
    for step in range(0, way.steps, steps_a_beat):
        world.lead(asset, way.price(min(step + steps_a_beat, way.steps) - 1))
        world.run(1, orders)
