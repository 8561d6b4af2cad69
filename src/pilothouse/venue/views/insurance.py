"""The insurance pool."""

from __future__ import annotations

from pilothouse.engine.machine import Machine
from pilothouse.venue.views.margin import margin


def pool(machine: Machine, market: int = 0) -> int:
    """Return what all that the insurance pool of a contract holds counts for (micro-dollars).

    That is its dollars, and what it bought of clients' collateral after the haircuts: a tenth of
    it is what it may lose to one account. A `market` of 0 asks for the house's own pool.
    """
    x = machine.state.exchange[0]
    of = int(machine.state.markets[market]["insurance_account"]) or int(x["insurance_account"])
    return margin(machine, of).collateral if of else 0
