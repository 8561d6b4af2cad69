"""What the watch hears of the doors: counts that only grow become what was refused lately."""

from __future__ import annotations

from pilothouse.gate.report import Report
from pilothouse.watch.doors import Doors, DoorsHeard


class Told:
    """A clock, a report and the writer's counts, as a test sets them."""

    def __init__(self):
        self.now, self.refused = 0, 0
        self.sockets = {"gateway": {"1023": 0}, "founding": {"1023": 5}}
        self.doors = Doors([self.report], lambda: self.sockets, clock=lambda: self.now)

    def report(self):
        return None if self.refused is None else Report(7, self.refused)

    def heard(self):
        self.now += 1
        return self.doors.heard()


def test_what_was_refused_before_the_first_look_is_not_of_now():
    assert Told().heard() == DoorsHeard(7, 0, 0)


def test_a_refusal_counts_for_ten_seconds():
    told = Told()
    told.heard()
    told.sockets["gateway"] = {"1022": 1, "1023": 2}
    assert [told.heard().at_sockets for _ in range(12)] == [3] * 10 + [0, 0]


def test_a_writer_or_door_that_starts_anew_counts_from_nothing():
    told = Told()
    told.refused = 90
    told.sockets["gateway"] = {"1023": 90}
    told.heard()
    told.refused, told.sockets["gateway"] = 2, {"1023": 1, "strangers": 1}
    assert told.heard() == DoorsHeard(7, 2, 2)


def test_a_socket_that_was_closed_takes_nothing_from_the_others():
    told = Told()
    told.heard()
    told.sockets = {"gateway": {"1023": 4}}
    assert told.heard().at_sockets == 4


def test_what_is_not_said_is_not_known():
    told = Told()
    told.heard()
    told.refused = None
    assert told.heard() == DoorsHeard(None, None, 0)
    told.refused, told.sockets = 0, {}
    assert told.heard() == DoorsHeard(7, 0, None)
