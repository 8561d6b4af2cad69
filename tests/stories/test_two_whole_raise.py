"""Story Two: the whole raise at once; whom it hits is what a rehearsal just before says."""

import numpy as np

from pilothouse.engine.machine import Machine
from pilothouse.journal.reader import Reader
from pilothouse.journal.storage import Files
from pilothouse.language.events import MarginScheduleSet, ProtectionStepTaken
from pilothouse.language.rows import from_event_row, split
from pilothouse.venue.views import accounts, margin
from tests.stories.business import (
    BELOW_MAINTENANCE,
    apply,
    facts,
    propose_raise,
    set_ceiling,
    shown,
    sign,
    wait_for_state,
)

CONTRACT = "PF_ETHUSD"


def below_maintenance(machine):
    """The accounts whose equity is below maintenance margin."""
    numbers = range(1, accounts.account_count(machine) + 1)
    views = {number: margin.margin(machine, number) for number in numbers}
    return {number for number, view in views.items() if view.equity < view.maintenance}


def hit_by(machine, rows, time):
    """Whom these commands hit: protection began, or the account is newly below maintenance."""
    before = below_maintenance(machine)
    stepped = machine.step(rows, time)
    happened = [from_event_row(row) for row in stepped.events]
    protected = {one.account for one in happened if isinstance(one.event, ProtectionStepTaken)}
    told = [one.event for one in happened if isinstance(one.event, MarginScheduleSet)]
    return (protected | below_maintenance(machine)) - before, told


def replayed_to(home, position):
    """A machine at the end of the block before a position, and the block that has it."""
    machine, reader = Machine.empty(), Reader(Files(home))
    for block in reader.read():
        if block.header.last_position >= position:
            return machine, block
        machine.step(block.rows, block.header.time)
    raise AssertionError(f"the journal ends before {position}")


def test_the_accounts_hit_are_those_of_a_rehearsal_just_before_the_command(desk, demonstration):
    operator = desk.sit_down("operator")
    number = propose_raise(operator, CONTRACT)
    assert shown(operator, BELOW_MAINTENANCE) > 0
    set_ceiling(operator, number, 3 * shown(operator, BELOW_MAINTENANCE) + 20)

    sign(desk.sit_down("risk"), number)
    apply(operator, number)
    assert wait_for_state(operator, number, "verified", "held", "failed") == "verified"

    position = facts(operator, number)["steps"][0]["position"]
    machine, block = replayed_to(demonstration.home, position)
    commands = split(block.rows)
    place = position - block.header.first_position
    ahead = commands[:place]
    if ahead:
        machine.step(_joined(ahead), block.header.time)
    rehearsed, rehearsed_event = hit_by(machine.copy(), commands[place], block.header.time)
    hit, event = hit_by(machine, _joined(commands[place:]), block.header.time)

    assert rehearsed == hit
    assert len(hit) > 0
    assert rehearsed_event == event
    assert shown(operator, BELOW_MAINTENANCE, "Actual") == event[0].accounts_below_maintenance


def _joined(commands):
    return np.concatenate(commands)
