"""Numbers that somebody puts into the database: they keep nobody from stopping a market."""

import pytest
from django.conf import settings

from pilothouse.control import apply, approve, authority, names, ports, preview, propose, verify
from pilothouse.control.names import AHEAD_MOST
from pilothouse.language.kinds import MarketStatus
from pilothouse.records import audit
from pilothouse.venue.rehearsal import Rehearsal
from pilothouse.wiring import founding_row
from tests.attack.putting_back import sql
from tests.attack.reconciling import team
from tests.control.conftest import NOON
from tests.control.running import CONTRACT, Running

__all__ = ["team"]
pytestmark = pytest.mark.django_db
HIGHEST = 2**63 - 1
SET = "UPDATE control_changestep SET name_number = {} WHERE id = %s"


@pytest.fixture
def exchange():
    made = Running([6_000, 6_000])
    made.index(59_700)
    ports.connect(made, Rehearsal(made), made)
    yield made
    ports.disconnect()


@pytest.fixture
def old(team, exchange):
    """The step of a change that was done long ago."""
    founding_row.begin(settings.PILOTHOUSE_HOME)
    return verify.verify(band(team, 30_000), now=NOON).steps.get()


def band(team, ppm):
    fields = {"market": CONTRACT, "band_ppm": ppm}
    change = propose.propose("price_band", fields, by=team.operator, why="calm", now=NOON)
    change = preview.first(change, by=team.operator, now=NOON)
    if change.state == "previewed":
        change = approve.approve(change, change.fingerprint, by=team.risk, now=NOON)
    return apply.apply(change, by=team.operator, now=NOON)


def stopped(team, status):
    fields = {"market": CONTRACT, "status": int(status)}
    change = propose.propose("market_status", fields, by=team.operator, why="odd", now=NOON)
    change = preview.first(change, by=team.operator, now=NOON)
    return apply.apply(change, by=team.operator, now=NOON)


@pytest.mark.parametrize("value", [1 << 50, HIGHEST, "'zzz'", "x'ff'", 9e18])
def test_a_number_put_into_an_old_step_keeps_nothing_from_being_sent(old, team, value):
    sql(SET.format(value), old.pk)
    made = stopped(team, MarketStatus.POST_ONLY)
    assert made.state == "applied", "while it is there"
    assert any("Change 1 is not as" in one for one in authority.differences()), "it is seen"
    sql(SET.format(old.name_number), old.pk)
    assert stopped(team, MarketStatus.CANCEL_ONLY).state == "applied", "and when it is put back"
    assert band(team, 20_000).state == "applied" and audit.verify().whole


def test_a_number_put_there_again_and_again_skips_a_few_each_time(old, team):
    last = old.name_number
    for ppm in range(20_000, 20_400, 20):
        sql(SET.format(last + AHEAD_MOST), old.pk)
        made = band(team, ppm)
        assert (made.state, made.steps.get().name_number) == ("applied", last + AHEAD_MOST + 1)
        last = made.steps.get().name_number


def test_a_number_that_was_given_and_not_heard_yet_is_not_given_again(old):
    heard = names.next_number() - 1
    for given in (heard + 1, heard + AHEAD_MOST):
        sql(SET.format(given), old.pk)
        assert names.next_number() == given + 1
