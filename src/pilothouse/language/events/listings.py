"""What is created, listed, opened and grown."""

from pilothouse.language.kinds import ClientClass, MarketKind, Purpose
from pilothouse.language.schema import Event, event, text, word


@event(70, "the exchange is created")
class ExchangeCreated(Event):
    """The first event of every exchange."""

    names: int = word("names remembered for each sender")


@event(71, "table {table} has {rows} rows")
class TableGrown(Event):
    """A table was given more rows."""

    table: str = text("the table's name")
    rows: int = word("rows it has now")


@event(72, "asset {asset} is listed")
class AssetListed(Event):
    """An asset was listed."""

    asset: int = word("its number")
    decimals: int = word("decimals of its base unit")


@event(73, "market {market} is listed")
class MarketListed(Event):
    """A market was listed."""

    market: int = word("its number")
    market_kind: MarketKind = word("what is traded")


@event(74, "fee schedule {fee_schedule} is set")
class FeeScheduleSet(Event):
    """A fee schedule was set."""

    fee_schedule: int = word("its number")
    count: int = word("how many tiers it has")


@event(75, "the account is opened")
class AccountOpened(Event):
    """An account was opened; it is the event's account."""

    client_class: ClientClass = word("the client's regulatory class")
    purpose: Purpose = word("a client's, or one of the house's own")
