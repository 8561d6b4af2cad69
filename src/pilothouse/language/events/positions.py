"""What happens to positions."""

from pilothouse.language.schema import Event, event, word


@event(10, "the position in contract {market} becomes {quantity}")
class PositionChanged(Event):
    """A fill, an unwind or a settlement changed a position."""

    market: int = word("the contract")
    quantity: int = word("the new size, negative for short", unit="quantity units")
    entry_cost: int = word("the new signed cost of entry", unit="settlement base units")
    realised: int = word("profit realised by this change", unit="settlement base units")
