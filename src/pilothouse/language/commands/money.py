"""Money in, and between an account's wallets."""

from pilothouse.language.kinds import Wallet
from pilothouse.language.schema import Command, command, word


@command(150, "{amount} units of asset {asset} are credited to account {account}")
class Deposit(Command):
    """Credit the spot wallet of an account against the house's custody account of the asset."""

    account: int = word("the account")
    asset: int = word("the asset")
    amount: int = word("how much", unit="base units")
    reference: int = word("number of the deposit in the records", default=0)


@command(151, "Account {account} moves {amount} units of asset {asset} between wallets")
class Transfer(Command):
    """Move money between two wallets of one account."""

    account: int = word("the account")
    asset: int = word("the asset")
    source: Wallet = word("the wallet it leaves")
    target: Wallet = word("the wallet it enters")
    amount: int = word("how much", unit="base units")
