"""Alert rule: when a measure is called an alert, how bad it is, whose turn, and what to do.

The preview tries the rule on what was recorded and says how often it would have fired.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from pilothouse.access.roles import Role
from pilothouse.control import record_rules, register, watched
from pilothouse.control.kinds import runbook
from pilothouse.control.kinds.entry_fields import Choice, EntryField, Whole
from pilothouse.control.kinds.kind import (
    Difference,
    Direction,
    Fields,
    FormField,
    Question,
    Unreadable,
    Weight,
)
from pilothouse.control.kinds.registered import Registered
from pilothouse.control.owners import responders, unheld
from pilothouse.control.ports import Reader
from pilothouse.control.refusals import (
    CLEARS_BEYOND_ITS_LIMIT,
    LIMIT_MEANS_NOTHING,
    LOOSER_ABOUT_RECORDS,
    SCOPE_DOES_NOT_FIT,
    UNKNOWN_ENTRY,
    Reason,
    of_the_engine,
)
from pilothouse.control.severity import ORDER, Severity
from pilothouse.control.watched import MEASURES, Taken
from pilothouse.language import refusals
from pilothouse.language.numbers import NotExact

ROLES: Final = ("owner", "escalate_to")
NOBODY: Final = "nobody holds this role now"
TESTS: Final = (("above", "is above"), ("below", "is below"))
EXCHANGE: Final = "exchange"
MANY: Final = ("markets", "spot", "perpetuals")
"""Scopes of many markets: all that trade, or those of a family."""
MARKET: Final = "market:"
PRODUCT: Final = "product:"


def _measures() -> tuple[tuple[str, str], ...]:
    return tuple((one.name, f"{one.title} ({one.taken})") for one in MEASURES.values())


def _severities() -> tuple[tuple[str, str], ...]:
    return tuple((one.value, one.value) for one in Severity)


def _runbooks() -> tuple[tuple[str, str], ...]:
    return tuple((one.key, one.body["title"]) for one in register.entries(runbook.NAME))


@dataclass(frozen=True)
class Limit(EntryField):
    """A value in the unit of the rule's measure; None where an optional one is left empty."""

    wide: bool = False
    letters_most: int = 0

    def read(self, form: Mapping[str, str]) -> int | None:
        """Return the value a form means; raises Unreadable."""
        text = form.get(self.name, "").strip()
        if not text and self.optional:
            return None
        try:
            return watched.read(text, _unit(form))
        except NotExact as problem:
            raise Unreadable(self.name, str(problem)) from None

    def text(self, body: Mapping[str, Any]) -> str:
        """Return the value as people read it."""
        value = body[self.name]
        return "" if value is None else watched.shown(value, _unit(body))

    def told(self, body: Mapping[str, Any]) -> str:
        """Return the value with the word of its unit."""
        text = self.text(body)
        return f"{text} {watched.word(_unit(body))}".strip() if text else "none"

    def form_field(self, body: Mapping[str, Any]) -> FormField:
        """Return the field with the word of its unit, once the measure is known."""
        made = super().form_field(body)
        return replace(made, unit=watched.word(_unit(body))) if body else made


def _unit(of: Mapping[str, Any]) -> watched.Unit:
    measure = of.get("measure", "")
    if measure not in MEASURES:
        raise Unreadable("measure", "not a known measure")
    return MEASURES[measure].unit


