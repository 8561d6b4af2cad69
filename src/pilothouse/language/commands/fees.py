"""Fee schedules: what a trade costs, by the account's volume of thirty days."""

from dataclasses import dataclass

from pilothouse.language.schema import Command, command, records, word


@dataclass(frozen=True, kw_only=True)
class FeeTier:
    """One tier: from which volume on it holds, and the two fees."""

    volume_from_usd: int = word("thirty-day volume from which it holds", unit="dollars")
    maker_ppm: int = word("fee of a resting order", unit="ppm")
    taker_ppm: int = word("fee of an order that takes", unit="ppm")


@command(130, "Fee schedule {fee_schedule} is set")
class SetFeeSchedule(Command):
    """Set a fee schedule at the founding or an import, before any market has it.

    What a market charges already is changed by change control alone.
    """

    fee_schedule: int = word("its number, 1 to the table's size")
    count: int = word("how many tiers follow")
    tiers: tuple[FeeTier, ...] = records("the tiers, by rising volume", FeeTier)
