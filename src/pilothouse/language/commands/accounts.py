"""Accounts: of clients and of the house."""

from pilothouse.language.kinds import ClientClass, Purpose
from pilothouse.language.schema import Command, command, word


@command(140, "An account of a {client_class} client is opened")
class OpenAccount(Command):
    """Open an account. The receipt's `made` is its number, counted from 1."""

    client_class: ClientClass = word("the client's regulatory class")
    jurisdiction: int = word("ISO 3166 numeric country code, 0 if not known", default=0)
    purpose: Purpose = word("a client's, or one of the house's own", default=Purpose.CLIENT)
    firm: int = word("number of the firm it belongs to, 0 for none", default=0)
    orders_max: int = word("open orders it may have, 0 for the default share", default=0)
