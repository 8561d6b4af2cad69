"""Who hears the words of a change: the exchange, the register, or the keepers of powers."""

from typing import Final

from pilothouse.control.hearers import exchange, powers, register
from pilothouse.control.hearers.hearer import Hearer, Words
from pilothouse.control.powers import Give
from pilothouse.control.register import Write

EXCHANGE: Final[Hearer] = exchange
REGISTER: Final[Hearer] = register
POWERS: Final[Hearer] = powers
_BY_WORD: Final[dict[type[Words], Hearer]] = {Write: REGISTER, Give: POWERS}


def hearer_of(word: type[Words]) -> Hearer:
    """Return who hears a word: an entry, a person's power, or a command of the exchange."""
    return _BY_WORD.get(word, EXCHANGE)
