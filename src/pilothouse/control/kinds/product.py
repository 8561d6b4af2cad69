"""Product: what the house offers, with its owner, its markets, and what watches over it."""

from __future__ import annotations

from typing import Final

from pilothouse.control import register
from pilothouse.control.kinds import alert_rule, runbook
from pilothouse.control.kinds.entry_fields import Choice, EntryField, Several
from pilothouse.control.kinds.registered import Registered
from pilothouse.control.owners import roles
from pilothouse.control.ports import Reader
from pilothouse.control.refusals import UNKNOWN_ENTRY, Reason, of_the_engine
from pilothouse.language import refusals


class Product(Registered):
    """The kind."""

    NAME = "product"
    TITLE = "Product"
    PROTECTS_DIRECTION = "a product groups what belongs together; it changes no market"
    FIELDS = (
        EntryField("title", "Title"),
        Choice("owner", "Owner", of=roles),
        Several("markets", "Markets", hint="symbols, separated by commas"),
        Several("services", "Services", hint="the services it consists of", optional=True),
        Several("rules", "Alert rules", hint="keys of rules", optional=True),
        Several("runbooks", "Runbooks", hint="keys of runbooks", optional=True),
    )

    def check_body(self, body: register.Body, reader: Reader) -> Reason | None:
        """Return the first reason against a product: it names what is not there."""
        listed = {one.symbol for one in reader.markets()}
        if not set(body["markets"]) <= listed:
            return of_the_engine(refusals.UNKNOWN_MARKET)
        for kind, name in ((alert_rule.NAME, "rules"), (runbook.NAME, "runbooks")):
            if not set(body[name]) <= {one.key for one in register.entries(kind)}:
                return UNKNOWN_ENTRY
        return None


KIND: Final = Product()
NAME: Final = KIND.NAME
