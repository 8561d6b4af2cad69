"""Markets: spot pairs and contracts, with their grid and their limits."""

from pilothouse.language.kinds import MarketKind, MarketStatus
from pilothouse.language.schema import Command, command, text, word


@command(120, "Market {symbol} is listed")
class ListMarket(Command):
    """List a spot market or a contract. The receipt's `made` is its number, counted from 1.

    Prices are integers at `price_decimals`. Quantities of a spot market are base units of the base
    asset; those of a contract are integers at `quantity_decimals`. What Kraken's answer does not
    give stays zero.
    """

    symbol: str = text("its name: XXBTZUSD, PF_XBTUSD")
    kind: MarketKind = word("what is traded")
    base: int = word("base asset; for a contract the asset of its index")
    quote: int = word("quote asset; for a contract the asset it settles in")
    price_decimals: int = word("decimals of a price, fixed for life")
    quantity_decimals: int = word("decimals of a quantity, fixed for life")
    tick: int = word("smallest step of a price", unit="price units")
    lot: int = word("smallest step of a quantity", unit="quantity units")
    quantity_min: int = word("smallest order", unit="quantity units", default=0)
    cost_min: int = word("smallest value of an order", unit="quote base units", default=0)
    position_max: int = word("largest position, 0 for none", unit="quantity units", default=0)
    fee_schedule: int = word("number of its fee schedule", default=0)
    status: MarketStatus = word("what it takes at first", default=MarketStatus.ONLINE)
    band_ppm: int = word("price band around the reference, 0 for none", unit="ppm", default=0)
    funding_coefficient: int = word("divides the premium", default=0)
    funding_rate_max_e12: int = word("largest rate an interval", unit="10^-12", default=0)
    premium_max_ppm: int = word("largest premium of mark over index", unit="ppm", default=10_000)
    liquidation_fee_ppm: int = word("fee of a liquidation's fills", unit="ppm", default=2_500)
    impact_quantity: int = word(
        "what each side of the book must hold to move the mark, 0 for 500 dollars' worth",
        unit="quantity units",
        default=0,
    )
