"""What happens to margin schedules."""

from pilothouse.language.kinds import ClientClass
from pilothouse.language.schema import Event, event, word


@event(60, "the margin schedule of contract {market} is set, version {version}")
class MarginScheduleSet(Event):
    """A margin schedule was written, with what the engine counted in the same command."""

    market: int = word("the contract")
    client_class: ClientClass = word("class of clients, ANY for all")
    jurisdiction: int = word("country, 0 for all")
    opened_from: int = word("positions opened from then on, 0 for all", unit="microseconds")
    version: int = word("the contract's new version")
    accounts_below_initial: int = word("accounts newly below initial margin")
    accounts_below_maintenance: int = word("accounts newly below maintenance margin")
    notional_below_initial: int = word("their notional", unit="micro-dollars")
    notional_below_maintenance: int = word("their notional", unit="micro-dollars")
    cause: int = word("kind of the cause")
    cause_id: int = word("number of the change, case, incident, control or playbook")
