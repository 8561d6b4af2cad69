"""A machine stopped anywhere in the journal is the machine that decided there."""

import numpy as np
import pytest

from pilothouse.engine.machine import Machine
from pilothouse.journal.releases import ReleaseIsMissing
from pilothouse.journal.storage import Files
from pilothouse.language.commands import PlaceOrder, SetMarginSchedule
from pilothouse.language.events import (
    FundingPaid,
    MarginScheduleSet,
    OrderFilled,
    ProtectionStepTaken,
)
from pilothouse.language.kinds import CauseKind
from pilothouse.language.names import Cause
from pilothouse.language.numbers import HOUR_US
from pilothouse.language.rows import Message, from_event_row, from_rows, to_rows
from pilothouse.simulation.world import START_US
from pilothouse.venue.causes import Causes
from pilothouse.venue.leaving_out import without
from pilothouse.venue.machine import Release
from pilothouse.venue.moments import said
from pilothouse.venue.past import (
    MomentIsToCome,
    NoSuchMoment,
    Past,
    PastIsSealed,
    events_of_command,
)
from pilothouse.venue.views import margin
from tests.venue.lived import CHANGE, CONTRACT, live, never_was, nothing, raised, write_home

SEED = 5


@pytest.fixture(scope="module")
def lived():
    return live(SEED)


