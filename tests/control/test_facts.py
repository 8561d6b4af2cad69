"""What the exchange told of our commands, heard from spans of the journal."""

from types import SimpleNamespace

import numpy as np
import pytest

from pilothouse.control import facts
from pilothouse.language.events import MarketStatusSet, MarkSet, PriceBandSet
from pilothouse.language.kinds import CauseKind, MarketStatus


@pytest.fixture(autouse=True)
def nothing_heard():
    facts.forget()
    yield
    facts.forget()


def row(event, position):
    words = np.zeros(16, np.int64)
    words[:3] = event.number, position, 1_000
    for slot in event.layout.slots:
        words[slot.start] = int(getattr(event, slot.name))
    return words


def band(cause, cause_id):
    return PriceBandSet(
        market=3,
        band_ppm=20_000,
        before_ppm=0,
        version=2,
        orders_outside=0,
        cause=cause,
        cause_id=cause_id,
    )


def test_only_what_changes_caused_is_kept():
    mark = MarkSet(**{slot.name: 5 for slot in MarkSet.layout.slots})
    status = MarketStatusSet(
        market=3,
        status=MarketStatus.HALTED,
        before=MarketStatus.ONLINE,
        version=2,
        accounts_below_maintenance=0,
        notional_below_maintenance=0,
        cause=CauseKind.CONTROL,
        cause_id=9,
    )
    rows = [row(mark, 1), row(band(CauseKind.CHANGE, 7), 2), row(status, 3)]
    facts.hear(SimpleNamespace(events=np.array(rows)))
    assert facts.event_at(1) is None and facts.event_at(3) is None
    told = facts.event_at(2)
    assert told is not None
    assert (told["band_ppm"], told["cause_id"], told["time_us"]) == (20_000, 7, 1_000)


def test_an_empty_block_tells_nothing():
    facts.hear(SimpleNamespace(events=np.zeros((0, 16), np.int64)))
    assert facts.event_at(0) is None


def test_what_was_told_before_this_process_is_looked_up_once():
    asked = []

    def journal(position):
        asked.append(position)
        return np.array([row(band(CauseKind.CHANGE, 7), position)])

    facts.forget(journal)
    for _ in range(2):
        told = facts.event_at(41)
        assert told is not None and (told["cause_id"], told["position"]) == (7, 41)
    assert asked == [41]
