"""The crowd: all traders and the index prices as one stream of commands from one seed.

It hears the receipts of what it sent and nothing else, so that the same crowd trades in a world
whose clock it holds and on an exchange that runs by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pilothouse.language.commands import PlaceOrder
from pilothouse.language.commands.orders import POST_ONLY
from pilothouse.language.schema import Command
from pilothouse.simulation.chance import Chance
from pilothouse.simulation.grid import Grid, grids
from pilothouse.simulation.population import Population, populate
from pilothouse.simulation.prices import Prices
from pilothouse.simulation.traders.holders import Holders
from pilothouse.simulation.traders.makers import Makers
from pilothouse.simulation.traders.takers import Takers

MAKER_PERCENT: Final = 80
TAKER_PERCENT: Final = 17


class Crowd:
    """Everyone at once. `seed` makes who they are and what they do."""

    def __init__(self, seed: int) -> None:
        chance = Chance(seed)
        self.population: Population = populate(seed)
        self.grids: list[Grid] = grids()
        self.prices = Prices(chance.fork())
        self._chance = chance.fork()
        self.makers = Makers(self.population.makers, self.grids, chance.fork())
        self.takers = Takers(self.population.takers, chance.fork())
        self.holders = Holders(self.population.holders, self.grids, chance.fork())

    def beat(self, orders: int) -> list[Command]:
        """Return one asset's next prices and about so many orders and cancellations."""
        made: list[Command] = list(self.prices.next())
        for _ in range(orders):
            made += self._one()
        return made

    def _one(self) -> Sequence[Command]:
        draw = self._chance.below(100)
        grid = self._chance.pick(self.grids)
        if draw < MAKER_PERCENT:
            return [self.makers.act(grid, self.prices)]
        if draw < MAKER_PERCENT + TAKER_PERCENT:
            return [self.takers.act(grid, self.prices)]
        return self.holders.act(self.prices)

    def told(self, command: Command, position: int, outcome: int) -> None:
        """Learn the receipt of a command that it sent."""
        if not isinstance(command, PlaceOrder):
            return
        if self.holders.knows(command.account):
            self.holders.told(command, outcome)
        elif outcome == 0 and command.flags & POST_ONLY:
            self.makers.rests(command, position)
