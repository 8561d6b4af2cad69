"""Where each field stands in its rows, and that a definition says what is derived from it."""

from string import Formatter

import pytest

import pilothouse.language.commands
import pilothouse.language.events  # noqa: F401
from pilothouse.language.schema import COMMAND_HEAD, COMMANDS, EVENT_HEAD, EVENTS, ROW_WORDS

WORDS = [
    *((one, len(COMMAND_HEAD)) for one in COMMANDS.values()),
    *((one, len(EVENT_HEAD)) for one in EVENTS.values()),
]


@pytest.mark.parametrize(("cls", "head"), WORDS, ids=lambda one: getattr(one, "__name__", ""))
def test_fields_follow_each_other_and_texts_stay_in_one_row(cls, head):
    at = head
    for slot in cls.layout.slots:
        row_end = -(-at // ROW_WORDS) * ROW_WORDS
        assert slot.start in (at, row_end), f"{slot.name} leaves a gap"
        last = slot.start + max(slot.words, 1) - 1
        assert slot.start // ROW_WORDS == last // ROW_WORDS, f"{slot.name} straddles two rows"
        at = slot.start + slot.words
    assert at == cls.layout.fixed_words


@pytest.mark.parametrize(("cls", "head"), WORDS, ids=lambda one: getattr(one, "__name__", ""))
def test_a_definition_explains_itself(cls, head):
    names = {slot.name for slot in cls.layout.slots}
    asked = {name for _, name, _, _ in Formatter().parse(cls.sentence) if name}
    assert asked <= names, f"the sentence names {asked - names}"
    assert cls.__doc__ and all(slot.doc for slot in cls.layout.slots)


@pytest.mark.parametrize(("cls", "head"), WORDS, ids=lambda one: getattr(one, "__name__", ""))
def test_records_stand_last_and_are_counted(cls, head):
    for place, slot in enumerate(cls.layout.slots):
        if slot.of is not None:
            assert place == len(cls.layout.slots) - 1
            assert cls.layout.slot("count").words == 1


@pytest.mark.parametrize("cls", EVENTS.values(), ids=lambda one: one.__name__)
def test_an_event_is_one_row(cls):
    assert cls.layout.fixed_words <= ROW_WORDS
    assert all(slot.of is None for slot in cls.layout.slots)


def test_every_word_has_a_name():
    for cls, _ in WORDS:
        names = list(cls.layout.word_names())
        assert len({at for _, at in names}) == len(names) == len({name for name, _ in names})
