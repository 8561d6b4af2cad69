"""The small files that monitoring and clock read are judged: they may hold anything."""

import json
import os
from dataclasses import asdict

import pytest

from pilothouse.gate import report
from pilothouse.venue import held
from pilothouse.venue.clock import BOUND_US, Clock
from pilothouse.venue.sockets import COUNTS_FILE, FOLDER, read_counts, write_counts
from pilothouse.watch.doors import Doors

ODD = {
    "nothing": b"",
    "no JSON": b"{",
    "no text": b"\xff\xfe\x00",
    "null": b"null",
    "a list": b"[1]",
    "a number": b"7",
    "a text": b'"x"',
    "deep": b"[" * 50_000,
    "long": b'{"a":"' + b"x" * 200_000 + b'"}',
    "digits": b'{"a":' + b"9" * 6_000 + b"}",
}
COUNTS = ODD | {
    "a text in it": b'{"a":{"b":"x"}}',
    "null in it": b'{"a":{"b":null}}',
    "true in it": b'{"a":{"b":true}}',
    "half": b'{"a":{"b":0.5}}',
    "NaN": b'{"a":{"b":NaN}}',
    "infinite": b'{"a":{"b":1e999}}',
    "below zero": b'{"a":{"b":-1}}',
    "huge": b'{"a":{"b":' + b"9" * 30 + b"}}",
    "flat": b'{"a":1}',
    "a list of counts": b'{"a":[1]}',
}
GOOD_STATE = {"boot": "b", "offset_us": 5, "hold": None, "accepted_us": 0}


def state(facts):
    """Return a state as the writer writes it, whatever it says, with its check sum."""
    return json.dumps(facts | {held.SUM: held.sum_of(facts)})


GOOD_HOLD = {"exchange_us": 1, "wall_us": 2, "stands": True, "asks": False}
BAD_NUMBERS = (None, "5", True, 0.5, [], {}, float("nan"), float("inf"), 10**30)
STATES = [
    *ODD.values(),
    b"{}",
    *(state(GOOD_STATE | {name: bad}).encode()
      for name in ("offset_us", "accepted_us") for bad in BAD_NUMBERS),
    *(state(GOOD_STATE | {"boot": bad}).encode() for bad in (None, 1, [])),
    *(state(GOOD_STATE | {"hold": bad}).encode() for bad in (1, "x", [1], {}, {"a": 1}, 0)),
    *(state(GOOD_STATE | {"hold": GOOD_HOLD | {name: bad}}).encode()
      for name in ("exchange_us", "wall_us") for bad in BAD_NUMBERS),
    *(state(GOOD_STATE | {"hold": GOOD_HOLD | {"stands": bad}}).encode()
      for bad in (None, 1, "x")),
    state(GOOD_STATE | {"more": 1}).encode(),
]  # fmt: skip


def in_place(path, kind):
    """Put something that is no regular file in a file's place."""
    path.parent.mkdir(exist_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.symlink_to(path)


KINDS = ("pipe", "folder", "device", "link to itself")


@pytest.mark.parametrize("held_bytes", COUNTS.values(), ids=COUNTS)
def test_counts_of_another_shape_are_not_known(tmp_path, held_bytes):
    path = tmp_path / FOLDER / COUNTS_FILE
    path.parent.mkdir()
    path.write_bytes(held_bytes)
    assert read_counts(tmp_path) == {}
    assert Doors([], lambda: read_counts(tmp_path)).heard().at_sockets is None
    write_counts(tmp_path, {"gateway": {"1023": 4}})
    assert read_counts(tmp_path) == {"gateway": {"1023": 4}}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_regular_file_is_not_waited_for(tmp_path, kind):
    in_place(tmp_path / FOLDER / COUNTS_FILE, kind)
    in_place(tmp_path / report.FOLDER / "gateway.json", kind)
    in_place(tmp_path / held.STATE, kind)
    in_place(tmp_path / held.ACCEPTANCE, kind)
    assert read_counts(tmp_path) == {} and report.read(tmp_path, "gateway") is None
    assert held.read_state(tmp_path) is None and held.take_acceptance(tmp_path) is None


def test_a_report_of_another_shape_is_none(tmp_path):
    good = report.Report(7, 3, 2, "::1", at_s=report.time.time())
    report.write(tmp_path, "gateway", good)
    assert report.read(tmp_path, "gateway") == good
    path = tmp_path / report.FOLDER / "gateway.json"
    odd = [*ODD.values(), b"{}"]
    for name in ("use_ppm", "refused", "connections", "sender_use_ppm", "at_s"):
        odd += [json.dumps(asdict(good) | {name: bad}).encode() for bad in BAD_NUMBERS]
    odd += [path.read_bytes().replace(b'"use_ppm": 7', b'"use_ppm": 1e999')]
    texts = ("busiest", "fullest", "sender_fullest")
    odd += [json.dumps(asdict(good) | {name: 5}).encode() for name in texts]
    for one in odd:
        path.write_bytes(one)
        assert report.read(tmp_path, "gateway") is None, one[:80]


@pytest.mark.parametrize("holds", STATES, ids=lambda one: one[:60].decode(errors="replace"))
def test_a_clock_json_of_another_shape_is_a_lost_one(tmp_path, monkeypatch, holds):
    monkeypatch.setattr("pilothouse.venue.clock.boot_id", lambda: "b")
    (tmp_path / held.STATE).write_bytes(holds)
    assert held.read_state(tmp_path) is None
    last, wall = 10**15, 10**15 + 100 * BOUND_US
    said = []
    clock = Clock(last, lambda: wall, lambda: 5, tmp_path, said.append)
    assert clock.stamp() == last and clock.hold.asks and "cannot be read" in said[0]


def test_an_acceptance_that_the_last_block_does_not_bear_out_is_held(tmp_path, monkeypatch):
    """The state was edited: an hour ahead, as if a person had accepted that."""
    monkeypatch.setattr("pilothouse.venue.clock.boot_id", lambda: "b")
    last, steady = 10**15, 50_000_000
    wall, hour = last + BOUND_US, 3_600_000_000
    forged = {"offset_us": wall - steady + hour, "accepted_us": wall - steady}
    (tmp_path / held.STATE).write_text(state(GOOD_STATE | forged))
    said = []
    clock = Clock(last, lambda: wall, lambda: steady, tmp_path, said.append)
    assert clock.hold is not None and held.held(tmp_path) == clock.hold
    assert "Clock held" in said[0]


@pytest.mark.parametrize("bad", BAD_NUMBERS)
def test_a_word_of_another_shape_accepts_nothing(tmp_path, bad):
    good = {"hold": "h", "wall_us": 1, "steady_us": 2, "by": "ann", "why": "it is right"}
    for name in ("wall_us", "steady_us"):
        (tmp_path / held.ACCEPTANCE).write_text(json.dumps(good | {name: bad}))
        assert held.take_acceptance(tmp_path) is None
    (tmp_path / held.ACCEPTANCE).write_text(json.dumps(good))
    assert held.take_acceptance(tmp_path) == held.Acceptance(**good)
