"""Index prices: a seeded walk for each asset, told by three sources that differ a little.

A walk moves by some hundred parts in a million a step and is drawn back to where it began, so that
a demonstration may run for days and its prices stay within a few percent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pilothouse.language.commands import SetIndexPrice
from pilothouse.language.numbers import PPM, parse_decimal
from pilothouse.simulation import markets
from pilothouse.simulation.chance import Chance

SOURCES: Final = (1, 2, 3)
STEP_PPM: Final = 100
JITTER_PPM: Final = 15
PULL: Final = 8_000
"""A walk is drawn back by its distance from home divided by this, each step."""


CALM_PPM: Final = 400
"""A move of one beat that frightens nobody: more than a walk makes by itself."""
FEAR_PPM_MAX: Final = 20_000
"""Makers stand away by twice this at most, which is within the demonstration's price bands."""
FEAR_LASTS: Final = 64
"""Fear falls by a part of so many with each beat in which the asset is looked at."""


class Walk:
    """The price of one asset, in 10^-12 dollars for one whole unit.

    `fear_ppm` is how frightened its traders are: 0 on every calm day, negative while it falls.
    """

    def __init__(self, asset: markets.Asset, chance: Chance) -> None:
        self.home_e12 = parse_decimal(asset.dollars, 12)
        self.price_e12 = self.home_e12
        self.fear_ppm = 0
        self._chance = chance

    def follow(self, price_e12: int) -> None:
        """Stand where somebody else says, and be frightened by how far it is from before."""
        move = (price_e12 - self.price_e12) * PPM // self.price_e12
        self.settle(price_e12)
        sudden = max(0, abs(move) - CALM_PPM) * (1 if move > 0 else -1)
        left = abs(self.fear_ppm) - -(-abs(self.fear_ppm) // FEAR_LASTS)
        fear = (left if self.fear_ppm > 0 else -left) + sudden
        self.fear_ppm = max(-FEAR_PPM_MAX, min(FEAR_PPM_MAX, fear))

    def step(self) -> None:
        """Move once."""
        drift = (self.home_e12 - self.price_e12) // PULL
        self.price_e12 += drift + self.price_e12 * self._chance.around(STEP_PPM) // PPM

    def move(self, ppm: int) -> None:
        """Move by so many parts in a million at once, and feel at home there."""
        self.settle(self.price_e12 + self.price_e12 * ppm // PPM)

    def settle(self, price_e12: int) -> None:
        """Stand at a price and be drawn back to it from now on."""
        self.price_e12 = self.home_e12 = price_e12


class Prices:
    """The walks of all assets but the dollar; one asset takes a step at a time, in turn."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self.walks = {
            k + 1: Walk(one, chance.fork())
            for k, one in enumerate(markets.ASSETS)
            if one.symbol != "ZUSD"
        }
        self.led: set[int] = set()
        """Assets whose index somebody else tells: their walks follow, and nothing is said."""
        self._turn = 0

    def of(self, asset: int) -> int:
        """Return the present price of an asset (10^-12 dollars); the dollar's is one."""
        return self.walks[asset].price_e12 if asset in self.walks else 10**12

    def fear_ppm(self, asset: int) -> int:
        """Return how frightened the traders of an asset are; negative while it falls."""
        return self.walks[asset].fear_ppm if asset in self.walks else 0

    def next(self) -> list[SetIndexPrice]:
        """Let the next asset take its step; return what the three sources say, if they do."""
        assets = list(self.walks)
        asset = assets[self._turn % len(assets)]
        self._turn += 1
        if asset in self.led:
            return []
        self.walks[asset].step()
        return list(self.told(asset))

    def follow(self, asset: int, price_e12: int) -> None:
        """Leave an asset's index to somebody else, who says that it stands at a price now."""
        self.led.add(asset)
        self.walks[asset].follow(price_e12)

    def lead(self) -> None:
        """Tell every asset's index again, each from where it was left, and be calm."""
        for asset in self.led:
            self.walks[asset].fear_ppm = 0
        self.led.clear()

    def all(self) -> list[SetIndexPrice]:
        """Return what the sources say about every asset that is not told by somebody else."""
        told = (asset for asset in self.walks if asset not in self.led)
        return [said for asset in told for said in self.told(asset)]

    def told(self, asset: int) -> Iterator[SetIndexPrice]:
        """Yield what each source says about an asset."""
        price = self.walks[asset].price_e12
        for source in SOURCES:
            jitter = price * self._chance.between(-JITTER_PPM, JITTER_PPM) // PPM
            yield SetIndexPrice(asset=asset, source=source, price_e12=price + jitter)
