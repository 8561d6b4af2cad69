"""What happens to market statuses."""

from pilothouse.language.kinds import MarketStatus
from pilothouse.language.schema import Event, event, word


@event(61, "market {market} becomes {status}")
class MarketStatusSet(Event):
    """A market's status changed."""

    market: int = word("the market")
    status: MarketStatus = word("the new status")
    before: MarketStatus = word("the status before")
    version: int = word("the new version of the market's status")
    accounts_below_maintenance: int = word("accounts that liquidation could reach again")
    notional_below_maintenance: int = word("their notional", unit="micro-dollars")
    cause: int = word("kind of the cause")
    cause_id: int = word("number of the cause")
