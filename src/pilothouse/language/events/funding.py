"""What happens with funding."""

from pilothouse.language.schema import Event, event, word


@event(40, "the funding rate of contract {market} becomes {rate_e12}")
class FundingRateSet(Event):
    """An hour ended: the rate of the next hour, from the premium of the last one."""

    market: int = word("the contract")
    rate_e12: int = word("relative rate of the coming hour", unit="10^-12")
    premium_e12: int = word("time-weighted premium of the hour that ended", unit="10^-12")


@event(41, "funding of {amount} on contract {market}")
class FundingPaid(Event):
    """Accrued funding was paid: positive is received, negative is paid."""

    market: int = word("the contract")
    quantity: int = word("the position it was paid on", unit="quantity units")
    amount: int = word("what the account received", unit="settlement base units")
