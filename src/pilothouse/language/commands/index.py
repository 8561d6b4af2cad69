"""Index prices enter as commands; the engine has no other way to know a price."""

from pilothouse.language.schema import Command, command, word


@command(160, "Source {source} prices asset {asset}")
class SetIndexPrice(Command):
    """Tell the price of an asset as one source sees it.

    The index is the median of the live sources that agree, see the rule of the index.
    """

    asset: int = word("the asset")
    source: int = word("the source, 1 to 8")
    price_e12: int = word("dollars for one whole unit", unit="10^-12 dollars")
    taken_at: int = word(
        "when the source took it, 0 for now", unit="microseconds since the epoch", default=0
    )
