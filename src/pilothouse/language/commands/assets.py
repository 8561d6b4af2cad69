"""Assets: what balances are held in."""

from pilothouse.language.schema import Command, command, text, word


@command(110, "Asset {symbol} is listed")
class ListAsset(Command):
    """List an asset. The receipt's `made` is its number, counted from 1."""

    symbol: str = text("the asset's name, as Kraken spells it: XXBT, ZUSD")
    decimals: int = word("decimals of its base unit, 0 to 12")
    collateral: int = word("1 if the futures wallet takes it", default=0)
    haircut_ppm: int = word("share of its value that does not count", unit="ppm", default=0)
    display: str = text("the name clients see: BTC, USD", size=16, default="")
    sources_least: int = word("sources that must agree to move its index, 0 for 2", default=0)
    outlier_ppm: int = word(
        "distance from the median beyond which a source is left out, 0 for 50,000",
        unit="ppm",
        default=0,
    )
    step_ppm: int = word(
        "largest step of its index that live sources agree on, 0 for 300,000",
        unit="ppm",
        default=0,
    )
    step_one_ppm: int = word(
        "largest move a minute where one source is enough, 0 for 50,000", unit="ppm", default=0
    )
