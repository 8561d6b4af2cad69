"""Every command and event becomes rows and comes back the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pilothouse.language.commands
import pilothouse.language.events
from pilothouse.language.commands import CancelOrder, MarginTier, SetMarginSchedule
from pilothouse.language.kinds import ClientClass
from pilothouse.language.names import Name
from pilothouse.language.rows import (
    Malformed,
    Message,
    from_event_row,
    from_rows,
    split,
    text_words,
    to_rows,
)
from pilothouse.language.schema import COMMANDS, EVENTS, ROW_WORDS, as_json, from_json
from tests.language.words import WORD, messages, of_class

EVERY_COMMAND = sorted(COMMANDS.values(), key=lambda one: one.number)
EVERY_EVENT = sorted(EVENTS.values(), key=lambda one: one.number)


@pytest.mark.parametrize("cls", EVERY_COMMAND, ids=lambda one: one.__name__)
@settings(max_examples=60)
@given(st.data())
def test_a_command_comes_back_from_its_rows(cls, data):
    message = data.draw(messages(cls))
    rows = to_rows(message)
    assert rows.shape == (rows[0, 1], ROW_WORDS) and rows.dtype == np.int64
    assert from_rows(rows) == message


@pytest.mark.parametrize("cls", EVERY_EVENT, ids=lambda one: one.__name__)
@settings(max_examples=60)
@given(st.data())
def test_an_event_comes_back_from_its_row(cls, data):
    event = data.draw(of_class(cls, cls.layout))
    row = np.zeros(ROW_WORDS, np.int64)
    row[:4] = head = (cls.number, *data.draw(st.tuples(WORD, WORD, WORD)))
    for slot in cls.layout.slots:
        value = getattr(event, slot.name)
        words = text_words(value, slot.words) if slot.kind is str else [int(value)]
        row[slot.start : slot.start + slot.words] = words
    happened = from_event_row(row)
    assert happened.event == event
    assert (cls.number, happened.position, happened.time, happened.account) == head


@pytest.mark.parametrize("cls", EVERY_COMMAND, ids=lambda one: one.__name__)
@settings(max_examples=30)
@given(st.data())
def test_a_command_comes_back_from_its_json(cls, data):
    command = data.draw(of_class(cls, cls.layout))
    assert from_json(cls, as_json(command)) == command
    assert command.said()


@given(st.lists(st.sampled_from(EVERY_COMMAND).flatmap(messages), max_size=6))
def test_a_block_is_cut_into_the_commands_it_was_made_of(block):
    rows = np.concatenate([np.zeros((0, ROW_WORDS), np.int64), *map(to_rows, block)])
    assert [from_rows(one) for one in split(rows)] == block


def schedule(tiers):
    one = MarginTier(floor_usd=0, initial_ppm=20_000, maintenance_ppm=10_000)
    return SetMarginSchedule(
        market=1,
        client_class=ClientClass.ANY,
        jurisdiction=0,
        opened_from=0,
        base_version=1,
        accounts_below_initial_max=-1,
        accounts_below_maintenance_max=-1,
        notional_below_initial_max=-1,
        notional_below_maintenance_max=-1,
        count=tiers,
        tiers=(one,) * tiers,
    )


def test_a_command_of_more_than_sixty_four_rows_is_malformed():
    with pytest.raises(Malformed, match="rows"):
        to_rows(Message(schedule(1000), Name(2, 1, 1)))


def test_a_text_that_does_not_fit_is_malformed():
    with pytest.raises(Malformed, match="longer than 40 bytes"):
        to_rows(Message(CancelOrder(account=1, client_order_id="é" * 21), Name(8, 1, 1)))


def test_rows_that_announce_what_is_not_there_are_malformed():
    rows = to_rows(Message(schedule(6), Name(2, 1, 1)))
    with pytest.raises(Malformed, match="announces"):
        split(rows[:-1])
    short = rows[:2].copy()
    with pytest.raises(Malformed, match="announced"):
        from_rows(short)


def test_an_unknown_number_is_malformed():
    with pytest.raises(Malformed, match="no command"):
        from_rows(np.full((1, ROW_WORDS), 999, np.int64))


def test_each_room_of_words_names_all_of_them():
    assert {one.__name__ for one in EVERY_COMMAND} <= set(pilothouse.language.commands.__all__)
    assert {one.__name__ for one in EVERY_EVENT} == set(pilothouse.language.events.__all__)
