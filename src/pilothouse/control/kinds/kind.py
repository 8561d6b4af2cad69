"""What every kind of change has: the shape that the verbs rely on.

A kind is a module of `control/kinds/` with these names. Its `fields` are plain JSON: the wish as
integers, one dictionary a step.
"""

# ruff: noqa: D102 - a kind's constants say themselves what they are.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from pilothouse.access.roles import Right
from pilothouse.control.hearers.hearer import Words
from pilothouse.control.ports import Reader
from pilothouse.control.refusals import Reason

Fields = dict[str, Any]
Ceiling = dict[str, int]
"""Limits by the name of what is counted; what is absent has no limit."""
Counts = dict[str, int]


class Direction(StrEnum):
    """Whom the difference serves at first sight. The preview measures whom it hurts."""

    PROTECTS = "protects"
    LOOSENS = "loosens"
    NEUTRAL = "neutral"


class Reversible(StrEnum):
    """How far a change can be undone."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


class Unreadable(ValueError):
    """A form's field cannot be read: which, and why."""

    def __init__(self, field: str, why: str) -> None:
        self.field, self.why = field, why
        super().__init__(f"{field}: {why}")


@dataclass(frozen=True)
class FormField:
    """One field of a kind's form: its name, its label, its unit, its choices if it has any."""

    name: str
    label: str
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    value: str = ""
    hint: str = ""
    wide: bool = False
    """Whether it takes words rather than a number."""
    letters_most: int = 0
    """How long it may be, 0 if that is told by what it means."""


@dataclass(frozen=True)
class Difference:
    """One value that changes, in words for people, and what it does."""

    name: str
    before: str
    after: str
    effect: str


@dataclass(frozen=True)
class Weight:
    """The class a difference weighs, A to D, why, and its direction."""

    change_class: str
    reasons: tuple[str, ...]
    direction: Direction


@dataclass(frozen=True)
class PlannedStep:
    """One step of a plan: its wish, and the moment before which it is not sent.

    A stage is a step with `conditions`, names of `control/conditions.py`. It is sent once they
    have held without a break for `soak_s` seconds, and it builds on the stages before it.
    """

    fields: Fields
    not_before: datetime | None = None
    conditions: tuple[str, ...] = ()
    soak_s: int = 0


@dataclass(frozen=True)
class Alternative:
    """An alternative to the same protection."""

    key: str
    title: str
    sentence: str
    steps: tuple[PlannedStep, ...]


@dataclass(frozen=True)
class Question:
    """One number an approver asks of a preview, and whether a ceiling can limit it."""

    name: str
    label: str
    unit: str = ""
    limited: bool = False


class Kind(Protocol):
    """A power of an operator: one file."""

    @property
    def NAME(self) -> str: ...
    @property
    def TITLE(self) -> str: ...
    @property
    def WORD(self) -> type[Words]: ...
    @property
    def SUBJECT(self) -> str: ...
    @property
    def PROTECTS_DIRECTION(self) -> str: ...
    @property
    def MANAGED_BY(self) -> Right | None: ...
    @property
    def QUESTIONS(self) -> Sequence[Question]: ...

    def subjects(self, reader: Reader) -> tuple[tuple[str, str], ...]:
        """Return what can be changed: its value in a form's SUBJECT, and what people call it."""

    def describe(self, reader: Reader, subject: str) -> tuple[FormField, ...]:
        """Return the form for a subject, filled with what holds now."""

    def parse(self, form: Mapping[str, str]) -> Fields:
        """Return the wish a form means; raises Unreadable."""

    def title(self, fields: Fields, reader: Reader) -> str:
        """Return the wish as a heading."""

    def objects(self, fields: Fields) -> tuple[str, ...]:
        """Return the names of what it touches: two open changes may not share one."""

    def markets(self, fields: Fields) -> tuple[int, ...]:
        """Return the markets it changes, none if it changes none."""

    def base_version(self, fields: Fields, reader: Reader) -> int:
        """Return the version of what it touches now."""

    def check(self, fields: Fields, reader: Reader, now: datetime) -> Reason | None:
        """Return the first reason why it cannot be, or nothing."""

    def plan(self, fields: Fields, reader: Reader, now: datetime) -> tuple[PlannedStep, ...]:
        """Return the steps that lead to the wish: one, where it can be had at once."""

    def before(self, fields: Fields, reader: Reader) -> Fields:
        """Return what holds now for the same scope."""

    def undo(self, fields: Fields, reader: Reader) -> Fields:
        """Return the wish that brings back what holds now."""

    def reversible(self, fields: Fields, reader: Reader) -> Reversible:
        """Return how far the wish can be undone, once it holds."""

    def difference(self, fields: Fields, reader: Reader) -> tuple[Difference, ...]:
        """Return what changes, value by value."""

    def weight(self, fields: Fields, reader: Reader) -> Weight:
        """Return class and direction of the difference."""

    def words(self, fields: Fields, base_version: int, ceiling: Ceiling | None) -> Words:
        """Return the WORD that will be heard. Without a ceiling nothing is limited."""

    def impact(self, answer: Mapping[str, Any]) -> Counts:
        """Return the counts of QUESTIONS from the rehearsal's first answer."""

    def told(self, event: Mapping[str, Any]) -> Counts:
        """Return the counts of QUESTIONS told by what came of it, those that are told."""

    def instead(self, fields: Fields, reader: Reader, now: datetime) -> tuple[Alternative, ...]:
        """Return alternatives with less impact, none if there are none."""

    def holds(self, fields: Fields, reader: Reader) -> bool:
        """Tell whether the wish is true now."""
