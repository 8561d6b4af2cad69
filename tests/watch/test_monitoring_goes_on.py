"""A measure that fails takes no other with it; monitoring that has stopped is told."""

from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string

from pilothouse.console import readiness
from pilothouse.watch import measuring, running
from pilothouse.watch.hearing import Hearing
from tests.watch.world import World


def fails(*_):
    raise TypeError("another shape")


@pytest.mark.parametrize("name", [*measuring.OF_EXCHANGE, *measuring.OF_MARKET])
def test_a_measure_that_fails_is_absent_and_takes_no_other_with_it(monkeypatch, name):
    table = measuring.OF_EXCHANGE if name in measuring.OF_EXCHANGE else measuring.OF_MARKET
    monkeypatch.setitem(table, name, fails)
    assert measuring._alone(name, table[name]) is None
    assert measuring._alone("bad_debt", lambda: 7) == 7


def test_doors_that_cannot_be_heard_stop_no_look(founded, monkeypatch):
    world = World((30_000,))
    world.hearing.doors = fails
    monkeypatch.setitem(measuring.OF_EXCHANGE, "queries_waiting", fails)
    monkeypatch.setitem(measuring.OF_MARKET, "spread", fails)
    world.look(3)
    history = world.watchman.history
    for absent in ("socket_refused", "door_use", "queries_waiting"):
        assert history.samples((absent, "exchange")) == []
    assert len(history.samples(("bad_debt", "exchange"))) == 3
    assert world.watchman.silent_us < 2_000_000
    assert Hearing(doors=fails).heard().doors.at_sockets is None


def test_monitoring_that_does_not_come_round_is_a_cause(founded, monkeypatch):
    world = World((30_000,))
    running.connect(world.watchman)
    try:
        world.look(2)
        monkeypatch.setattr(readiness.ticker, "latest", lambda: world.watchman.reading)
        assert readiness._monitoring() is None
        monkeypatch.setattr(world.watchman, "_look", fails)
        for _ in range(16):
            with pytest.raises(TypeError):
                world.look()
        cause = readiness._monitoring()
        page = render_to_string("components/top.html", {"unwatched": readiness.unwatched()})
        assert "Monitoring has stopped for 16 s" in page
        assert cause.name == "monitoring" and cause.stops and "16 s" in cause.says
        monkeypatch.undo()
        world.look()
        monkeypatch.setattr(readiness.ticker, "latest", lambda: SimpleNamespace(number=-1))
        monkeypatch.setattr(readiness.ticker, "shown_us_ago", lambda: 16_000_000)
        assert "16 s ago" in readiness.unwatched()
    finally:
        running.disconnect()
    assert readiness.unwatched() == ""
