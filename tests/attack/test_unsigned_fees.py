"""Fees that a market charges and that nobody signed are found in the journal, by both readers."""

from types import SimpleNamespace

import numpy as np
import pytest

from pilothouse.control import reconciler
from pilothouse.control.reconcile import Difference
from pilothouse.language.kinds import CauseKind
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.rows import Message, to_rows
from pilothouse.venue.watched_commands import watched_in
from pilothouse.wiring.comparing import _commands
from tests.attack import trading_world as world
from tests.attack.reconciling import Journal, journal

__all__ = ["journal"]
FOUNDERS = [Sender.GENESIS, Sender.IMPORT]


def by(sender, command):
    return Message(command, Name(sender, 9, 1), Cause(CauseKind.GENESIS, 1))


@pytest.mark.parametrize("sender", FOUNDERS)
def test_fees_of_a_market_set_by_who_founds_are_found(journal, sender):
    journal.say(by(sender, world.fees(3)))
    journal.say(by(sender, world.contract("PF_NEW", 3)))
    journal.say(by(sender, world.fees(4)))
    assert journal.tick() == [], "an import brings fees and markets at any time"
    journal.say(by(sender, world.fees(3)))
    assert journal.tick() == [Difference.GENESIS]
    again = Journal(journal.position)
    again.block = journal.block
    again.say(by(sender, world.fees(3, 0)), outcome=1_029)
    assert again.tick() == [Difference.GENESIS] * 2, "also after a restart, and if it was refused"
    assert "not executed" in reconciler.differences()[0].sentence
    assert "fee schedule 3" in reconciler.differences()[1].sentence


def test_a_listing_that_was_refused_charges_nothing(journal):
    journal.say(by(Sender.IMPORT, world.contract("PF_NEW", 3)), outcome=1_205)
    journal.say(by(Sender.IMPORT, world.fees(3)))
    assert journal.tick() == []


def test_change_control_has_no_door_for_fees_yet(journal):
    words = Message(world.fees(3), Name(Sender.CONTROL, 1, 1), Cause(CauseKind.CHANGE, 1))
    journal.say(words)
    assert journal.tick() == [Difference.SENDER]


@pytest.mark.django_db
@pytest.mark.parametrize("sender", FOUNDERS)
def test_verify_finds_them_too(sender):
    said = [by(sender, one) for one in (
        world.fees(3), world.contract("PF_NEW", 3), world.fees(3)
    )]  # fmt: skip
    told = np.zeros((1, 4), np.int64)
    watched = [
        one
        for at, message in enumerate(said, 1)
        for one in watched_in(to_rows(message), reconciler.NUMBERS, at, at, 0, told)
    ]
    collected = SimpleNamespace(watched=watched, end=9, in_use=lambda block: set())
    report = SimpleNamespace(writer_runs=False, position=3)
    (found,) = _commands(collected, report)
    assert "a market has fee schedule 3 already" in found
