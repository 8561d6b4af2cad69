"""What happens to price bands."""

from pilothouse.language.schema import Event, event, word


@event(62, "the price band of market {market} becomes {band_ppm} ppm")
class PriceBandSet(Event):
    """A market's price band changed."""

    market: int = word("the market")
    band_ppm: int = word("the new band", unit="ppm")
    before_ppm: int = word("the band before", unit="ppm")
    version: int = word("the new version of the market's band")
    orders_outside: int = word("resting orders it left outside")
    cause: int = word("kind of the cause")
    cause_id: int = word("number of the cause")
