"""What happens to prices."""

from pilothouse.language.schema import Event, event, word


@event(30, "the index of asset {asset} becomes {index_e12}")
class IndexSet(Event):
    """The index of an asset moved."""

    asset: int = word("the asset")
    index_e12: int = word("the median of the sources that agree", unit="10^-12 dollars")
    sources: int = word("how many sources agree")


@event(31, "the mark of contract {market} becomes {mark}")
class MarkSet(Event):
    """The mark of a contract moved."""

    market: int = word("the contract")
    mark: int = word("the new mark", unit="hundredths of a price unit")
    index: int = word("the index it is made from", unit="hundredths of a price unit")


@event(32, "the index of asset {asset} is held at {index_e12} against {price_e12}")
class IndexHeld(Event):
    """A price too far from the index is held back until it has lasted."""

    asset: int = word("the asset")
    price_e12: int = word("what the sources that agree tell", unit="10^-12 dollars")
    index_e12: int = word("the index that holds", unit="10^-12 dollars")
    sources: int = word("how many sources agree")


@event(33, "sources {left_out} of asset {asset} are left out of its index")
class IndexSourcesLeftOut(Event):
    """Which live sources are left out of an index changed: outliers and frozen ones."""

    asset: int = word("the asset")
    left_out: int = word("the sources left out; bit k stands for source k + 1")
    sources: int = word("how many sources agree")
