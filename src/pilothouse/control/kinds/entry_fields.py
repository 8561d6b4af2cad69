"""The fields of a register entry: each read from a form into plain JSON, and shown again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pilothouse.control import forms
from pilothouse.control.kinds.kind import FormField, Unreadable
from pilothouse.language.texts import NotPlain, check_text

LETTERS_MOST: Final = 200
"""How long one text may be: it stands in tables and in notices."""
SECONDS_MOST: Final = 86_400
"""A day: what waits longer waits for nobody."""
LINES_MOST: Final = 200

Choices = Callable[[], tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class EntryField:
    """One field: a text of one or more words, unless `optional`."""

    name: str
    label: str
    unit: str = ""
    hint: str = ""
    start: Any = ""
    optional: bool = False
    wide: bool = True
    letters_most: int = LETTERS_MOST

    def read(self, form: Mapping[str, str]) -> Any:
        """Return the value a form means; raises Unreadable."""
        text = form.get(self.name, "").strip()
        if not text and not self.optional:
            raise Unreadable(self.name, "it is empty")
        return _short(self.name, text)

    def shown(self, value: Any) -> str:
        """Return a value as text."""
        return str(value)

    def text(self, body: Mapping[str, Any]) -> str:
        """Return the field of a body as it stands in a form and in a difference."""
        return self.shown(body[self.name])

    def told(self, body: Mapping[str, Any]) -> str:
        """Return the field of a body with its unit, as a difference tells it."""
        text = self.text(body)
        return f"{text} {self.unit}".strip() if text else "none"

    def choices(self) -> tuple[tuple[str, str], ...]:
        """Return what can be chosen; nothing where it is written freely."""
        return ()

    def form_field(self, body: Mapping[str, Any]) -> FormField:
        """Return the field of a form, filled from a body or with the value it starts from."""
        value = self.text(body) if self.name in body else self.shown(self.start)
        shape = (self.hint, self.wide, self.letters_most)
        return FormField(self.name, self.label, self.unit, self.choices(), value, *shape)


@dataclass(frozen=True)
class Whole(EntryField):
    """A whole number from `least` to `most`."""

    least: int = 0
    most: int = SECONDS_MOST
    wide: bool = False
    letters_most: int = 0

    def read(self, form: Mapping[str, str]) -> int:
        """Return the number a form means; raises Unreadable."""
        value = forms.number(form, self.name)
        if value < self.least:
            raise Unreadable(self.name, f"it is below {self.least}")
        if value > self.most:
            raise Unreadable(self.name, f"it is above {self.most}")
        return value


@dataclass(frozen=True)
class Choice(EntryField):
    """One of what `of` offers when it is asked."""

    of: Choices = tuple

    def choices(self) -> tuple[tuple[str, str], ...]:
        """Return what can be chosen now, and nothing at all if it is optional."""
        return ((("", "none"),) if self.optional else ()) + self.of()

    def read(self, form: Mapping[str, str]) -> str:
        """Return the choice a form means; raises Unreadable."""
        chosen = form.get(self.name, "").strip()
        if chosen not in {value for value, _ in self.choices()}:
            raise Unreadable(self.name, "not one of the choices")
        return chosen


@dataclass(frozen=True)
class Several(EntryField):
    """A list of texts, one a line in a form, or with `between` from one to the next."""

    start: Any = ()
    between: str = ","
    letters_most: int = 0

    def read(self, form: Mapping[str, str]) -> list[str]:
        """Return the texts in the order they were written, each once; raises Unreadable."""
        parts = form.get(self.name, "").replace("\n", self.between).split(self.between)
        found = list(dict.fromkeys(one.strip() for one in parts if one.strip()))
        if not found and not self.optional:
            raise Unreadable(self.name, "it is empty")
        if len(found) > LINES_MOST:
            raise Unreadable(self.name, f"it has more than {LINES_MOST} parts")
        return [_short(self.name, one) for one in found]

    def shown(self, value: Any) -> str:
        """Return the texts in one line."""
        return f"{self.between} ".join(value)


def _short(name: str, text: str) -> str:
    if len(text) > LETTERS_MOST:
        raise Unreadable(name, f"it is longer than {LETTERS_MOST} characters")
    try:
        return check_text(text)
    except NotPlain as hides:
        raise Unreadable(name, str(hides)) from None
