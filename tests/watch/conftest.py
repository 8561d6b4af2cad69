"""Rules, markets and looks for the tests of the watch."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from pilothouse.control import heads, rounds
from pilothouse.language.kinds import MarketKind
from pilothouse.watch import ports
from pilothouse.watch.judging import Judge
from tests.founding import founded_for_all

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
S = 1_000_000


@dataclass(frozen=True)
class Market:
    number: int
    symbol: str
    kind: int
    tradeable: bool = True


CONTRACT = Market(1, "PF_XBTUSD", MarketKind.PERPETUAL_LINEAR)
PAIR = Market(2, "XXBTZUSD", MarketKind.SPOT)
SOURCES = tuple(SimpleNamespace(number=number) for number in (1, 2, 3))
FAMILIES = [("perpetuals", "Perpetuals", [CONTRACT.symbol]), ("spot", "Spot", [PAIR.symbol])]


@pytest.fixture(scope="module")
def founding(django_db_setup, django_db_blocker):
    with founded_for_all(django_db_blocker, FAMILIES) as made:
        yield made


@pytest.fixture
def founded(founding, db):
    return founding


@pytest.fixture(autouse=True)
def nobody_listens():
    yield
    ports.disconnect()
    rounds.forget()
    heads.disconnect()


def read(*markets):
    """What a reading says of markets; a contract has an index of three sources."""
    return tuple(
        SimpleNamespace(market=one, sources=SOURCES if one.kind != MarketKind.SPOT else ())
        for one in markets
    )


class Looks:
    """A judge that is given one look after another, a second apart."""

    def __init__(self, markets=(CONTRACT, PAIR), now=NOON):
        self.reading = SimpleNamespace(markets=read(*markets))
        self.now = now
        self.judge = Judge()

    def look(self, values, *, times=1, step=timedelta(seconds=1)):
        for _ in range(times):
            self.now += step
            at_us = int(self.now.timestamp()) * S + self.now.microsecond
            self.judge.judge(self.reading, values, at_us, self.now)

    def restart(self):
        """The process died: what is not in rows is gone."""
        self.judge = Judge()
