"""kill -9 at any moment of a console that watches and tells: nothing is lost, nothing twice."""

import os
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from tests.desk.receiver import receiver

CHILD = Path(__file__).with_name("told_child.py")
ROOT = Path(__file__).parents[2]
SECONDS_OF_A_WAVE, WAVES = 92, 3
KILLS_OF_A_WORLD = int(os.environ.get("PILOTHOUSE_KILLS", "25"))
TURNS = ("alert.raise", "alert.resolve")


@pytest.fixture
def drops():
    with receiver() as made:
        yield made


@pytest.fixture
def plain():
    with receiver() as made:
        yield made


def start(home, waves, *receivers):
    environment = os.environ | {
        "WAVES": str(waves),
        "PILOTHOUSE_HOME": str(home),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        "DJANGO_SETTINGS_MODULE": "pilothouse.wiring.settings",
    }
    asked = [sys.executable, str(CHILD), *(one.address() for one in receivers)]
    return subprocess.Popen(asked, env=environment, cwd=ROOT, stdout=subprocess.PIPE)


def second_of(home):
    place = home / "second"
    return int(place.read_text()) if place.exists() else 0


def until(true, child):
    while not true():
        assert child.poll() is None, "it ended by itself"
        time.sleep(0.001)


def kill(child):
    child.kill()
    child.wait()


def rows(home, question):
    with closing(sqlite3.connect(home / "pilothouse.sqlite3")) as database:
        return database.execute(question).fetchall()


def keys(hook):
    return [key for key, _ in hook.came]


def test_killed_at_any_moment_nothing_is_lost_and_nothing_told_twice(tmp_path, drops, plain):
    killed_and_judged(tmp_path, drops, plain, 3, WAVES)


@pytest.mark.world
@pytest.mark.timeout(1_200 + 60 * KILLS_OF_A_WORLD)
def test_p11_killed_again_and_again_nothing_is_told_twice(tmp_path, drops, plain):
    killed_and_judged(tmp_path, drops, plain, KILLS_OF_A_WORLD, WAVES + KILLS_OF_A_WORLD // 20)
    print(f"{KILLS_OF_A_WORLD + 2} kills of the watch and the notices")


def killed_and_judged(home, drops, plain, kills, waves):
    chance, seconds = random.Random(7), SECONDS_OF_A_WAVE * waves
    # Once in the middle of a send: each receiver has taken the notice and has not answered.
    for held in (drops, plain):
        held.behaviour = "says nothing"
        child, had = start(home, waves, drops, plain), len(held.came)
        until(lambda held=held, had=had: len(held.came) > had, child)
        kill(child)
        held.behaviour = 200
        held.released.set()
    moments = sorted(chance.sample(range(second_of(home) + 5, seconds - 5), kills))
    for moment in moments:
        child = start(home, waves, drops, plain)
        until(lambda moment=moment: second_of(home) >= moment, child)
        time.sleep(chance.uniform(0, 0.02))
        kill(child)
        assert second_of(home) < seconds, "killed in the middle"
    child = start(home, waves, drops, plain)
    said, _ = child.communicate(timeout=300)
    assert said == b"done\n" and second_of(home) == seconds
    alerts = rows(home, "SELECT state FROM watch_alert")
    assert alerts == [("resolved",)] * waves
    told = rows(
        home, "SELECT event, count(*) FROM desk_notice WHERE event LIKE 'alert.%' GROUP BY 1"
    )
    assert dict(told) == dict.fromkeys(TURNS, waves)
    judge_plain(home, plain)
    judge_drops(home, drops)


def ledger(home, target):
    """Return what travels with each delivery to a target, and where it stands."""
    question = (
        "SELECT n.key || '-' || d.target, d.state FROM desk_delivery d "
        f"JOIN desk_notice n ON n.id = d.notice_id WHERE d.target = '{target}'"
    )
    return dict(rows(home, question))


def judge_plain(home, hook):
    """No notice came twice; each arrived, but for those of which it is said that nobody knows."""
    told, came = ledger(home, "plain"), Counter(keys(hook))
    assert set(came.values()) == {1}
    assert Counter(told.values())["unknown"] >= 1, "it was killed while it sent"
    assert set(told.values()) <= {"arrived", "unknown"}
    assert {key for key, state in told.items() if state == "arrived"} <= set(came) <= set(told)


def judge_drops(home, hook):
    """Each arrived; what came again bears the key of the first."""
    told = ledger(home, "drops")
    assert set(told.values()) == {"arrived"} and set(keys(hook)) == set(told)
    assert len(hook.came) > len(told), "what was cut off was sent again"
