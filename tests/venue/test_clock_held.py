"""A jump of the clock under a running writer moves nothing; it is shown, and people accept it."""

import json
import os
import subprocess
import sys
import time

from pilothouse.journal.steady import steady_us
from pilothouse.venue.clock import wall_clock_us
from pilothouse.venue.follower import Follower
from pilothouse.venue.held import SUM, accept, held, sum_of
from tests.venue.counter import RELEASE, order
from tests.venue.running import client_of, running_writer

HOUR_US = 3_600_000_000


class Jumping:
    """This machine's clock, and what somebody put on top of it."""

    def __init__(self):
        self.off_us = 0

    def __call__(self):
        return wall_clock_us() + self.off_us


def until(holds, seconds=60):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def pilothouse(home, *words):
    environment = dict(os.environ)
    command = [sys.executable, "-m", "pilothouse.wiring.cli", *words, "--home", str(home)]
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, env=environment)
    return done.returncode, done.stdout, done.stderr


def test_d5_an_hour_ahead_moves_nothing_until_a_person_accepts_it(tmp_path):
    clock = Jumping()
    with running_writer(tmp_path, now=clock) as writer, client_of(tmp_path) as client:
        client.submit([order(1)])
        follower = Follower(tmp_path, release=RELEASE)
        assert follower.clock_held == ""
        clock.off_us = HOUR_US
        until(lambda: held(tmp_path) is not None)
        before = writer.machine.time
        client.submit([order(2)])
        assert writer.machine.time - before < HOUR_US // 2
        until(lambda: writer.machine.time > before)
        assert "3,600.0 s ahead" in follower.clock_held
        code, out, _ = pilothouse(tmp_path, "status")
        assert code and "Clock held" in json.loads(out)["clock"]
        accept(tmp_path, held(tmp_path), clock(), "ann", "the time source was off")
        until(lambda: writer.machine.time - before >= HOUR_US)
        assert held(tmp_path) is None and follower.clock_held == ""


def test_the_word_of_a_person_is_audited(tmp_path):
    environment = dict(os.environ)
    (tmp_path / "journal").mkdir()
    code, _, error = pilothouse(tmp_path, "clock", "accept", "--by", "ann", "--why", "it is right")
    assert code and "not held" in error
    subprocess.run(
        [sys.executable, "-m", "pilothouse.wiring.cli", "person", "ann", "--role", "operator",
         "--home", str(tmp_path)],
        env=environment | {"PILOTHOUSE_PASSWORD": "a-long-password-of-ann"},
        check=True,
        capture_output=True,
    )  # fmt: skip
    clock = Jumping()
    with running_writer(tmp_path, now=clock) as writer, client_of(tmp_path) as client:
        client.submit([order(1)])
        clock.off_us = -HOUR_US
        until(lambda: held(tmp_path) is not None)
        # The command line sees the machine's real clock: only that one can be accepted.
        code, _, error = pilothouse(
            tmp_path, "clock", "accept", "--by", "nobody", "--why", "it is right"
        )
        assert code and "there is no user nobody" in error
        code, _, error = pilothouse(tmp_path, "clock", "accept", "--by", "ann", "--why", "x")
        assert code and "characters" in error
        code, out, error = pilothouse(
            tmp_path, "clock", "accept", "--by", "ann", "--why", "compared with two others"
        )
        assert code == 0, error
        assert json.loads(out)["by"] == "ann"
        # What was accepted is not what this writer's clock shows: it stays held.
        until(lambda: any("look again" in one for one in writer.said))
        assert held(tmp_path) is not None
        code, out, _ = pilothouse(tmp_path, "clock", "show")
        assert code == 0 and json.loads(out)["held"] is True
    audited = subprocess.run(
        [sys.executable, "-c", AUDITED], env=environment | {"PILOTHOUSE_HOME": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "clock.accepted ann" in audited.stdout and "compared with two others" in audited.stdout


AUDITED = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "pilothouse.wiring.settings"
django.setup()
from pilothouse.records.models import AuditRow
for one in AuditRow.objects.order_by("number"):
    print(one.deed, one.actor, one.sentence)
"""


def test_p26_a_start_with_a_doubtful_clock_stands_and_says_so(tmp_path):
    with running_writer(tmp_path) as writer, client_of(tmp_path) as client:
        client.submit([order(1)])
        writer._clock.note = lambda: None
    # As after a start of the machine.
    facts = json.loads((tmp_path / "clock.json").read_text())
    facts = {name: value for name, value in facts.items() if name != SUM} | {"boot": "another"}
    (tmp_path / "clock.json").write_text(json.dumps(facts | {SUM: sum_of(facts)}))
    late = Jumping()
    late.off_us = -378_691_200 * 10**6
    with running_writer(tmp_path, now=late) as writer, client_of(tmp_path) as client:
        stands = writer.machine.time
        assert any("has stopped" in one for one in writer.said)
        client.submit([order(2)])
        blocks = writer._journal.tail.number
        until(lambda: writer._journal.tail.number > blocks + 2)
        assert writer.machine.time == stands
        late.off_us = 0
        until(lambda: writer.machine.time > stands)
        assert held(tmp_path) is None


def test_d5_a_held_clock_whose_state_was_lost_is_not_believed_at_the_next_start(tmp_path):
    clock = Jumping()
    with running_writer(tmp_path, now=clock) as writer, client_of(tmp_path) as client:
        client.submit([order(1)])
        clock.off_us = HOUR_US
        until(lambda: held(tmp_path) is not None)
    (tmp_path / "clock.json").unlink()
    with running_writer(tmp_path, now=clock) as writer, client_of(tmp_path) as client:
        before = writer.machine.time
        client.submit([order(2)])
        assert writer.machine.time - before < HOUR_US // 2
        assert any("clock.json is missing" in one for one in writer.said)
        assert held(tmp_path).asks
        accept(tmp_path, held(tmp_path), clock(), "ann", "compared with two others")
        until(lambda: writer.machine.time - before >= HOUR_US // 2)
        assert held(tmp_path) is None


def test_the_steady_clock_never_goes_back():
    seen = [steady_us() for _ in range(1_000)]
    assert seen == sorted(seen)
