"""What happens to prices."""

from pilothouse.language.schema import Event, event, word


@event(30, "the index of asset {asset} becomes {index_e12}")
class IndexSet(Event):
    """The index of an asset moved."""

    asset: int = word("the asset")
    index_e12: int = word("the median of live sources", unit="10^-12 dollars")
    sources: int = word("how many sources were live")


@event(31, "the mark of contract {market} becomes {mark}")
class MarkSet(Event):
    """The mark of a contract moved."""

    market: int = word("the contract")
    mark: int = word("the new mark", unit="hundredths of a price unit")
    index: int = word("the index it is made from", unit="hundredths of a price unit")
