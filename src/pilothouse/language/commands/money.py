"""Money in, and between an account's wallets."""

from pilothouse.language.kinds import Wallet
from pilothouse.language.schema import Command, command, word


@command(150, "{amount} units of asset {asset} are credited to account {account}")
class Deposit(Command):
    """Credit the spot wallet of a client, or of the insurance pool, against the house's custody
    account of the asset. No other account of the house takes a deposit.
    """

    account: int = word("the account")
    asset: int = word("the asset")
    amount: int = word("how much", unit="base units")
    reference: int = word("number of the deposit in the records", default=0)


@command(151, "Account {account} moves {amount} units of asset {asset} between wallets")
class Transfer(Command):
    """Move money between two wallets of a client, or into the insurance pool's futures wallet.

    Out of that wallet it is moved by change control alone.
    """

    account: int = word("the account")
    asset: int = word("the asset")
    source: Wallet = word("the wallet it leaves")
    target: Wallet = word("the wallet it enters")
    amount: int = word("how much", unit="base units")