@pytest.fixture(scope="module")
def home(lived, tmp_path_factory):
    place = tmp_path_factory.mktemp("past")
    count = len(lived.blocks)
    write_home(place, lived.blocks, {count // 3, 2 * count // 3, count - 5})
    return place


@pytest.fixture(scope="module")
def told(lived):
    """Return each block's receipts and events, and the position before it."""
    machine, made = Machine.empty(), []
    for rows, time in lived.blocks:
        before = machine.position
        made.append((before, machine.step(rows, time)))
    return made


def places_of(told, kind):
    return [
        (number, place)
        for number, (_, stepped) in enumerate(told, 1)
        for place in np.flatnonzero(stepped.events[:, 0] == kind.number).tolist()
    ]


def test_what_a_liquidation_weighed_is_what_the_machine_shows_just_before(home, told):
    past = Past(home)
    steps = places_of(told, ProtectionStepTaken)
    assert len(steps) > 40
    for number, place in steps[:: len(steps) // 12]:
        halt = past.before_event(number, place)
        step = from_event_row(told[number - 1][1].events[place])
        view = margin.margin(halt.machine, step.account)
        assert (view.equity, view.initial_with_orders, view.maintenance) == (
            step.event.equity, step.event.initial, step.event.maintenance,
        )  # fmt: skip
        assert view.equity < max(view.maintenance, view.initial_with_orders)
        first = place - halt.first_told
        assert halt.told[first].tolist() == told[number - 1][1].events[place].tolist()
        assert "examination" in halt.where


def test_a_halt_before_a_command_tells_what_the_command_then_told(home, lived, told):
    past = Past(home)
    fills = places_of(told, OrderFilled)
    taken = [one for one in fills if from_event_row(_row(told, one)).event.taker_order]
    for number, place in taken[:: len(taken) // 8]:
        row = _row(told, (number, place))
        halt = past.before_event(number, place)
        asked = from_rows(halt.command)
        assert isinstance(asked.command, PlaceOrder) and halt.machine.position == row[1] - 1
        mine = told[number - 1][1].events
        assert halt.told.tolist() == mine[mine[:, 1] == row[1]][: len(halt.told)].tolist()
        same = past.before_command(int(row[1]))
        assert same.machine.fingerprint() == halt.machine.fingerprint()


def _row(told, at):
    return told[at[0] - 1][1].events[at[1]]


def test_a_refused_command_is_halted_before_and_its_outcome_known(home, told):
    past = Past(home)
    refused = [
        (int(one[0]), int(one[1])) for _, stepped in told for one in stepped.receipts if one[1]
    ]
    for position, outcome in refused[:: len(refused) // 8]:
        halt = past.before_command(position)
        assert halt.outcome == outcome and halt.machine.position == position - 1


def test_every_way_to_a_moment_leads_to_the_same_machine(home, lived, tmp_path):
    write_home(tmp_path, lived.blocks)
    from_zero = Past(tmp_path)
    from_snapshots = Past(home)
    last = from_zero.as_of(lived.time, lived.time).machine.position
    for position in (last - 40, last // 2, last // 3, last // 2 + 1, last - 40):
        one, other = from_zero.after(position), from_snapshots.after(position)
        assert one.machine.fingerprint() == other.machine.fingerprint()
        assert one.header == other.header and one.header.last_position >= position
    assert (
        from_snapshots.as_of(lived.time, lived.time).machine.fingerprint()
        == lived.machine.fingerprint()
    )


def test_the_machine_is_the_askers_own(home):
    past = Past(home)
    one = past.before_command(9_000)
    print_of = one.machine.fingerprint()
    one.machine.state.accounts["protection"][:] = 4
    assert past.before_command(9_000).machine.fingerprint() == print_of


def test_what_the_journal_has_not_is_refused(home, lived):
    past = Past(home)
    for ask in (
        lambda: past.before_command(10**9),
        lambda: past.after(10**9),
        lambda: past.before_event(10**6, 0),
        lambda: past.before_event(3, 10**6),
        lambda: past.as_of(5, 5),
    ):
        with pytest.raises(NoSuchMoment):
            ask()


def test_a_moment_to_come_is_refused_and_the_latest_named(home, lived):
    past, minute = Past(home), 60_000_000
    latest = past.as_of(lived.time, lived.time)
    with pytest.raises(MomentIsToCome) as refused:
        past.as_of(lived.time + minute + 1, lived.time + minute)
    assert f"the latest moment is {said(latest.header.time)} (block" in str(refused.value)
    # Nothing was written since, and the moment is past: the exchange stood as it stood last.
    idle = past.as_of(lived.time + minute, lived.time + minute)
    assert idle.machine.fingerprint() == latest.machine.fingerprint()
    # A clock that stands behind the journal hides nothing that the journal has.
    behind = past.as_of(latest.header.time, 0)
    assert behind.header == latest.header


def test_a_journal_without_a_block_has_no_moments(tmp_path):
    with pytest.raises(MomentIsToCome, match="no block yet; start the exchange first"):
        Past(tmp_path).as_of(2, 1)
    with pytest.raises(NoSuchMoment, match="start the exchange with `pilothouse up`"):
        Past(tmp_path).as_of(1, 2)


def test_another_release_may_not_explain_what_it_did_not_decide(home):
    release = Past(home).release
    other = Release(bytes(32), release.empty, release.from_bytes)
    with pytest.raises((PastIsSealed, ReleaseIsMissing), match="release"):
        Past(home, release=other).before_command(9_000)


def test_funding_halts_at_the_blocks_beginning(tmp_path):
    world = live(3, beats=2)
    # Prices come before the hour ends: an hour that ends on a stale index pays nothing.
    world.time = START_US + HOUR_US - 15_000_000
    world.run(149, 1)
    world.time = START_US + HOUR_US + 100_000
    world.run(2, 5)
    write_home(tmp_path, world.blocks)
    past, number = Past(tmp_path), len(world.blocks) - 1
    halt = past.before_event(number, 0)
    rows = [from_event_row(one) for one in halt.told]
    paid = [one for one in rows if isinstance(one.event, FundingPaid)]
    assert paid and halt.where == "at the block's beginning"
    assert halt.told.tolist() == _begun(world).tolist()
    assert halt.machine.time == halt.header.time > int(halt.machine.state.exchange[0]["next_hour"])


def _begun(world):
    """Return what the last block but one told before its first command."""
    machine = Machine.empty()
    for rows, time in world.blocks[:-2]:
        machine.step(rows, time)
    rows, time = world.blocks[-2]
    return machine.execute(rows[:0], time).events


def test_the_register_names_what_was_sent_for_a_change(home, lived):
    causes = Causes()
    causes.scan(Files(home), len(lived.blocks))
    (one,) = causes.between(1, 10**9)
    assert one.cause == CHANGE and one.market == CONTRACT and one.outcome is None
    assert isinstance(one.command, SetMarginSchedule)
    causes.scan(Files(home), len(lived.blocks))
    assert Past(home).outcome(one.position) == 0


def the_change(home, blocks):
    causes = Causes()
    causes.scan(Files(home), blocks)
    return causes.between(1, 10**9)


def without_it(home, lived, position):
    *_, last = without(Past(home), [position], len(lived.blocks))
    return last.machine


def test_without_a_change_is_as_if_nothing_had_been_sent_in_its_place(home, lived):
    (change,) = the_change(home, len(lived.blocks))
    machine = Machine.empty()
    for rows, time in lived.blocks:
        if machine.position == change.position - 1:
            message = from_rows(rows)
            rows = to_rows(Message(nothing(), message.name, message.cause))
        machine.step(rows, time)
    found = without_it(home, lived, change.position)
    assert found.fingerprint() == machine.fingerprint() != lived.machine.fingerprint()
    assert not found.broken_invariants()


def test_without_a_change_is_as_if_it_never_was(home, lived):
    """Nothing is sent at all: every later command, and every order, has a number less by one."""
    (change,) = the_change(home, len(lived.blocks))
    machine = Machine.empty()
    for rows, time in never_was(lived.blocks, change):
        machine.step(rows, time)
    found = without_it(home, lived, change.position)
    assert machine.position == found.position - 1
    for table in ("balances", "positions", "levels", "books", "schedules", "volumes", "markets"):
        assert (getattr(machine.state, table) == getattr(found.state, table)).all(), table
    assert (machine.state.accounts == found.state.accounts).all()
    later = found.state.orders["number"] > change.position
    numbers = np.where(later, found.state.orders["number"] - 1, found.state.orders["number"])
    assert later.any() and (machine.state.orders["number"] == numbers).all()


def test_a_later_change_still_holds_without_the_one_before(tmp_path):
    world = live(SEED, beats=2)
    world.send([raised(3, "1.5")], Cause(CauseKind.CHANGE, 8))
    world.run(2, 20)
    write_home(tmp_path, world.blocks)
    first, second = the_change(tmp_path, len(world.blocks))
    assert Past(tmp_path).outcome(second.position) == 0
    found = without_it(tmp_path, world, first.position)
    (one,) = margin.schedules(found, CONTRACT)
    assert one.tiers == margin.schedules(world.machine, CONTRACT)[0].tiers
    assert one.version == margin.schedules(world.machine, CONTRACT)[0].version - 1


def test_what_a_command_told_is_read_again_from_the_journal(home, lived, told):
    rows = np.concatenate([stepped.events for _, stepped in told])
    (position,) = rows[rows[:, 0] == MarginScheduleSet.number][:1, 1].tolist()
    found = events_of_command(home, position)
    assert found.tolist() == rows[rows[:, 1] == position].tolist()
    assert len(found) and MarginScheduleSet.number in found[:, 0]
    assert len(events_of_command(home, 10**9)) == 0
