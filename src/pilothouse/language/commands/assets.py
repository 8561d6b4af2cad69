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
