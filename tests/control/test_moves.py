"""The one table of states and moves."""

from itertools import product
from pathlib import Path

import pytest

from pilothouse.control import buttons, gates
from pilothouse.control.moves import (
    MOVES,
    OWNERS,
    NoSuchMove,
    Owner,
    State,
    Verb,
    check_move,
    diagram,
    states_for,
    targets,
)

DOC = Path(__file__).parents[2] / "docs" / "life_of_a_change.md"


def test_every_state_has_an_owner():
    assert set(OWNERS) == set(State)


def test_no_arrow_stands_twice():
    arrows = [(one.verb, one.source, one.target) for one in MOVES]
    assert len(arrows) == len(set(arrows))


def test_every_state_can_be_reached():
    reached = {State.PROPOSED}
    while True:
        further = {one.target for one in MOVES if one.source in reached} | reached
        if further == reached:
            break
        reached = further
    assert reached == set(State)


def test_every_state_that_is_not_over_has_a_way_out():
    stuck = [state for state, owner in OWNERS.items() if owner is not Owner.NOBODY]
    assert [one for one in stuck if not any(move.source is one for move in MOVES)] == []


def test_only_over_states_may_be_left_by_nothing_but_an_undo():
    over = [state for state, owner in OWNERS.items() if owner is Owner.NOBODY]
    verbs = {move.verb for move in MOVES if move.source in over}
    assert verbs <= {Verb.REVERT}


@pytest.mark.parametrize("verb", Verb)
def test_what_is_not_in_the_table_cannot_happen(verb):
    for source, target in product(State, State):
        if target in targets(verb, source):
            check_move(verb, source, target)
        else:
            with pytest.raises(NoSuchMove):
                check_move(verb, source, target)


def test_nothing_is_sent_without_approval():
    assert states_for(Verb.APPLY) == (State.APPROVED, State.SCHEDULED, State.APPLYING)
    into = {one.source for one in MOVES if one.target is State.APPLYING}
    assert into == {State.APPROVED, State.SCHEDULED}


def test_approved_is_reached_by_signatures_or_where_none_are_needed():
    into = {(one.verb, one.source) for one in MOVES if one.target is State.APPROVED}
    assert {verb for verb, _ in into} == {Verb.APPROVE, Verb.PREVIEW}


def test_every_verb_of_a_person_asks_for_a_right_and_has_a_button():
    machines = {Verb.EXPIRE, Verb.CONFLICT, Verb.GIVE_UP}
    assert set(gates.RIGHTS) == set(Verb) - machines
    assert set(buttons.LABELS) == set(Verb) - machines - {Verb.PROPOSE}


def test_the_document_draws_this_very_table():
    assert diagram() in DOC.read_text()
