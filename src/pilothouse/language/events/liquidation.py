"""What the equity protection process (liquidation) does."""

from pilothouse.language.kinds import ProtectionStep
from pilothouse.language.schema import Event, event, word


@event(50, "equity protection takes the step {step} on contract {market}")
class ProtectionStepTaken(Event):
    """A step of the equity protection process with its inputs, before its fills."""

    step: ProtectionStep = word("which step")
    market: int = word("the contract, 0 if it concerns all")
    equity: int = word("equity before", unit="micro-dollars")
    initial: int = word("initial margin with orders before", unit="micro-dollars")
    maintenance: int = word("maintenance margin before", unit="micro-dollars")
    quantity: int = word("what it wants to close", unit="quantity units")
    price: int = word("the worst price it takes", unit="price units")


@event(51, "the insurance pool pays {amount}")
class InsurancePaid(Event):
    """The insurance pool covered what was below zero."""

    asset: int = word("the asset")
    amount: int = word("how much", unit="base units")
    pool: int = word("account of the pool")


@event(52, "equity protection ends")
class ProtectionEnded(Event):
    """The account is above maintenance margin again, or holds no position any more."""

    equity: int = word("equity after", unit="micro-dollars")
    maintenance: int = word("maintenance margin after", unit="micro-dollars")


@event(53, "{amount} of asset {asset} are converted for {value}")
class CollateralConverted(Event):
    """The insurance pool bought collateral of an account that owed and held no position."""

    asset: int = word("the asset")
    amount: int = word("how much", unit="base units")
    quote: int = word("the asset that was paid for it")
    value: int = word("how much was paid: at its index, after its haircut", unit="micro-dollars")
    pool: int = word("account of the pool")
