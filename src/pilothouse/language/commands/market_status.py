"""Market statuses: what a market takes."""

from pilothouse.language.kinds import MarketStatus
from pilothouse.language.schema import Command, command, word


@command(301, "Market {market} becomes {status}", governed=True)
class SetMarketStatus(Command):
    """Move a market to another status, along the table of allowed moves."""

    market: int = word("the market")
    status: MarketStatus = word("the new status")
    base_version: int = word("version of the market's status it was made from")
