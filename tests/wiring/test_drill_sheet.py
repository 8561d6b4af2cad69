"""The numbers of a drill's sheet are what its two journals say when they are counted otherwise.

The count here goes event by event through words, knows no column, and steps the journal in which
nothing was done from one that never held the operators' commands.
"""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from pilothouse.engine.machine import Machine
from pilothouse.language.commands import SetIndexPrice, SetMarketStatus
from pilothouse.language.events import InsurancePaid, OrderFilled
from pilothouse.language.kinds import CauseKind, FillKind, MarketStatus
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.rows import Message, from_event_row, from_rows, split, to_rows
from pilothouse.simulation.crash import crash_way
from pilothouse.simulation.markets import PERPETUALS, SPOT, asset_number
from pilothouse.simulation.prices import SOURCES
from pilothouse.simulation.world import World
from pilothouse.venue.views import margin
from pilothouse.venue.views.accounts import account_count
from pilothouse.venue.views.markets import all_markets
from pilothouse.watch.models import Alert
from pilothouse.wiring.drill import sheet
from pilothouse.wiring.drill.copying import Copied
from pilothouse.wiring.drill.tally import tally
from tests.control.conftest import Team
from tests.desk.test_archived import make
from tests.engine.eventful import leave_in_the_pool
from tests.venue.lived import nothing, write_home

SOL = asset_number("SOL")
CONTRACT = len(SPOT) + 1 + [one.symbol for one in PERPETUALS].index("PF_SOLUSD")
RUN, OTHER_RUN = 7, 6
CHANGE = Cause(CauseKind.CHANGE, 3)
EACH_S, ORDERS = 4, 20
"""The file's seconds in one beat: fast, so that the test is short."""
PAUSE_AT, REOPEN_AT = 90, 240
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Drilled(World):
    """A world under a crash that a replay tells, in which operators pause a market and reopen it.

    What is told in another replay's name, and by the crowd itself, is none of the drill's prices.
    """

    def __init__(self, seed):
        super().__init__(seed, keep=True)
        self.told = []

    def lead(self, asset, price_e12):
        self.crowd.prices.follow(asset, price_e12)
        self.told.append((price_e12, self.time))
        rows = [
            to_rows(Message(asked, Name(Sender.INDEX, RUN, 8 * len(self.told) + k)))
            for k, asked in enumerate(
                SetIndexPrice(asset=asset, source=one, price_e12=price_e12) for one in SOURCES
            )
        ]
        return self.step(np.concatenate(rows))

    def one_by_another_replay(self, price_e12):
        asked = SetIndexPrice(asset=SOL, source=1, price_e12=price_e12)
        self.step(to_rows(Message(asked, Name(Sender.INDEX, OTHER_RUN, 1))))

    def status(self, status, version):
        asked = SetMarketStatus(market=CONTRACT, status=status, base_version=version)
        stepped = self.send([asked], CHANGE)
        assert int(stepped.receipts[0, 1]) == 0


@pytest.fixture(scope="module")
def drilled():
    """A world with the position of its copy, `acted` in the middle of the crash."""
    world = Drilled(1)
    world.open()
    world.run(20, ORDERS)
    leave_in_the_pool(world, dollars=10_000)
    copied_at = world.machine.position
    way = crash_way(world.crowd.prices.of(SOL))
    version = int(world.machine.state.markets[CONTRACT]["status_version"])
    world.one_by_another_replay(way.price(0) * 2)
    for beat, step in enumerate(range(0, way.steps, EACH_S)):
        world.lead(SOL, way.price(step))
        world.run(1, ORDERS)
        if beat == PAUSE_AT:
            world.status(MarketStatus.POST_ONLY, version)
        if beat == REOPEN_AT:
            world.status(MarketStatus.ONLINE, version + 1)
    world.run(10, 0)
    return world, copied_at


