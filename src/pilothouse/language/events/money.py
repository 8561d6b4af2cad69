"""What happens to balances outside of trading."""

from pilothouse.language.kinds import Wallet
from pilothouse.language.schema import Event, event, word


@event(20, "{amount} of asset {asset} are deposited")
class Deposited(Event):
    """An account's spot wallet was credited."""

    asset: int = word("the asset")
    amount: int = word("how much", unit="base units")
    reference: int = word("number of the deposit in the records")


@event(21, "{amount} of asset {asset} move from {source} to {target}")
class Transferred(Event):
    """Money moved between two wallets of one account."""

    asset: int = word("the asset")
    source: Wallet = word("the wallet it left")
    target: Wallet = word("the wallet it entered")
    amount: int = word("how much", unit="base units")
