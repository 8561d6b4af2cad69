"""Hypothesis strategies for every command and event, and a second way to lay them down."""

from enum import IntEnum

from hypothesis import strategies as st

from pilothouse.language.kinds import CauseKind
from pilothouse.language.names import Cause, Name
from pilothouse.language.rows import Message
from pilothouse.language.schema import lay_out

WORD = st.integers(-(1 << 63), (1 << 63) - 1)


def texts(size):
    """Return texts of at most `size` bytes; a zero byte at the end would be padding."""
    letters = st.characters(codec="utf-8", exclude_characters="\0")
    return st.text(letters, max_size=size).filter(lambda one: len(one.encode()) <= size)


def of_slot(slot):
    if slot.of is not None:
        return st.lists(of_class(slot.of, lay_out(slot.of, 0)), max_size=20).map(tuple)
    if slot.kind is str:
        return texts(8 * slot.words)
    if isinstance(slot.kind, type) and issubclass(slot.kind, IntEnum):
        return st.sampled_from(list(slot.kind))
    return WORD


def of_class(cls, layout):
    """Return a strategy for a word or record; a count says how many records follow it."""

    def build(values):
        for slot in layout.slots:
            if slot.of is not None:
                values["count"] = len(values[slot.name])
        return cls(**values)

    return st.fixed_dictionaries({one.name: of_slot(one) for one in layout.slots}).map(build)


def messages(cls):
    names = st.builds(Name, WORD, WORD, WORD)
    causes = st.builds(Cause, st.sampled_from(CauseKind), WORD)
    return st.builds(Message, of_class(cls, cls.layout), names, causes)
