"""What an account did before is found however quiet it was since, within a bound of work."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from pilothouse.journal.appender import Appender
from pilothouse.journal.blocks import Pen
from pilothouse.journal.snapshots import write_snapshot
from pilothouse.journal.storage import Files
from pilothouse.language import refusals as no
from pilothouse.language.commands import PlaceOrder
from pilothouse.language.events import FundingPaid, OrderPlaced
from pilothouse.language.kinds import OrderType, Side, TimeInForce
from pilothouse.language.rows import from_event_row, split
from pilothouse.simulation.world import START_US
from pilothouse.venue.explanation import before as of_before
from pilothouse.venue.explanation import telling
from pilothouse.venue.explanation.before import (
    DEEDS_ENOUGH,
    DEEDS_KEPT,
    about,
    how_far,
    looked_back,
)
from pilothouse.venue.explanation.explain import explain_command
from pilothouse.venue.explanation.facts import Deed
from pilothouse.venue.explanation.shown import shown
from pilothouse.venue.ladder import BLOCK_WORK, work_of
from pilothouse.venue.machine import present_release
from pilothouse.venue.past import Past
from pilothouse.venue.snapshotter import snapshot_of
from pilothouse.venue.standstill import IDLE_S
from tests.venue.lived import Lived

QUIET_BLOCKS = 1_500
SNAPSHOT_EVERY = 400
NO_MARKET = 999


class Quiet:
    """A home in which an account trades, is quiet for long, and then has an order refused."""

    def __init__(self, world, account, traded):
        self.world, self.account, self.traded = world, account, traded
        self.position = world.machine.position
        self.rows = [rows for rows in world.told if len(rows)]

    def deeds(self):
        """Return all that happened to the account before the refusal, from every block."""
        mine = [row for rows in self.rows for row in rows[about(rows, self.account)]]
        told = partial(telling.told, self.world.machine, account=self.account)
        return tuple(
            Deed(one.time, one.position, told(one.event), one.event)
            for one in map(from_event_row, mine)
        )

    def write(self, home, older=0):
        """Write the journal; its first `older` blocks as if another release had."""
        present, storage, machine = present_release(), Files(home), present_release().empty()
        tail = None
        for number, (rows, time) in enumerate(self.world.blocks, 1):
            if number in (1, older + 1):
                digest = bytes(32) if number <= older else present.digest
                appender = Appender(storage, Pen(digest, 1), tail)
            rows = np.ascontiguousarray(rows)
            tail = appender.append(rows, len(split(rows)), time)
            machine.step(rows, time)
            if number == older or (number > older and number % SNAPSHOT_EVERY == 0):
                write_snapshot(storage, snapshot_of(machine, tail, present.digest))
        return Past(home)


@pytest.fixture(scope="module")
def quiet():
    world = Told(5, keep=True)
    world.open()
    world.run(4, 30)
    traded = len(world.blocks)
    placed = np.concatenate(world.told)
    account = int(placed[placed[:, 0] == OrderPlaced.number][-1, 3])
    for _ in range(QUIET_BLOCKS):
        world.time += int(IDLE_S * 10**6)
        world.send([])
    refused = PlaceOrder(
        account=account, market=NO_MARKET, side=Side.BUY, order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC, flags=0,
        price=1, quantity=1,
    )  # fmt: skip
    assert world.send([refused]).receipts[0, 1] == no.UNKNOWN_MARKET
    return Quiet(world, account, traded)


class Told(Lived):
    """A world that also keeps what each of its blocks told."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.told = []

    def step(self, rows):
        stepped = super().step(rows)
        self.told.append(stepped.events)
        return stepped


@pytest.fixture(scope="module")
def past(quiet, tmp_path_factory):
    return quiet.write(tmp_path_factory.mktemp("quiet"))


def explained(past, quiet):
    return looked_back(past, explain_command(past, quiet.position, quiet.account))


def test_the_last_deeds_are_found_behind_a_long_quiet(past, quiet):
    on_the_way = explain_command(past, quiet.position, quiet.account).before
    assert on_the_way.deeds == (), "the nearest snapshot is in the quiet"
    before = explained(past, quiet).before
    assert before.block <= quiet.traded and before.position == 1
    assert before.deeds == quiet.deeds()[-DEEDS_KEPT:] and len(before.deeds) >= DEEDS_ENOUGH


def test_it_looks_no_further_than_the_work_and_a_snapshots_distance(past, quiet, monkeypatch):
    monkeypatch.setattr(of_before, "LOOK_BACK_WORK", 600 * BLOCK_WORK)
    made = explained(past, quiet)
    end = work_of(made.moment.block, made.moment.position)
    looked = end - work_of(made.before.block, made.before.position)
    assert 600 * BLOCK_WORK <= looked < (600 + SNAPSHOT_EVERY + 1) * BLOCK_WORK
    assert made.before.deeds == () and not made.before.is_whole
    said = shown(past, made).nothing
    assert f"block {made.before.block:,}; it was not looked further back." in said


def test_the_hours_funding_is_no_deed(past, quiet):
    made = explain_command(past, quiet.position, quiet.account)
    paid = Deed(1, 1, "funding", FundingPaid(market=1, quantity=1, amount=1))
    for deed, is_looked_for in ((paid, True), (quiet.deeds()[-1], False)):
        before = replace(made.before, deeds=(deed,) * DEEDS_ENOUGH)
        found = looked_back(past, replace(made, before=before)).before
        assert (found.block < before.block) == is_looked_for


def test_what_another_release_wrote_is_not_looked_at_and_that_is_said(quiet, tmp_path):
    older = quiet.traded + 200
    past = quiet.write(tmp_path, older)
    made = explained(past, quiet)
    assert made.before.sealed and made.before.block == older + 1
    said = shown(past, made)
    assert said.nothing.endswith(f"block {older + 1:,}, the first of this engine release.")


def test_what_is_told_says_how_much_of_it(past, quiet):
    made = explained(past, quiet)
    said = shown(past, made)
    assert said.nothing == "" and [one.position for one in said.before] == [
        one.position for one in reversed(made.before.deeds)
    ]
    for deeds, block, looked in (
        (made.before.deeds[:1] * DEEDS_KEPT, 7, f"the last {DEEDS_KEPT}"),
        (made.before.deeds[:1], 1, "since the journal began"),
        (made.before.deeds[:1], 7, "since 2027-01-01 00:00:00 UTC, block 7"),
    ):
        before = replace(made.before, deeds=deeds, block=block, time=START_US)
        assert how_far(before) == looked