class AlertRule(Registered):
    """The kind."""

    NAME = "alert_rule"
    TITLE = "Alert rule"
    PROTECTS_DIRECTION = (
        "a rule that fires sooner, longer or with a higher severity protects; "
        "too many alerts tire people"
    )
    QUESTIONS = (
        Question("times_fired", "times it would have fired in the last 24 hours"),
        Question("minutes_recorded", "minutes of those 24 hours that were recorded", "minutes"),
    )
    FIELDS = (
        EntryField("title", "Title"),
        Choice("measure", "Measure", of=_measures),
        EntryField(
            "scope",
            "Scope",
            hint="exchange, markets, spot, perpetuals, market:SYMBOL or product:KEY",
            start="markets",
        ),
        Choice("test", "Fires when it", of=lambda: TESTS),
        Limit("limit", "Limit", hint="in the measure's unit"),
        Limit("clear_limit", "Clears within", hint="empty for the limit itself", optional=True),
        Whole("for_s", "For", "seconds", start=10, least=0),
        Whole("clear_s", "Clears after", "seconds", start=30, least=0),
        Whole("absent_s", "Missing after", "seconds", start=30, least=1),
        Choice("severity", "Severity", start=Severity.MEDIUM, of=_severities),
        Choice("owner", "Owner", start=Role.OPERATOR, of=responders),
        Whole("escalate_s", "Escalates after", "seconds", start=300, least=1),
        Choice("escalate_to", "Escalates to", start=Role.DUTY_MANAGER, of=responders),
        Choice("runbook", "Runbook", of=_runbooks, optional=True),
    )

    def check(self, fields: Fields, reader: Reader, now: datetime) -> Reason | None:
        """Return the first reason why it cannot be."""
        refused = super().check(fields, reader, now)
        if refused is None and record_rules.is_looser(fields["key"], fields["body"]):
            return LOOSER_ABOUT_RECORDS
        return refused

    def check_body(self, body: register.Body, reader: Reader) -> Reason | None:
        """Return the first reason against a rule."""
        if _means_nothing(body):
            return LIMIT_MEANS_NOTHING
        sign = 1 if body["test"] == "above" else -1
        if body["clear_limit"] is not None and sign * (body["limit"] - body["clear_limit"]) < 0:
            return CLEARS_BEYOND_ITS_LIMIT
        return _against_scope(body["scope"], MEASURES[body["measure"]].taken, reader)

    def weight(self, fields: Fields, reader: Reader) -> Weight:
        """Return A for a rule that watches more than before, B for all else."""
        was, becomes = self.before(fields, reader)["body"], fields["body"]
        if becomes is None:
            return Weight("B", ("nobody would be notified",), Direction.LOOSENS)
        if was is None:
            return Weight("A", ("a new rule only adds monitoring",), Direction.PROTECTS)
        if _stays_or_tightens(was, becomes):
            return Weight("A", ("it fires whenever it did before",), Direction.PROTECTS)
        why = (
            "it can stay silent where it fired before, clear sooner, or tell people another thing"
        )
        return Weight("B", (why,), Direction.LOOSENS)

    def _different(
        self, one: EntryField, was: Mapping[str, Any], becomes: Mapping[str, Any]
    ) -> Difference:
        # A rule whose turn is nobody's is answered by nobody: whoever reads it is to see that.
        made = super()._different(one, was, becomes)
        role = becomes.get(one.name, "") if one.name in ROLES else ""
        return replace(made, after=f"{made.after} ({NOBODY})") if unheld(role) else made


def _means_nothing(body: register.Body) -> bool:
    # No measure is negative: such a rule would fire always or never, or clear never.
    least = 0 if body["test"] == "above" else 1
    clears: int = body["limit"] if body["clear_limit"] is None else body["clear_limit"]
    return clears < 0 or bool(body["limit"] < least)


def _against_scope(scope: str, taken: Taken, reader: Reader) -> Reason | None:
    if (scope == EXCHANGE) != (taken in (Taken.EXCHANGE, Taken.TABLE)):
        return SCOPE_DOES_NOT_FIT
    if scope == "spot" and taken in (Taken.CONTRACT, Taken.SOURCE):
        return SCOPE_DOES_NOT_FIT
    if scope.startswith(MARKET):
        listed = {one.symbol for one in reader.markets()}
        known = scope.removeprefix(MARKET) in listed
        return None if known else of_the_engine(refusals.UNKNOWN_MARKET)
    if scope.startswith(PRODUCT):
        known = register.entry("product", scope.removeprefix(PRODUCT)) is not None
        return None if known else UNKNOWN_ENTRY
    return None if scope in (EXCHANGE, *MANY) else SCOPE_DOES_NOT_FIT


def _stays_or_tightens(was: register.Body, becomes: register.Body) -> bool:
    # Whatever is measured, where and which way must be the same, or nothing can be compared. What
    # people read and do about it is read by another person. Data that are missing sooner begin
    # the count of `for_s` anew, so that an interrupted measure might never fire.
    # And what never clears is resolved by hand once, and does not fire again while it lasts.
    compared = ("limit", "for_s", "escalate_s", "severity")
    same = (was.keys() | becomes.keys()) - set(compared)
    if any(was.get(name) != becomes.get(name) for name in same):
        return False
    sign = 1 if was["test"] == "above" else -1
    return (
        sign * becomes["limit"] <= sign * was["limit"]
        and becomes["for_s"] <= was["for_s"]
        and becomes["escalate_s"] <= was["escalate_s"]
        and ORDER.index(becomes["severity"]) <= ORDER.index(was["severity"])
    )


KIND: Final = AlertRule()
NAME: Final = KIND.NAME
