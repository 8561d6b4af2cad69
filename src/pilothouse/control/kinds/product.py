"""Product: what the house offers, with its owner, its markets, and what watches over it."""

from __future__ import annotations

from typing import Final

from pilothouse.control import register
from pilothouse.control.kinds import alert_rule, runbook
from pilothouse.control.kinds.entry_fields import Choice, EntryField, Several
from pilothouse.control.kinds.kind import Direction, Fields, Weight
from pilothouse.control.kinds.registered import Registered
from pilothouse.control.owners import roles
from pilothouse.control.ports import Reader
from pilothouse.control.refusals import UNKNOWN_ENTRY, Reason, of_the_engine
from pilothouse.language import refusals


class Product(Registered):
    """The kind."""

    NAME = "product"
    TITLE = "Product"
    PROTECTS_DIRECTION = (
        "a product groups what belongs together and changes no market; "
        "alert rules of the product stop watching a market that is taken out"
    )
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

    def weight(self, fields: Fields, reader: Reader) -> Weight:
        """Return B: one other person reads it. A market less is watched less, which loosens."""
        was, becomes = (one["body"] or {} for one in (self.before(fields, reader), fields))
        if set(was.get("markets", ())) <= set(becomes.get("markets", ())):
            return super().weight(fields, reader)
        reason = "alert rules of this product no longer watch a market that is taken out"
        return Weight("B", (reason,), Direction.LOOSENS)


KIND: Final = Product()
NAME: Final = KIND.NAME