@pytest.fixture(scope="module")
def tallied(drilled, tmp_path_factory):
    world, copied_at = drilled
    home = tmp_path_factory.mktemp("drill")
    write_home(home, world.blocks, {len(world.blocks) // 3})
    return tally(home, copied_at, RUN)


def never_acted(blocks):
    """Return the blocks as they would be had nobody sent anything for a change."""
    made = []
    for rows, time in blocks:
        kept = []
        for one in split(np.asarray(rows)):
            message = from_rows(one)
            if message.cause.kind == CauseKind.CHANGE:
                one = to_rows(Message(nothing(), message.name))
            kept.append(one)
        made.append((np.concatenate(kept) if kept else rows, time))
    return made


def counted(blocks, after):
    """Step blocks from nothing; count what happened behind a position, one event at a time."""
    machine, sums = Machine.empty(), SimpleNamespace(
        hurt=set(), unwound=set(), sold=0, unwound_value=0, insurance=0, first=0
    )  # fmt: skip
    for rows, time in blocks:
        stepped = machine.step(np.ascontiguousarray(rows), time)
        if machine.position <= after:
            continue
        decimals = {one.number: one.price_decimals + one.quantity_decimals
                    for one in all_markets(machine)}  # fmt: skip
        for row in stepped.events:
            one = from_event_row(row)
            _count(sums, one, one.event, decimals, time)
    return machine, sums


def _count(sums, one, event, decimals, time):
    if isinstance(event, InsurancePaid):
        sums.insurance += event.amount
    if not isinstance(event, OrderFilled) or event.fill_kind == FillKind.TRADE:
        return
    sums.hurt.add(one.account)
    sums.first = sums.first or time
    value = event.price * event.quantity * 10**6 // 10 ** decimals[event.market]
    if event.fill_kind == FillKind.UNWIND:
        sums.unwound.add(event.maker_account)
        sums.unwound_value += value
    else:
        sums.sold += value


def below(machine):
    """Return who is below maintenance margin, and their notional, one account at a time."""
    views = [margin.margin(machine, one) for one in range(1, account_count(machine) + 1)]
    short = [one for one in views if one.notional and one.equity < one.maintenance]
    return len(short), sum(one.notional for one in short)


def assert_the_same(outcome, machine, sums):
    harm = outcome.harm
    assert (harm.accounts_hurt, harm.unwound_accounts) == (len(sums.hurt), len(sums.unwound))
    assert (harm.liquidated_micro_usd, harm.unwound_micro_usd) == (sums.sold, sums.unwound_value)
    assert (harm.insurance_micro_usd, harm.first_us) == (sums.insurance, sums.first)
    left = outcome.left
    assert (left.still_below_accounts, left.still_below_micro_usd) == below(machine)


def test_what_was_done_is_what_the_journal_says(drilled, tallied):
    world, copied_at = drilled
    machine, sums = counted(world.blocks, copied_at)
    assert machine.fingerprint() == world.machine.fingerprint()
    assert_the_same(tallied.done, machine, sums)
    assert (tallied.left_out, tallied.through_position) == (2, machine.position)


def test_nothing_done_is_a_journal_in_which_nobody_ever_acted(drilled, tallied):
    world, copied_at = drilled
    machine, sums = counted(never_acted(world.blocks), copied_at)
    assert_the_same(tallied.nothing_done, machine, sums)
    assert sums.hurt and sums.sold, "the crash alone hurts, or nothing is compared"
    done = tallied.done.harm
    assert done.insurance_micro_usd and done.unwound_accounts, "or nothing is compared"
    assert tallied.nothing_done != tallied.done, "acting made a difference"


def test_with_nobody_acting_both_columns_are_the_same(drilled, tmp_path):
    world, copied_at = drilled
    write_home(tmp_path, never_acted(world.blocks))
    made = tally(tmp_path, copied_at, RUN)
    assert made.left_out == 0 and made.done == made.nothing_done


def test_the_crash_began_when_the_replay_first_told_three_percent_less(drilled, tallied):
    world, _ = drilled
    highest, began = 0, 0
    for price, time in world.told:
        highest = max(highest, price)
        if not began and price * 100 <= highest * 97:
            began = time
    assert tallied.crash_began_us == began > 0


SECOND = 1_000_000
SHEET = SimpleNamespace(market="PF_SOLUSD", file="crash.csv")


def at(copied_us, seconds):
    return EPOCH + timedelta(microseconds=copied_us + seconds * SECOND)


@pytest.mark.django_db
def test_the_times_of_the_sheet_are_the_first_of_each_since_the_copy(tallied):
    copied_us, team = tallied.crash_began_us - 60 * SECOND, Team()
    for rule, seconds in (("before", -5), ("second", 64), ("first", 57)):
        Alert.objects.create(
            rule=rule, rule_version=1, scope="exchange", about="value", title="x", limit=1,
            measure="spread", severity="high", owner="operator", raised_at=at(copied_us, seconds),
        )  # fmt: skip
    # Proposed, approved and applied: before the copy; the first; one that overtook it.
    for proposed, approved, applied in ((-9, -8, -7), (65, 95, 96), (70, 80, 81)):
        change = make(team)
        change.proposed_at, change.approved_at = at(copied_us, proposed), at(copied_us, approved)
        change.save()
        change.steps.create(number=1, base_version=1, applied_at=at(copied_us, applied))
    copied = Copied("exchange", "demo", 20, 500, copied_us)
    facts = sheet.sheet(copied, SHEET, tallied, sheet.moments(copied_us), whole=True)
    spans = {name: facts[name] for name in facts if name.startswith("to_")}
    assert spans == {
        "to_notice_us": -3 * SECOND, "to_propose_us": 5 * SECOND,
        "to_decide_us": 20 * SECOND, "to_act_us": 21 * SECOND,
        "to_first_liquidation_us": tallied.done.harm.first_us - tallied.crash_began_us,
    }  # fmt: skip
    told = sheet.as_text(facts)
    for line in ("first alert +3.0 s before", "first proposal +5.0 s", "first approval +20.0 s"):
        assert re.search(line, told), told


@pytest.mark.django_db
def test_what_never_came_is_told_as_never(tallied):
    copied = Copied("exchange", "demo", 20, 500, tallied.crash_began_us)
    facts = sheet.sheet(copied, SHEET, tallied, sheet.moments(tallied.crash_began_us), whole=True)
    assert facts["to_notice_us"] is facts["to_act_us"] is None
    assert re.search("first change applied +never", sheet.as_text(facts))


def test_the_text_shows_the_numbers_of_both_runs(tallied):
    copied = Copied("exchange", "demo", 20, 500, tallied.crash_began_us)
    told = sheet.as_text(sheet.sheet(copied, SHEET, tallied, sheet.Moments(), whole=False))
    done, nothing = tallied.done.harm, tallied.nothing_done.harm
    for line in (
        rf"Accounts hurt +{done.accounts_hurt:,} +{nothing.accounts_hurt:,}\n",
        rf"Insurance used +\${done.insurance_micro_usd // 10**6:,} "
        rf"+\${nothing.insurance_micro_usd // 10**6:,}\n",
        "crash.csv, ended early",
    ):
        assert re.search(line, told), told
