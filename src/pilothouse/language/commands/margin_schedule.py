"""Margin schedules: how much collateral a position needs, by its size and its owner."""

from dataclasses import dataclass

from pilothouse.language.kinds import ClientClass
from pilothouse.language.schema import Command, command, records, word


@dataclass(frozen=True, kw_only=True)
class MarginTier:
    """One tier: the notional from which it holds and its two shares of the notional above."""

    floor_usd: int = word("notional from which it holds", unit="dollars")
    initial_ppm: int = word("initial margin", unit="ppm")
    maintenance_ppm: int = word("maintenance margin", unit="ppm")


@command(300, "The margin schedule of contract {market} is set", governed=True)
class SetMarginSchedule(Command):
    """Set the margin schedule of a contract for a scope, if its base still holds and its impact
    stays within the signed ceiling.

    The engine counts accounts and notional newly below initial and maintenance margin before it
    writes. Above any of the four limits it refuses and writes nothing. A limit of -1 is none.
    A founding or an import gives a contract its schedules before its first order, each scope once.
    """

    market: int = word("the contract")
    client_class: ClientClass = word("for this class of clients, ANY for all")
    jurisdiction: int = word("for this country, 0 for all")
    opened_from: int = word("for positions opened from then on, 0 for all", unit="microseconds")
    base_version: int = word("version of the contract's schedules it was made from")
    accounts_below_initial_max: int = word("accounts newly below initial margin, at most")
    accounts_below_maintenance_max: int = word("accounts newly below maintenance margin, at most")
    notional_below_initial_max: int = word("their notional, at most", unit="micro-dollars")
    notional_below_maintenance_max: int = word("their notional, at most", unit="micro-dollars")
    count: int = word("how many tiers follow; 0 removes the scope's own schedule")
    tiers: tuple[MarginTier, ...] = records("the tiers, by rising floor", MarginTier)
