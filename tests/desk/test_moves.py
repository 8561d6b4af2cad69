"""The one table of an incident's states and moves: the rule, the buttons and the docs agree."""

from pathlib import Path

import pytest

from pilothouse.desk.moves import ACTIVE, ASKS, MOVES, State, Verb, diagram, target, verb_table

DOC = Path(__file__).parents[2] / "docs" / "desk.md"


def test_no_arrow_stands_twice_and_a_verb_leads_to_one_state():
    arrows = [(one.verb, one.source) for one in MOVES]
    assert len(arrows) == len(set(arrows))


def test_every_state_can_be_reached_and_every_active_one_left():
    reached = {State.OPENED}
    for _ in State:
        reached |= {one.target for one in MOVES if one.source in reached}
    assert reached == set(State)
    left = {one.source for one in MOVES if one.source != one.target}
    assert set(ACTIVE) <= left


@pytest.mark.parametrize("source", State)
def test_what_is_not_in_the_table_leads_nowhere(source):
    for verb in Verb:
        listed = [one.target for one in MOVES if (one.verb, one.source) == (verb, source)]
        assert target(verb, source) == (listed[0] if listed else None)


def test_every_verb_says_what_it_asks_for():
    assert set(ASKS) == {one.verb for one in MOVES} == set(Verb) - {Verb.OPEN}


def test_the_document_draws_this_very_table():
    text = DOC.read_text()
    assert diagram() in text
    assert verb_table() in text
