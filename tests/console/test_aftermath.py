"""What followed a change is counted from the archive, and equals what the events say."""

from datetime import timedelta

import pytest

from pilothouse.console import aftermath
from pilothouse.console.aftermath import WITHIN_US, Aftermaths
from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.control import apply, approve, preview, propose
from pilothouse.control.models import ChangeStep
from pilothouse.language.events import InsurancePaid, OrderFilled
from pilothouse.language.kinds import FillKind
from pilothouse.language.rows import from_event_row
from pilothouse.records.archive import running
from pilothouse.records.archive.archive import Archive
from pilothouse.records.archive.keeper import Keeper
from pilothouse.venue.standstill import EPOCH
from pilothouse.venue.views import assets, markets
from tests.control.conftest import wish
from tests.records.archive_worlds import lived


@pytest.fixture(scope="module")
def world():
    return lived(seed=11)


@pytest.fixture
def archive(tmp_path, world, db):
    keeper = Keeper(Archive(tmp_path))
    for span in world.spans:
        keeper.hear(span)
    keeper.keep()
    running.connect(keeper)
    yield keeper
    running.disconnect()


@pytest.fixture
def told(world):
    """Every event with its time, read one by one."""
    return [from_event_row(row) for span in world.spans for row in span.events]


@pytest.fixture
def step(team, exchange):
    change = propose.propose("margin_schedule", wish(4, 2), by=team.operator, why="volatility")
    preview.first(change, by=team.operator)
    change.refresh_from_db()
    approve.approve(change, change.fingerprint, by=team.risk)
    apply.apply(change, by=team.operator)
    return ChangeStep.objects.get(change=change)


def applied_at(step, market, at_us):
    step.fields = step.fields | {"market": market}
    step.applied_at = EPOCH + timedelta(microseconds=at_us)
    step.save()


def unit_of(world, market):
    """What one unit of a market's quote asset is in base units."""
    quote = markets.listed(world.machine, market).quote
    return 10 ** assets.asset(world.machine, quote).decimals


def test_it_counts_the_hour_after_in_the_market_of_the_change(archive, world, told, step):
    fills = [one for one in told if isinstance(one.event, OrderFilled)]
    forced = [one for one in fills if one.event.fill_kind == FillKind.LIQUIDATION]
    market, at_us = forced[0].event.market, forced[0].time
    applied_at(step, market, at_us)
    later = EPOCH + timedelta(microseconds=at_us + 2 * WITHIN_US)
    made = Aftermaths()
    made.count(later)
    seen = made.of(step.pk)
    within = [one for one in told if at_us <= one.time < at_us + WITHIN_US]
    mine = [
        one
        for one in within
        if isinstance(one.event, OrderFilled)
        and one.event.market == market
        and one.event.fill_kind == FillKind.LIQUIDATION
    ]
    unit = unit_of(world, market)
    assert seen.liquidated == len({one.account for one in mine}) > 0
    assert seen.liquidated_micro_usd == sum(one.event.value * 10**6 // unit for one in mine) > 0
    paid = [one.event.amount for one in within if isinstance(one.event, InsurancePaid)]
    assert sum(one.amount for one in seen.insurance) == sum(paid)


def test_before_it_nothing_followed_and_after_its_hour_it_is_final(
    archive, told, step, monkeypatch
):
    last_us = max(one.time for one in told)
    applied_at(step, step.fields["market"], last_us + 1)
    made = Aftermaths()
    made.count(EPOCH + timedelta(microseconds=last_us + 2))
    assert (made.of(step.pk).liquidated, made.of(step.pk).insurance) == (0, ())
    made.count(step.applied_at + timedelta(hours=2))
    read = []
    monkeypatch.setattr(aftermath, "rows_of", lambda *asked: read.append(asked) or [])
    made.count(step.applied_at + timedelta(hours=3))
    assert read == [] and made.of(step.pk) is not None
    made.count(step.applied_at + timedelta(days=2))
    assert made.of(step.pk) is None, "what is no longer shown is not kept"


def test_until_it_is_counted_nothing_is_claimed(step):
    assert Aftermaths().of(step.pk) is None
    assert microseconds(step.applied_at) > 0
