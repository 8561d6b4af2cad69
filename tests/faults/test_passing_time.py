"""Ages, waits and clean-ups go by the time that passed, whatever somebody sets the clock to."""

import time
from datetime import timedelta

import pytest
from django.conf import settings

from pilothouse.access.sessions import session_is_over
from pilothouse.console.process import _do_due
from pilothouse.journal.steady import EPOCH, passing_now

YEARS_NS = 10 * 365 * 86_400 * 10**9


@pytest.mark.parametrize("jump_ns", [YEARS_NS, -YEARS_NS, -(10**9)])
def test_p27_a_clock_that_is_set_makes_nothing_older_or_younger(monkeypatch, jump_ns):
    real = time.time_ns
    before = passing_now()
    monkeypatch.setattr(time, "time_ns", lambda: real() + jump_ns)
    assert timedelta() <= passing_now() - before < timedelta(minutes=5)


def test_p28_a_session_seen_later_than_now_is_over_and_never_younger():
    now = 1_800_000_000
    assert not session_is_over(now, now, now + 60)
    assert session_is_over(now, now, now - 3_600)
    assert session_is_over(now + 86_400, now, now)
    assert session_is_over(now, now, now + settings.PILOTHOUSE_SESSION_IDLE_S + 1)


class Followed:
    def __init__(self, block, time_us):
        self.block, self.time, self.has_caught_up = block, time_us, True


def test_d5_what_is_due_is_judged_by_the_exchanges_own_time():
    asked = []
    _do_due(Followed(0, 0), asked.append)
    assert asked == []
    _do_due(Followed(7, 1_800_000_000_000_000), asked.append)
    assert asked == [EPOCH + timedelta(seconds=1_800_000_000)]
