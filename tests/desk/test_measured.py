"""What is measured of a product: counted from what is kept, and nothing where nothing happened."""

from datetime import timedelta

import pytest

from pilothouse.desk import measured, progress, statuses
from pilothouse.language.kinds import MarketStatus
from tests.control.doubles import PERPETUAL
from tests.desk.conftest import CONTRACT, MINUTE, NOON
from tests.desk.test_timeline import moved

ONLINE, HALTED = MarketStatus.ONLINE, MarketStatus.HALTED


@pytest.fixture(autouse=True)
def silence():
    statuses.forget()
    yield
    statuses.forget()


def away(status, minutes=60):
    return measured.not_online_s(PERPETUAL, status, NOON, NOON + minutes * MINUTE)


def test_a_market_that_never_moved(db):
    assert (away(ONLINE), away(HALTED)) == (0, 3600)


def test_a_halt_and_its_end(db):
    moved(PERPETUAL, HALTED, ONLINE, 10)
    assert away(HALTED) == 50 * 60
    moved(PERPETUAL, MarketStatus.POST_ONLY, HALTED, 20)
    moved(PERPETUAL, ONLINE, MarketStatus.POST_ONLY, 25)
    assert away(ONLINE) == 15 * 60


def test_a_halt_that_began_before(db):
    moved(PERPETUAL, HALTED, ONLINE, -5)
    moved(PERPETUAL, ONLINE, HALTED, 5)
    assert away(ONLINE) == 5 * 60


def test_the_measures_of_a_product(team, exchange, incident):
    progress.acknowledge(incident, by=team.operator, now=NOON + MINUTE)
    made = measured.of_product([(PERPETUAL, ONLINE)], [CONTRACT], NOON + 5 * MINUTE)
    told = {one.name: one.value for one in made}
    assert told["incidents"] == 1
    assert told["time to acknowledge"] == 120
    assert told["time to mitigate"] is None
    assert told["changes"] == 0
    progress.dismiss(incident, "a drill", by=team.operator, now=NOON + 2 * MINUTE)
    later = measured.of_product([(PERPETUAL, ONLINE)], [CONTRACT], NOON + 5 * MINUTE)
    assert {one.name: one.value for one in later}["incidents"] == 0
    old = measured.of_product([(PERPETUAL, ONLINE)], [CONTRACT], NOON + timedelta(days=40))
    assert {one.name: one.value for one in old}["incidents"] == 0
