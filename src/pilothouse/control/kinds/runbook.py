"""Runbook: what to do about an alert, and the change it proposes, filled with what holds then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pilothouse.control import draft
from pilothouse.control.kinds import margin_schedule, market_status, price_band
from pilothouse.control.kinds.entry_fields import Choice, EntryField, Several
from pilothouse.control.kinds.kind import Unreadable
from pilothouse.control.kinds.registered import Registered

PROPOSES: Final = {one.NAME: one.TITLE for one in (price_band, market_status, margin_schedule)}
"""The kinds of change a runbook can propose: those of a market."""


@dataclass(frozen=True)
class Template(EntryField):
    """What is set in the proposed change's form, one `field = value` a line."""

    start: Any = ()
    letters_most: int = 0

    def read(self, form: Mapping[str, str]) -> dict[str, str]:
        """Return the settings by the names of fields; raises Unreadable."""
        try:
            return draft.read_template(form.get(self.name, ""))
        except draft.BadTemplate as problem:
            raise Unreadable(self.name, str(problem)) from None

    def shown(self, value: Any) -> str:
        """Return the settings with semicolons between them."""
        return "; ".join(f"{name} = {text}" for name, text in dict(value).items())


class Runbook(Registered):
    """The kind."""

    NAME = "runbook"
    TITLE = "Runbook"
    PROTECTS_DIRECTION = "a runbook proposes; what it proposes is signed like any other change"
    FIELDS = (
        EntryField("title", "Title"),
        EntryField("when", "When to use it"),
        Several("steps", "Steps", hint="in their order, separated by semicolons", between=";"),
        Choice(
            "proposes",
            "Proposes",
            hint="the kind of change it drafts for the alert's market",
            optional=True,
            of=lambda: tuple(PROPOSES.items()),
        ),
        Template(
            "template",
            "Filled with",
            hint="field = value; x0.5 means half of the present value, tier_*_initial every tier",
            optional=True,
        ),
    )

    def read(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Return the body a form means; what is filled in needs a kind to be filled into."""
        body = super().read(form)
        if bool(body["proposes"]) != bool(body["template"]):
            raise Unreadable("template", "a proposal needs both a kind and the fields it fills in")
        return body


KIND: Final = Runbook()
NAME: Final = KIND.NAME
