"""Price bands: how far from the reference an order may be."""

from pilothouse.language.schema import Command, command, word


@command(302, "The price band of market {market} becomes {band_ppm} ppm", governed=True)
class SetPriceBand(Command):
    """Set how far a limit may be from the reference: the mark of a contract, the last trade of a
    spot market.

    The engine counts the resting orders that the new band leaves outside before it writes. Above
    the signed limit it refuses and writes nothing. A limit of -1 is none.
    """

    market: int = word("the market")
    band_ppm: int = word("largest distance, 0 for none", unit="ppm")
    base_version: int = word("version of the market's band it was made from")
    orders_outside_max: int = word("resting orders outside the new band, at most", default=-1)
