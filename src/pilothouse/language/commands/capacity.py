"""Capacities are state: set by the first command and grown only by a command."""

from pilothouse.language.schema import Command, command, text, word


@command(100, "The exchange is created")
class CreateExchange(Command):
    """Create the exchange: how many rows each table has at first. Always the first command."""

    accounts: int = word("accounts")
    balances: int = word("balances, one for each account, wallet and asset that ever was")
    positions: int = word("positions, one for each account and contract that ever was")
    orders: int = word("open orders")
    levels: int = word("price levels of all books")
    nodes: int = word("nodes of the price index of all books")
    assets: int = word("assets", default=512)
    markets: int = word("markets and contracts", default=1024)
    schedules: int = word("margin schedules", default=4096)
    fees: int = word("fee schedules", default=64)
    volumes: int = word("accounts with a trading volume", default=4096)
    names: int = word("names remembered for each sender, up to a power of two", default=16384)
    hash_seed: int = word("seed of the mixer of every hash table", default=0x5EED)
    keys: int = word("API keys that ever signed a trade, one for each API", default=4096)
    requests: int = word("signed requests without a nonce, kept permanently", default=32768)


@command(101, "Table {table} grows to {rows} rows")
class GrowTable(Command):
    """Give a table more rows."""

    table: str = text("the table's name")
    rows: int = word("rows it has afterwards")
