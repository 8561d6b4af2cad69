"""What every kind of register entry has in common; a kind adds its fields, checks and weight.

The wish of such a change is `{"key": …, "body": {…}}`; without a body the entry is taken out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Final

from pilothouse.access.roles import Right
from pilothouse.control import register
from pilothouse.control.hearers.hearer import Words
from pilothouse.control.kinds.entry_fields import EntryField
from pilothouse.control.kinds.kind import (
    Alternative,
    Ceiling,
    Counts,
    Difference,
    Direction,
    Fields,
    FormField,
    PlannedStep,
    Question,
    Reversible,
    Unreadable,
    Weight,
)
from pilothouse.control.ports import Reader
from pilothouse.control.refusals import ENTRY_IS_MISSING, Reason, of_the_engine
from pilothouse.control.register import Write
from pilothouse.language import refusals

NEW: Final = "new"
"""The subject of a form for an entry that is not there yet."""
_KEY_MOST: Final = 48
_KEY_OF: Final = "lower-case letters, digits and _"
_KEY: Final = re.compile(rf"[a-z][a-z0-9_]{{1,{_KEY_MOST - 1}}}")
_KEEP: Final = (("keep", "keep it"), ("take_out", "take it out"))


class Registered:
    """A kind whose changes are written into the register."""

    WORD: ClassVar[type[Words]] = Write
    SUBJECT: ClassVar[str] = "entry"
    MANAGED_BY: ClassVar[Right | None] = None
    QUESTIONS: ClassVar[tuple[Question, ...]] = ()
    NAME: ClassVar[str]
    TITLE: ClassVar[str]
    PROTECTS_DIRECTION: ClassVar[str]
    FIELDS: ClassVar[tuple[EntryField, ...]]

    def subjects(self, reader: Reader) -> tuple[tuple[str, str], ...]:
        """Return the entries that hold now, and a new one."""
        held = register.entries(self.NAME)
        named = tuple((one.key, f"{one.key}: {one.body['title']}") for one in held)
        return ((NEW, "a new one"), *named)

    def describe(self, reader: Reader, subject: str) -> tuple[FormField, ...]:
        """Return the form of an entry: its key if it is new, its fields, whether it stays."""
        held = None if subject == NEW else register.entry(self.NAME, subject)
        fields = tuple(one.form_field(held.body if held else {}) for one in self.FIELDS)
        if held is None:
            hint = f"{_KEY_OF}; cannot be changed later"
            return (FormField("key", "Key", hint=hint, wide=True, letters_most=_KEY_MOST), *fields)
        return (*fields, FormField("stay", "Entry", choices=_KEEP, value="keep"))

    def parse(self, form: Mapping[str, str]) -> Fields:
        """Return the wish a form means; raises Unreadable."""
        subject = form.get(self.SUBJECT, NEW)
        key = form.get("key", "").strip() if subject == NEW else subject
        if not _KEY.fullmatch(key) or key == NEW:
            raise Unreadable("key", f"it is not of 2 to {_KEY_MOST} {_KEY_OF}")
        if form.get("stay") == "take_out":
            return {"key": key, "body": None}
        return {"key": key, "body": self.read(form)}

    def read(self, form: Mapping[str, str]) -> register.Body:
        """Return the body a form means; raises Unreadable."""
        return {one.name: one.read(form) for one in self.FIELDS}

    def title(self, fields: Fields, reader: Reader) -> str:
        """Return the wish as a heading."""
        what = fields["body"]["title"] if fields["body"] else "taken out"
        return f"{self.TITLE} {fields['key']}: {what}"

    def objects(self, fields: Fields) -> tuple[str, ...]:
        """Return what it touches: the one entry."""
        return (f"{self.NAME}:{fields['key']}",)

    def markets(self, fields: Fields) -> tuple[int, ...]:
        """Return no market: an entry changes nothing of the exchange."""
        return ()

    def base_version(self, fields: Fields, reader: Reader) -> int:
        """Return the version of the entry, 0 if it never was."""
        return register.version(self.NAME, fields["key"])

    def check(self, fields: Fields, reader: Reader, now: datetime) -> Reason | None:
        """Return the first reason why it cannot be."""
        held = self.before(fields, reader)["body"]
        if held is None and fields["body"] is None:
            return ENTRY_IS_MISSING
        if held == fields["body"]:
            return of_the_engine(refusals.NOTHING_TO_CHANGE)
        return self.check_body(fields["body"], reader) if fields["body"] else None

    def check_body(self, body: register.Body, reader: Reader) -> Reason | None:
        """Return the first reason against a body."""
        return None

    def plan(self, fields: Fields, reader: Reader, now: datetime) -> tuple[PlannedStep, ...]:
        """Return the one step."""
        return (PlannedStep(fields),)

    def before(self, fields: Fields, reader: Reader) -> Fields:
        """Return the entry as it holds now."""
        held = register.entry(self.NAME, fields["key"])
        return {"key": fields["key"], "body": held.body if held else None}

    def undo(self, fields: Fields, reader: Reader) -> Fields:
        """Return the wish for what holds now."""
        return self.before(fields, reader)

    def reversible(self, fields: Fields, reader: Reader) -> Reversible:
        """Return that the entry before can be set again."""
        return Reversible.YES

    def difference(self, fields: Fields, reader: Reader) -> tuple[Difference, ...]:
        """Return what changes, field by field."""
        was, becomes = self.before(fields, reader)["body"] or {}, fields["body"] or {}
        return tuple(self._different(one, was, becomes) for one in self.FIELDS)

    def _different(
        self, one: EntryField, was: Mapping[str, Any], becomes: Mapping[str, Any]
    ) -> Difference:
        old, new = (one.told(body) if body else "none" for body in (was, becomes))
        return Difference(one.label.lower(), old, new, "same" if old == new else "changes")

    def weight(self, fields: Fields, reader: Reader) -> Weight:
        """Return B: one other person reads it."""
        return Weight("B", ("another person reads it",), Direction.NEUTRAL)

    def words(self, fields: Fields, base_version: int, ceiling: Ceiling | None) -> Words:
        """Return what the register will hear."""
        return Write(self.NAME, fields["key"], fields["body"], base_version)

    def impact(self, answer: Mapping[str, Any]) -> Counts:
        """Return the counts of QUESTIONS that a trial answered."""
        return {one.name: int(answer[one.name]) for one in self.QUESTIONS if one.name in answer}

    def told(self, event: Mapping[str, Any]) -> Counts:
        """Return nothing: the register counts nothing."""
        return {}

    def instead(self, fields: Fields, reader: Reader, now: datetime) -> tuple[Alternative, ...]:
        """Return nothing: an entry hurts nobody."""
        return ()

    def holds(self, fields: Fields, reader: Reader) -> bool:
        """Tell whether the entry is as wished."""
        return bool(self.before(fields, reader) == fields)
