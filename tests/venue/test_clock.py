"""Time: a wall clock that jumps moves nothing and stops nothing; a person has the last word."""

import itertools
import json
import random

import pytest

from pilothouse.venue import clock as clock_module
from pilothouse.venue.clock import BOUND_US, DAY_US, SLEW, Clock
from pilothouse.venue.held import SUM, accept, held, read_state, sum_of

S = 1_000_000
HOUR = 3600 * S
ANOTHER_BOOT = {"boot": "another", "offset_us": 0, "hold": None, "accepted_us": 0}
OF_ANOTHER_BOOT = json.dumps(ANOTHER_BOOT | {SUM: sum_of(ANOTHER_BOOT)})
BEGAN = 1_800_000_000 * S


class Watches:
    """A wall clock and a steady one that tests set."""

    def __init__(self, wall=BEGAN, steady=5 * S):
        self.wall_us, self.steady_us = wall, steady

    def wall(self):
        return self.wall_us

    def steady(self):
        return self.steady_us

    def jump(self, us):
        self.wall_us += us

    def passes(self, clock, seconds, every_us=S // 4):
        """Let time pass on both; return the stamps."""
        stamps = []
        for _ in range(seconds * S // every_us):
            self.wall_us += every_us
            self.steady_us += every_us
            stamps.append(clock.stamp())
        return stamps

    def clock(self, last=BEGAN, **options):
        return Clock(last, self.wall, self.steady, **options)


@pytest.fixture
def watches(monkeypatch):
    made = Watches()
    monkeypatch.setattr("pilothouse.venue.held.steady_us", made.steady)
    return made


def test_d5_time_follows_the_wall_clock_while_both_clocks_agree(watches):
    clock = watches.clock()
    stamps = watches.passes(clock, 60)
    assert stamps == list(range(BEGAN + S // 4, BEGAN + 60 * S + 1, S // 4))


@pytest.mark.parametrize("jump", [HOUR, -HOUR, 24 * HOUR, -24 * HOUR, 10**8 * S, -BEGAN, 3 * S])
def test_d5_a_jump_is_held_and_time_goes_on(watches, tmp_path, jump):
    said = []
    clock = watches.clock(home=tmp_path, say=said.append)
    watches.passes(clock, 10)
    watches.jump(jump)
    stamps = watches.passes(clock, 60)
    assert [b - a for a, b in itertools.pairwise(stamps)] == [S // 4] * 239
    assert stamps[-1] == BEGAN + 70 * S
    assert clock.hold is not None and not clock.hold.stands
    assert held(tmp_path) == clock.hold and "pilothouse clock accept" in said[-1]
    watches.jump(-jump)
    watches.passes(clock, 1)
    assert clock.hold is None and held(tmp_path) is None


@pytest.mark.parametrize("step", [S // 8, -S // 8, S, -S, BOUND_US - S // 4])
def test_p28_a_small_step_or_a_leap_second_is_made_up_slowly(watches, step):
    clock = watches.clock()
    watches.passes(clock, 10)
    watches.jump(step)
    stamps = watches.passes(clock, 300)
    gaps = [b - a for a, b in itertools.pairwise(stamps)]
    assert clock.hold is None and stamps[-1] == watches.wall_us
    assert min(gaps) >= S // 4 - S // 4 // SLEW and max(gaps) <= S // 4 + S // 4 // SLEW


def test_p28_no_stamp_ever_goes_back_or_runs_ahead_whatever_the_wall_clock_does(watches):
    chance = random.Random(28)
    clock, last = watches.clock(), BEGAN
    for turn in range(20_000):
        watches.steady_us += chance.choice((0, 1, 250_000, 2_000))
        watches.wall_us += chance.choice((0, 1, 250_000, -S, S, -HOUR, HOUR, -BEGAN // 2, BEGAN))
        stamp = clock.stamp()
        passed = watches.steady_us - 5 * S
        assert last <= stamp <= BEGAN + passed + passed // SLEW + 1, turn
        last = stamp


def test_small_steps_again_and_again_gain_no_more_than_one_part_in_a_hundred(watches):
    clock = watches.clock()
    for _ in range(3600):
        watches.jump(BOUND_US // 2)
        watches.passes(clock, 1, S // 2)
    assert clock.stamp() <= BEGAN + 3600 * S + 3600 * S // SLEW


# A person's word -----------------------------------------------------------------------------


def test_a_person_accepts_a_clock_that_is_ahead(watches, tmp_path):
    clock = watches.clock(home=tmp_path)
    watches.jump(HOUR)
    watches.passes(clock, 5)
    accept(tmp_path, clock.hold, watches.wall_us, "ann", "the clock was wrong before")
    watches.passes(clock, 1)
    assert clock.hold is None and clock.stamp() == watches.wall_us


def test_a_person_accepts_a_clock_that_is_behind_and_time_goes_at_half_speed(watches, tmp_path):
    clock = watches.clock(home=tmp_path)
    watches.jump(-100 * S)
    watches.passes(clock, 5)
    accept(tmp_path, clock.hold, watches.wall_us, "ann", "the clock was wrong before")
    stamps = watches.passes(clock, 260)
    gaps = {b - a for a, b in itertools.pairwise(stamps[4:])}
    assert min(gaps) == S // 8 and clock.hold is None
    assert abs(clock.stamp() - watches.wall_us) <= BOUND_US
    watches.jump(-HOUR)
    watches.passes(clock, 1)
    assert clock.hold is not None


def test_an_accepted_clock_stays_accepted_over_a_restart(watches, tmp_path):
    clock = watches.clock(home=tmp_path)
    watches.jump(-HOUR)
    watches.passes(clock, 5)
    accept(tmp_path, clock.hold, watches.wall_us, "ann", "the clock was wrong before")
    last = watches.passes(clock, 20)[-1]
    clock.note()
    again = watches.clock(last=last, home=tmp_path)
    stamps = watches.passes(again, 20)
    assert again.hold is None and stamps[-1] - last == 10 * S
    watches.jump(-10 * S)
    watches.passes(again, 1)
    assert again.hold is not None


def test_a_jump_after_an_acceptance_is_held(watches, tmp_path):
    clock = watches.clock(home=tmp_path)
    watches.jump(-HOUR)
    watches.passes(clock, 5)
    accept(tmp_path, clock.hold, watches.wall_us, "ann", "the clock was wrong before")
    watches.passes(clock, 5)
    watches.jump(-HOUR)
    watches.passes(clock, 1)
    assert clock.hold is not None


@pytest.mark.parametrize("what", ["another hold", "another clock"])
def test_an_acceptance_counts_for_what_was_seen_alone_and_once(watches, tmp_path, what):
    clock = watches.clock(home=tmp_path)
    watches.jump(HOUR)
    watches.passes(clock, 5)
    seen = clock.hold
    accept(tmp_path, seen, watches.wall_us, "ann", "it is right")
    if what == "another clock":
        watches.jump(24 * HOUR)
    else:
        watches.jump(-HOUR)
        clock.stamp()
        watches.jump(HOUR)
        watches.passes(clock, 1, 100_000)
        assert clock.hold != seen
    watches.passes(clock, 5)
    assert clock.hold is not None
    watches.passes(clock, 5)
    assert clock.hold is not None and not (tmp_path / "clock-accept.json").exists()


# Starts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("wall", [BEGAN - HOUR, 1, BEGAN - 378_691_200 * S, BEGAN + DAY_US + S])
def test_p26_a_doubtful_clock_at_a_start_lets_time_stand(watches, wall):
    watches.wall_us = wall
    clock = watches.clock()
    assert clock.hold is not None and clock.hold.stands
    assert set(watches.passes(clock, 600)) == {BEGAN}
    watches.wall_us = BEGAN + 700 * S
    assert clock.stamp() == BEGAN + 700 * S and clock.hold is None


def test_p26_a_clock_that_is_set_right_is_followed_also_after_another_start(watches, tmp_path):
    # As after a start of the machine: there is a state, and it says nothing of this one.
    (tmp_path / "clock.json").write_text(OF_ANOTHER_BOOT)
    watches.wall_us = BEGAN - HOUR
    watches.clock(home=tmp_path)
    clock = watches.clock(home=tmp_path)
    assert clock.hold is not None and clock.hold.stands and not clock.hold.asks
    watches.wall_us = BEGAN + 60 * S
    assert clock.stamp() == BEGAN + 60 * S and clock.hold is None


@pytest.mark.parametrize("pause", [0, 60 * S, HOUR, DAY_US])
def test_p26_an_ordinary_pause_is_no_doubt(watches, pause):
    watches.wall_us += pause
    clock = watches.clock()
    assert clock.hold is None and clock.stamp() == BEGAN + pause


def test_a_copy_for_a_drill_may_be_of_any_age(watches):
    watches.wall_us += 30 * DAY_US
    clock = watches.clock(doubts=False)
    assert clock.hold is None and clock.stamp() == watches.wall_us
    watches.jump(HOUR)
    watches.passes(clock, 1)
    assert clock.hold is not None


def test_a_new_exchange_begins_at_the_wall_clock(watches):
    clock = watches.clock(last=0)
    assert clock.hold is None and clock.stamp() == BEGAN


def test_a_jump_while_the_writer_was_away_is_seen_on_the_same_boot(watches, tmp_path):
    clock = watches.clock(home=tmp_path)
    watches.passes(clock, 10)
    clock.note()
    watches.steady_us += 30 * S
    watches.wall_us += 30 * S + HOUR
    again = watches.clock(last=BEGAN + 10 * S, home=tmp_path)
    assert again.hold is not None and not again.hold.stands
    assert again.stamp() == BEGAN + 40 * S


def test_a_hold_outlives_its_writer_and_the_machines_start(watches, tmp_path, monkeypatch):
    clock = watches.clock(home=tmp_path)
    watches.jump(HOUR)
    watches.passes(clock, 5)
    again = watches.clock(last=BEGAN + 5 * S, home=tmp_path)
    assert again.hold == clock.hold and not again.hold.stands
    for module in (clock_module, __import__("pilothouse.venue.held", fromlist=["x"])):
        monkeypatch.setattr(module, "boot_id", lambda: "another")
    watches.steady_us = S
    booted = watches.clock(last=BEGAN + 5 * S, home=tmp_path)
    assert booted.hold is not None and booted.hold.stands
    assert set(watches.passes(booted, 60)) == {BEGAN + 5 * S}
    # Starting it again and again does not make the clock right.
    booted = watches.clock(last=BEGAN + 5 * S, home=tmp_path)
    assert booted.hold is not None and booted.hold.asks
    assert set(watches.passes(booted, 60)) == {BEGAN + 5 * S}
    accept(tmp_path, booted.hold, watches.wall_us, "ann", "checked against two others")
    watches.passes(booted, 1)
    assert booted.hold is None


def test_p29_a_machine_that_was_suspended_finds_that_time_has_passed(watches):
    clock = watches.clock()
    watches.passes(clock, 5)
    watches.steady_us += 600 * S
    watches.wall_us += 600 * S
    assert clock.stamp() == watches.wall_us and clock.hold is None


def test_a_state_that_cannot_be_read_is_none(tmp_path, watches):
    for raw in (b"", b"{}", b"[1]", b'{"boot": 1}', b"\xff\xfe", b'{"hold": {"a": 1}}'):
        (tmp_path / "clock.json").write_bytes(raw)
        assert read_state(tmp_path) is None and held(tmp_path) is None
        assert watches.clock(home=tmp_path).hold is None


@pytest.mark.parametrize("more_us", [1, 3 * HOUR, -HOUR])
def test_a_wrong_digit_in_the_state_moves_no_time(watches, tmp_path, more_us):
    """The same start of the machine: the offset alone would be believed."""
    watches.clock(home=tmp_path)
    facts = json.loads((tmp_path / "clock.json").read_text())
    assert read_state(tmp_path) is not None
    facts["offset_us"] += more_us
    (tmp_path / "clock.json").write_text(json.dumps(facts))
    assert read_state(tmp_path) is None
    assert watches.clock(home=tmp_path).stamp() == BEGAN


@pytest.mark.parametrize("apart", [HOUR, -HOUR, 3 * S])
def test_d5_a_state_that_was_lost_is_a_doubt_that_a_person_ends(watches, tmp_path, apart):
    said = []
    watches.jump(apart)
    clock = watches.clock(home=tmp_path, say=said.append)
    assert clock.hold.stands and clock.hold.asks and "clock.json is missing" in said[0]
    assert set(watches.passes(clock, 60)) == {BEGAN}
    # Neither time that passes nor another start makes it known again.
    assert watches.clock(home=tmp_path).hold.asks
    accept(tmp_path, clock.hold, watches.wall_us, "ann", "compared with two others")
    watches.passes(clock, 1)
    assert clock.hold is None


@pytest.mark.parametrize("last", [0, BEGAN])
def test_a_new_exchange_or_a_clock_at_the_last_block_is_no_doubt(watches, tmp_path, last):
    assert watches.clock(last=last, home=tmp_path).hold is None
    assert (tmp_path / "clock.json").exists()
