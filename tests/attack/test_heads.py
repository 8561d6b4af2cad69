"""Heads are exchanged in time, leave only as they read back, and flood nothing (SEC F13, P60)."""

from types import SimpleNamespace

import pytest

from pilothouse.control import heads
from pilothouse.language.commands import RecordAuditHead
from pilothouse.language.refusals import NAME_HAS_ANOTHER_BODY
from pilothouse.records import audit
from pilothouse.records.models import AuditRow
from tests.control.conftest import NOON, exchange

__all__ = ["exchange"]


@pytest.fixture
def clock():
    return SimpleNamespace(now=1_000.0)


@pytest.fixture
def left():
    return []


@pytest.fixture
def exchanger(db, exchange, clock, left):
    exchange.tail = SimpleNamespace(number=7, seal=b"\7" * 32, last_position=99)
    exchange.before_step = lambda: None
    exchange.outcome = lambda message: 0
    exchange._execute = lambda message: None
    return heads.Exchanger(left.append, steady=lambda: clock.now)


def anchors():
    return AuditRow.objects.filter(deed=heads.ANCHOR).count()


def test_both_hold_the_others_head(exchanger, exchange, left):
    exchanger.tick(NOON)
    row = AuditRow.objects.get()
    assert row.facts == {"block": 7, "seal": "07" * 32, "position": 99}
    (sent,) = exchange.sent
    assert sent.command == RecordAuditHead(row=1, hash=row.hash)
    assert (sent.name.hi, sent.name.lo) == (1, 0), "a row has one name, so one hash"
    (kept,) = left
    assert (kept.block, kept.row, kept.hash) == (7, 1, row.hash)


def test_they_are_exchanged_in_time_and_after_many_rows(exchanger, clock):
    exchanger.tick(NOON)
    clock.now += heads.EVERY_S - 1
    exchanger.tick(NOON)
    assert anchors() == 1
    clock.now += 1
    exchanger.tick(NOON)
    assert anchors() == 2
    for number in range(heads.EVERY_ROWS):
        audit.write("person:1", "look", f"/{number}", "looked")
    clock.now += heads.AGAIN_S
    exchanger.tick(NOON)
    assert anchors() == 3


def test_an_exchange_that_is_away_gets_the_same_head_later_and_no_flood_of_rows(
    exchanger, exchange, clock, left
):
    exchange.refuses_to_answer = 2
    for _ in range(100):
        exchanger.tick(NOON)
        clock.now += 1
    assert anchors() == 1 and exchanger.fault and not left
    assert exchanger.age_ms == 100_000
    exchange.refuses_to_answer = 0
    clock.now += heads.AGAIN_S
    exchanger.tick(NOON)
    assert not exchanger.fault and anchors() == 1 and len(left) == 1
    assert len(set(exchange.receipts)) == 1, "said again by its name"


def test_another_hash_of_the_same_row_is_a_fault(exchanger, exchange, left):
    exchange.outcome = lambda message: int(NAME_HAS_ANOTHER_BODY)
    assert not exchanger.exchange(NOON)
    assert "another hash" in exchanger.fault and not left


def test_p60_what_does_not_read_back_does_not_leave(exchanger, exchange, left, monkeypatch):
    get = AuditRow.objects.get

    def flipped(**what):
        row = get(**what)
        row.sentence = row.sentence.replace("sealed", "seeled")
        return row

    monkeypatch.setattr(AuditRow.objects, "get", flipped)
    assert not exchanger.exchange(NOON)
    assert "read back" in exchanger.fault and not left and not exchange.sent


def test_a_place_that_cannot_be_written_is_said_and_ages(db, exchanger, clock):
    def full(_):
        raise OSError(28, "No space left on device")

    exchanger._leave = full
    for _ in range(60):
        exchanger.tick(NOON)
        clock.now += 1
    assert "No space" in exchanger.not_left and exchanger.age_ms == 60_000
    assert anchors() == 1 and not exchanger.fault
