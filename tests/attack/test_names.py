"""Names never hang on a clock or on when a step was laid, and a later one locks nobody in."""

import numpy as np
import pytest

from pilothouse.engine.machine import Machine
from pilothouse.language.commands import CancelAllOrders, CreateExchange, OpenDoor
from pilothouse.language.names import NAMES_PER_HI, Name, Sender, numbered
from pilothouse.language.refusals import (
    DOOR_IS_NOT_OPEN,
    NAME_HAS_ANOTHER_BODY,
    NAME_IS_TOO_FAR_AHEAD,
    NAME_IS_TOO_OLD,
)
from pilothouse.language.rows import Message, to_rows

RING = 16_384
ANY = {"accounts": 8, "balances": 8, "positions": 8, "orders": 8, "levels": 8, "nodes": 8}


class Journal:
    """A machine that is asked one command after the other."""

    def __init__(self):
        self.machine = Machine.empty()
        assert self.ask(CreateExchange(names=RING, **ANY), Name(Sender.GENESIS, 1, 0))[1] == 0

    def ask(self, command, name):
        rows = to_rows(Message(command, name))
        return [int(one) for one in self.machine.step(rows, 1).receipts[0]]

    def cancel(self, name, account=1):
        return self.ask(CancelAllOrders(account=account), name)


@pytest.fixture
def journal():
    return Journal()


def test_a_number_keeps_its_place_while_a_ring_of_later_ones_is_sent(journal):
    """The first release named (change, step): change 257 took the place of change 1 for ever."""
    number = 1
    assert journal.cancel(Name(Sender.CONTROL, 257, 1))[1] != NAME_IS_TOO_OLD
    assert journal.cancel(Name(Sender.CONTROL, 1, 1))[1] == NAME_IS_TOO_OLD
    fresh = Journal()
    waiting = fresh.cancel(numbered(Sender.CONTROL, number))
    for later in range(2, 302):
        assert fresh.cancel(numbered(Sender.CONTROL, later))[3] == 0
    assert fresh.cancel(numbered(Sender.CONTROL, number)) == [*waiting[:3], 1]
    assert fresh.cancel(numbered(Sender.CONTROL, number), account=2)[1] == NAME_HAS_ANOTHER_BODY


def test_numbers_rise_with_the_names_they_make():
    names = [numbered(Sender.CONTROL, one) for one in range(1, 10 * NAMES_PER_HI)]
    assert names == sorted(names, key=lambda one: (one.hi, one.lo)) and len(set(names)) == len(
        names
    )


def test_a_door_rises_whatever_names_were_used_before_it_was_opened(journal):
    for hi in (1_795_000_000_000_000, 5, 1_795_000_000_000_007):
        journal.cancel(Name(Sender.GATEWAY, hi, hi % 60))
    first = journal.ask(OpenDoor(), Name(Sender.GATEWAY, 0, 0))[2]
    assert first == 1_795_000_000_000_008
    assert journal.ask(OpenDoor(), Name(Sender.GATEWAY, 0, 0))[2] == first + 1
    assert journal.ask(OpenDoor(), Name(Sender.GATEWAY + 1, 0, 0))[2] == 1


def test_d6_a_ring_full_of_names_of_a_clock_that_was_ahead_stops_no_door(journal):
    """The first release answered `name_is_too_old` until the clock had caught up."""
    now, ahead = 1_795_000_000_000_000, 1_795_003_600_000_000
    rows = np.repeat(to_rows(Message(CancelAllOrders(account=1), Name(8, ahead, 0))), RING, axis=0)
    rows[:, 4] = np.arange(RING)
    journal.machine.step(rows, 2)
    assert journal.cancel(Name(Sender.GATEWAY, now, 1))[1] == NAME_IS_TOO_OLD
    hi = journal.ask(OpenDoor(), Name(Sender.GATEWAY, 0, 0))[2]
    for k in range(60):
        assert journal.cancel(Name(Sender.GATEWAY, hi, k))[1] not in (
            NAME_IS_TOO_OLD,
            DOOR_IS_NOT_OPEN,
        )


def test_who_was_shut_out_gets_old_receipts_and_executes_nothing(journal):
    one = journal.ask(OpenDoor(), Name(Sender.GATEWAY, 0, 0))[2]
    said = journal.cancel(Name(Sender.GATEWAY, one, 1))
    other = journal.ask(OpenDoor(), Name(Sender.GATEWAY, 0, 0))[2]
    assert journal.cancel(Name(Sender.GATEWAY, one, 1)) == [*said[:3], 1]
    for name in ((one, 2), (other + 1, 1), (2**62, 1), (0, 5)):
        assert journal.cancel(Name(Sender.GATEWAY, *name))[1] == DOOR_IS_NOT_OPEN
    assert journal.cancel(Name(Sender.GATEWAY, other, 1))[1] != DOOR_IS_NOT_OPEN


def test_a_sender_cannot_lock_its_own_door_with_a_name_far_above(journal):
    journal.ask(OpenDoor(), Name(Sender.GATEWAY, 0, 0))
    rows = np.concatenate(
        [
            to_rows(Message(CancelAllOrders(account=1), Name(Sender.GATEWAY, 2**62, k)))
            for k in range(100)
        ]
    )
    journal.machine.step(rows, 2)
    hi = journal.ask(OpenDoor(), Name(Sender.GATEWAY, 0, 0))[2]
    assert hi == 2 and journal.cancel(Name(Sender.GATEWAY, hi, 1))[1] != DOOR_IS_NOT_OPEN


def test_doors_and_nonces_are_in_the_fingerprint_and_survive_a_snapshot(journal):
    before = journal.machine.fingerprint()
    hi = journal.ask(OpenDoor(), Name(Sender.INDEX, 0, 0))[2]
    assert journal.machine.fingerprint() != before
    back = Machine.from_bytes(journal.machine.to_bytes())
    assert back.fingerprint() == journal.machine.fingerprint()
    journal.machine = back
    assert journal.ask(OpenDoor(), Name(Sender.INDEX, 0, 0))[2] == hi + 1


@pytest.mark.parametrize("sender", [Sender.CONTROL, Sender.AUDIT])
def test_one_far_name_does_not_lock_who_counts_its_names_itself(sender):
    journal = Journal()
    assert journal.cancel(Name(sender, 1, 0))[1] != NAME_IS_TOO_FAR_AHEAD
    for far in ((1 << 57) - 1, 1 << 62, (1 << 20) + 2):
        assert journal.cancel(Name(sender, far, 63))[1] == NAME_IS_TOO_FAR_AHEAD
    assert journal.cancel(Name(sender, 2, 0))[1] not in (NAME_IS_TOO_OLD, NAME_IS_TOO_FAR_AHEAD)
