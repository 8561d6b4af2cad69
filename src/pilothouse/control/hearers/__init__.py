"""Who hears the words of a change: the exchange, or the register. A kind's word says which."""

from typing import Final

from pilothouse.control.hearers import exchange, register
from pilothouse.control.hearers.hearer import Hearer, Words
from pilothouse.control.register import Write

EXCHANGE: Final[Hearer] = exchange
REGISTER: Final[Hearer] = register


def hearer_of(word: type[Words]) -> Hearer:
    """Return who hears a word: what is written into the register, or a command of the exchange."""
    return REGISTER if word is Write else EXCHANGE
