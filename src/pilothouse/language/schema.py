"""One definition, every form: how a class of words becomes rows of 128 bytes, and back.

A row is sixteen signed 64-bit words. A command's first seven words say what and from whom; its
fields follow in the order of the class, nine in the head and the rest in continuation rows. A text
takes the words its length needs. A last field that is a tuple of records is laid down word after
word behind the fields. Rows of nothing but zeros at the end are not sent.
"""

from __future__ import annotations

import dataclasses
import enum
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, TypeVar, dataclass_transform

ROW_WORDS: Final = 16
ROW_BYTES: Final = 8 * ROW_WORDS
ROWS_MAX: Final = 64
"""A command is one head and at most 63 continuation rows."""
COMMAND_HEAD: Final = ("command", "row_count", "sender", "name_hi", "name_lo", "cause", "cause_id")
EVENT_HEAD: Final = ("kind", "position", "time", "account")

T = TypeVar("T")


def word(doc: str, *, unit: str = "", default: Any = dataclasses.MISSING) -> Any:
    """Declare a field of one word: an integer or an enumeration, with its unit if it has one."""
    return field(default=default, metadata={"doc": doc, "unit": unit, "words": 1})


def text(doc: str, *, size: int = 24, default: Any = dataclasses.MISSING) -> Any:
    """Declare a text of at most `size` bytes of UTF-8, a multiple of eight."""
    return field(default=default, metadata={"doc": doc, "unit": "", "words": size // 8})


def records(doc: str, of: type) -> Any:
    """Declare the last field: a tuple of records, each a dataclass of words."""
    return field(default=(), metadata={"doc": doc, "unit": "", "words": 0, "of": of})


@dataclass(frozen=True)
class Slot:
    """Where one field stands: its first word counted from the head's first, and how many."""

    name: str
    start: int
    words: int
    kind: type
    doc: str
    unit: str
    of: type | None = None


@dataclass(frozen=True)
class Layout:
    """The place of every field of one class of words."""

    slots: tuple[Slot, ...]
    fixed_words: int

    def slot(self, name: str) -> Slot:
        """Return the slot of the field called `name`."""
        return next(slot for slot in self.slots if slot.name == name)

    def word_names(self) -> Iterator[tuple[str, int]]:
        """Yield a name for every word; a text of three words is name_0, name_1, name_2."""
        for slot in self.slots:
            if slot.words == 1:
                yield slot.name, slot.start
            else:
                yield from ((f"{slot.name}_{k}", slot.start + k) for k in range(slot.words))


class Word:
    """What commands and events have in common: a number, a layout, a sentence."""

    number: ClassVar[int]
    layout: ClassVar[Layout]
    sentence: ClassVar[str]

    def said(self) -> str:
        """Return this word as a sentence for the audit."""
        return self.sentence.format(**as_json(self))


class Command(Word):
    """Something that was asked of the exchange."""

    governed: ClassVar[bool] = False


class Event(Word):
    """Something that happened, derived by the engine and never stored as truth."""


COMMANDS: Final[dict[int, type[Command]]] = {}
EVENTS: Final[dict[int, type[Event]]] = {}


@dataclass_transform(
    kw_only_default=True, frozen_default=True, field_specifiers=(word, text, records)
)
def command(number: int, sentence: str, *, governed: bool = False) -> Callable[[type[T]], type[T]]:
    """Define a command. A governed one is an operator's power and carries a typed cause."""

    def define(cls: type[T]) -> type[T]:
        made: Any = dataclass(frozen=True, kw_only=True)(cls)
        made.number, made.sentence, made.governed = number, sentence, governed
        made.layout = lay_out(made, len(COMMAND_HEAD))
        _register(COMMANDS, number, made)
        return typing.cast(type[T], made)

    return define


@dataclass_transform(
    kw_only_default=True, frozen_default=True, field_specifiers=(word, text, records)
)
def event(number: int, sentence: str) -> Callable[[type[T]], type[T]]:
    """Define an event of at most twelve words beside its head."""

    def define(cls: type[T]) -> type[T]:
        made: Any = dataclass(frozen=True, kw_only=True)(cls)
        made.number, made.sentence = number, sentence
        made.layout = lay_out(made, len(EVENT_HEAD))
        if made.layout.fixed_words > ROW_WORDS:
            raise ValueError(f"{cls.__name__} has more words than an event holds")
        _register(EVENTS, number, made)
        return typing.cast(type[T], made)

    return define


def _register(register: dict[int, Any], number: int, made: Any) -> None:
    if number in register:
        raise ValueError(f"{made.__name__} and {register[number].__name__} share a number")
    register[number] = made


def lay_out(cls: type, start: int) -> Layout:
    """Return the layout of a dataclass whose first field stands at word `start`.

    A text never straddles the end of a row, so that a kernel reads it from one row.
    """
    hints = typing.get_type_hints(cls)
    slots = []
    for one in dataclasses.fields(cls):
        words = one.metadata["words"]
        if words > 1 and start // ROW_WORDS != (start + words - 1) // ROW_WORDS:
            start = (start // ROW_WORDS + 1) * ROW_WORDS
        kind = hints[one.name] if words else tuple
        slots.append(
            Slot(
                one.name,
                start,
                words,
                kind,
                one.metadata["doc"],
                one.metadata["unit"],
                one.metadata.get("of"),
            )
        )
        start += words
    return Layout(tuple(slots), start)


def as_json(made: Any) -> dict[str, Any]:
    """Return a word or record as plain names and values; enumerations by their lower-case name."""
    return {one.name: _plain(getattr(made, one.name)) for one in dataclasses.fields(made)}


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.name.lower()
    if isinstance(value, tuple):
        return [as_json(one) for one in value]
    return value


def from_json(cls: type[T], plain: dict[str, Any]) -> T:
    """Return the word that `as_json` took apart."""
    hints = typing.get_type_hints(cls)
    made = {}
    for one in dataclasses.fields(cls):  # type: ignore[arg-type]
        if one.name in plain:
            made[one.name] = _from_plain(hints[one.name], plain[one.name], one.metadata.get("of"))
    return cls(**made)


def _from_plain(kind: Any, value: Any, of: type | None) -> Any:
    if of is not None:
        return tuple(from_json(of, one) for one in value)
    if isinstance(kind, type) and issubclass(kind, enum.IntEnum):
        return kind[value.upper()] if isinstance(value, str) else kind(value)
    return value
