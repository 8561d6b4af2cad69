"""Market statuses: what a market takes."""

from pilothouse.language.kinds import MarketStatus
from pilothouse.language.schema import Command, command, word


@command(301, "Market {market} becomes {status}", governed=True)
class SetMarketStatus(Command):
    """Move a market to another status, along the table of allowed moves.

    A move that lets a contract execute again also lets liquidations go on. The engine counts whom
    they would reach before it writes: the accounts with a position in it that are below
    maintenance margin. Above the signed limits it refuses and writes nothing; -1 is none.
    """

    market: int = word("the market")
    status: MarketStatus = word("the new status")
    base_version: int = word("version of the market's status it was made from")
    accounts_below_maintenance_max: int = word(
        "accounts that liquidation would reach, at most", default=-1
    )
    notional_below_maintenance_max: int = word(
        "their notional, at most", unit="micro-dollars", default=-1
    )
