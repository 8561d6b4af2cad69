"""Each thing that is bad makes a part not ready, and says its name."""

from collections import namedtuple
from types import SimpleNamespace

import pytest

from pilothouse.venue import readiness
from pilothouse.venue.readiness import Cause, Readiness, told
from pilothouse.venue.standstill import Standstill, Why


def follower(**more):
    good = {"fault": None, "standstill": None, "behind_s": 0.0, "blocks_behind": 0}
    return SimpleNamespace(**good | more)


def names(home, followed, *also):
    return [one.name for one in Readiness(home, followed, also).causes()]


def test_p37_nothing_bad_is_ready(tmp_path):
    assert names(tmp_path, follower(), lambda: None) == []


@pytest.mark.parametrize(
    ("bad", "name"),
    [
        ({"standstill": Standstill(1, Why.NOTHING_WRITTEN)}, "writer_silent"),
        ({"standstill": Standstill(1, Why.BEHIND)}, "lag"),
        ({"behind_s": 5.1, "blocks_behind": 900}, "lag"),
        ({"fault": "ReplicaDiffers: block 7"}, "replica_differs"),
        ({"fault": "BadBlock: block 7"}, "replica_stopped"),
        ({"clock_held": "Clock held: …"}, "clock_held"),
    ],
)
def test_p37_a_bad_replica_or_clock_says_its_name(tmp_path, bad, name):
    assert names(tmp_path, follower(**bad)) == [name]


def test_p13_five_seconds_behind_is_not_ready_and_less_is(tmp_path):
    assert names(tmp_path, follower(behind_s=4.9, blocks_behind=900)) == []
    told = Readiness(tmp_path, follower(behind_s=61, blocks_behind=1_234)).causes()
    assert told == [Cause("lag", "1,234 blocks and 61 s behind the writer")]


def test_p37_a_full_disk_says_its_name(tmp_path, monkeypatch):
    full = namedtuple("full", "f_bavail f_frsize")(1_000, 4_096)
    monkeypatch.setattr(readiness.os, "statvfs", lambda path: full)
    assert names(tmp_path, follower()) == ["disk"]


def test_p37_a_question_that_cannot_be_answered_is_not_answered_well(tmp_path):
    def _database():
        raise OSError("the disk is on fire")

    told = Readiness(tmp_path, follower(), [_database]).causes()
    assert told == [Cause("database", "it cannot be known: OSError: the disk is on fire")]


def test_d5_a_held_clock_is_said_and_takes_no_door_out_of_service(tmp_path):
    held = Readiness(tmp_path, follower(clock_held="Clock held: …")).causes()
    answer = told(held)
    assert answer["ready"] is True and answer["why"] == []
    assert answer["said"] == [{"cause": "clock_held", "says": "Clock held: …"}]
    assert answer["status"] == "Clock held: …"
    both = told([*held, Cause("disk", "it is full")])
    assert both["ready"] is False and both["status"] == "it is full"
    assert [one["cause"] for one in both["why"] + both["said"]] == ["disk", "clock_held"]
    assert told([]) == {
        "status": "ok", "alive": True, "started": True, "ready": True, "why": [], "said": [],
    }  # fmt: skip
