"""What is said of a world without a change is what happened in a run that never had it.

The other run is a journal written without the change: no position, no order number is kept for it.
"""

import random

import pytest

from pilothouse.engine.machine import Machine
from pilothouse.journal.storage import Files
from pilothouse.language.events import OrderFilled, ProtectionStepTaken
from pilothouse.language.kinds import ProtectionStep
from pilothouse.language.rows import from_event_row, from_rows, split
from pilothouse.venue.causes import Causes
from pilothouse.venue.explanation.explain import explain_command, explain_event
from pilothouse.venue.explanation.facts import What
from pilothouse.venue.explanation.what_if import would_have
from pilothouse.venue.past import Past
from pilothouse.venue.views.margin import margin
from tests.venue.lived import live, never_was, write_home

SEED, OF_EACH = 5, 8


class NeverWas:
    """The run without the change: its events and outcomes block by block, and margins at ends."""

    def __init__(self, blocks, change, wanted):
        """`wanted` are the (block, account) whose margin is asked for."""
        machine = Machine.empty()
        self.change, self.events, self.outcomes, self.margins = change, {}, {}, {}
        for number, (rows, time) in enumerate(never_was(blocks, change), 1):
            stepped = machine.step(rows, time)
            self.events[number] = [from_event_row(row) for row in stepped.events]
            self.outcomes |= {int(one[0]): int(one[1]) for one in stepped.receipts}
            for block, account in wanted:
                if block == number:
                    view = margin(machine, account)
                    numbers = view.equity, view.initial_with_orders, view.maintenance
                    self.margins[block, account] = numbers

    def number_of(self, position):
        """Return a position, or an order's number, as this run has it."""
        return position - (position > self.change.position)

    def times(self, one):
        """Return the blocks since the change in which the like of an explained event happened."""
        span = range(self.change.block, one.moment.block + 1)
        return [number for number in span if any(map(self._like(one), self.events[number]))]

    def _like(self, one):
        if one.what == What.FEE:
            order = self.number_of(one.order)
            return lambda at: isinstance(at.event, OrderFilled) and order in (
                at.event.taker_order, at.event.maker_order,
            )  # fmt: skip
        alike = {
            ProtectionStep.CANCEL_ORDERS: list(ProtectionStep),
            ProtectionStep.CONVERSION: [ProtectionStep.CONVERSION],
        }.get(one.step, [2, 3, 4])
        return lambda at: (
            isinstance(at.event, ProtectionStepTaken)
            and at.account == one.account
            and at.event.step in alike
        )


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    world, home = live(SEED), tmp_path_factory.mktemp("whatif")
    write_home(home, world.blocks, {len(world.blocks) // 3})
    causes = Causes()
    causes.scan(Files(home), len(world.blocks))
    (change,) = causes.between(1, 10**9)
    return world, Past(home), change


def explained(world, past, change):
    """Explain some liquidations, refusals and fees behind the change."""
    machine, steps, fills, refused = Machine.empty(), [], [], []
    for number, (rows, time) in enumerate(world.blocks, 1):
        stepped = machine.step(rows, time)
        if number <= change.block:
            continue
        for place, row in enumerate(stepped.events):
            one = from_event_row(row)
            if isinstance(one.event, ProtectionStepTaken):
                steps.append((number, place, one.account))
            elif isinstance(one.event, OrderFilled) and one.event.taker_order:
                fills.append((number, place, one.account))
        asked = split(rows)
        refused += [
            (int(receipt[0]), from_rows(asked[k]).command.account)
            for k, receipt in enumerate(stepped.receipts)
            if receipt[1]
        ]
    chance = random.Random(SEED)
    # The first steps are those that the change itself brought about.
    for one in steps[:OF_EACH] + chance.sample(steps, OF_EACH) + chance.sample(fills, OF_EACH):
        yield explain_event(past, *one)
    for one in chance.sample(refused, OF_EACH):
        yield explain_command(past, *one)


def test_without_a_change_is_what_a_run_without_it_did(lived):
    world, past, change = lived
    found = list(explained(world, past, change))
    wanted = {(one.moment.block, one.account) for one in found}
    other, happened = NeverWas(world.blocks, change, wanted), set()
    for one in found:
        would = would_have(past, one, [change.position])
        block = one.moment.block
        assert (would.equity, would.initial_with_orders, would.maintenance) == other.margins[
            block, one.account
        ]
        if one.what == What.REFUSAL:
            outcome = other.outcomes[other.number_of(one.moment.position)]
            assert (would.happens, would.same) == (outcome != 0, outcome == one.refusal)
        else:
            blocks = other.times(one)
            assert (would.happens, would.same) == (bool(blocks), block in blocks)
        happened.add((one.what, would.happens))
    assert (What.LIQUIDATION, False) in happened, (
        "the change is to blame for some, or none is told"
    )
    assert {what for what, happens in happened if happens} == {
        What.LIQUIDATION, What.REFUSAL, What.FEE,
    }  # fmt: skip
