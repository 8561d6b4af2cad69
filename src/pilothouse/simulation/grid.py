"""The grid of a market as a trader sees it: what is a price, what is a quantity, what is fair."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.language.commands import ListMarket
from pilothouse.language.numbers import PPM
from pilothouse.simulation import markets
from pilothouse.simulation.genesis import perpetual_listing, spot_listing
from pilothouse.simulation.prices import Prices


@dataclass(frozen=True)
class Grid:
    """A market by its number, with its steps in its own units."""

    market: int
    is_contract: bool
    base: int
    quote: int
    price_scale: int
    quantity_scale: int
    tick: int
    lot: int
    quantity_min: int

    def fair(self, prices: Prices) -> int:
        """Return the price at which base and quote are worth the same, on the tick."""
        price = prices.of(self.base) * self.price_scale // prices.of(self.quote)
        return max(self.tick, price // self.tick * self.tick)

    def away(self, price: int, ppm: int) -> int:
        """Return a price so many parts in a million away, on the tick, towards zero on ties."""
        return max(self.tick, (price + price * ppm // PPM) // self.tick * self.tick)

    def quantity(self, dollars: int, prices: Prices) -> int:
        """Return the quantity that so many dollars buy, on the lot, at least the minimum."""
        quantity = dollars * 10**12 * self.quantity_scale // prices.of(self.base)
        return max(self.quantity_min, quantity // self.lot * self.lot, self.lot)


def grids() -> list[Grid]:
    """Return the grids of the demonstration's eight pairs and four perpetuals."""
    spot = [spot_listing(one) for one in markets.SPOT]
    perpetuals = [perpetual_listing(one) for one in markets.PERPETUALS]
    return [
        _grid(k + 1, listing, k >= len(spot)) for k, listing in enumerate([*spot, *perpetuals])
    ]


def _grid(number: int, listing: ListMarket, is_contract: bool) -> Grid:
    return Grid(
        market=number,
        is_contract=is_contract,
        base=listing.base,
        quote=listing.quote,
        price_scale=10**listing.price_decimals,
        quantity_scale=10**listing.quantity_decimals,
        tick=listing.tick,
        lot=listing.lot,
        quantity_min=listing.quantity_min,
    )
