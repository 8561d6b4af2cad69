"""The insurance pool."""

from __future__ import annotations

from pilothouse.engine.machine import Machine
from pilothouse.language.kinds import Wallet
from pilothouse.venue.views.accounts import balances
from pilothouse.venue.views.margin import margin


def pool(machine: Machine, market: int = 0) -> int:
    """Return what the insurance pool of a contract holds (micro-dollars), 0 for the house's."""
    x = machine.state.exchange[0]
    of = int(machine.state.markets[market]["insurance_account"]) or int(x["insurance_account"])
    held = balances(machine, of) if of else []
    dollar = int(x["dollar"])
    mine = (one for one in held if one.wallet == Wallet.FUTURES and one.asset == dollar)
    return sum(one.available for one in mine)


def worth(machine: Machine, market: int) -> int:
    """Return what all that a contract's insurance pool holds counts for (micro-dollars)."""
    return margin(machine, int(machine.state.markets[market]["insurance_account"])).collateral
