"""A start that is refused ends in a sentence with the way out, never in a traceback."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from pilothouse.journal.durable import DurableMark
from pilothouse.journal.lost import accepted
from pilothouse.journal.segments import segment_name
from pilothouse.journal.storage import Files


def environment(**more):
    return os.environ | {"PILOTHOUSE_ENVIRONMENT": "demo"} | more


def writer(home, **more):
    """Run the writer's process until it ended or recovered; return its code and what it said."""
    with open(home / "said", "w+") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "pilothouse.wiring.child", "writer", str(home), "0"],
            stdin=subprocess.PIPE,
            stderr=said,
            env=environment(**more),
        )
        deadline = time.monotonic() + 300
        while process.poll() is None and "Recovered" not in (home / "said").read_text():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        # It ends with its parent's pipe.
        process.stdin.close()
        return process.wait(60), (home / "said").read_text()


STARTED = (0, -signal.SIGTERM)
"""It ended because it was asked to, before or after it could say that it listens."""


def command(home, *words):
    done = subprocess.run(
        [sys.executable, "-m", "pilothouse.wiring.cli", *words, "--home", str(home), "--json"],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=300,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def short(tmp_path):
    """A folder whose only segment is gone while the mark says that there were 40 blocks."""
    (tmp_path / "journal").mkdir()
    DurableMark(Files(tmp_path)).set(40)
    return tmp_path


def test_d2_the_writer_refuses_in_a_sentence_and_goes_on_by_the_word(short):
    code, said = writer(short)
    assert code == 65 and "Traceback" not in said
    assert "40 blocks" in said and "--accept-lost-history 40-" in said
    code, out, error = command(short, "verify")
    assert code == 1 and "Missing at least: 40 blocks" in error and "Traceback" not in error
    word = said.split("--accept-lost-history ")[1].split("`")[0]
    code, said = writer(short, PILOTHOUSE_ACCEPT_LOST_HISTORY=word)
    assert code in STARTED and "accepted this loss" in said
    code, out, _ = command(short, "status")
    told = json.loads(out)
    assert "Missing at least: 40 blocks" in told["lost_history"][0] and told["disk"]
    code, out, _ = command(short, "verify")
    assert code == 0 and "accepted this loss" in json.loads(out)["lost"][0]
    assert writer(short)[0] in STARTED


def test_d13_a_disk_that_cannot_be_read_is_a_finding(short):
    place = short / segment_name(1)
    place.mkdir()
    code, _out, error = command(short, "verify")
    assert code == 1 and "is a folder, not a file" in error and "Traceback" not in error
    code, said = writer(short)
    assert code == 65 and "cannot be read" in said and "Traceback" not in said


@pytest.mark.django_db
def test_an_accepted_loss_is_one_row_of_the_audit(short):
    from pilothouse.records import audit
    from pilothouse.records.losses import DEED, note_losses
    from pilothouse.records.models import AuditRow
    from pilothouse.venue.recovery import Told
    from tests.faults.lives import leave, writer_of

    word = writer(short)[1].split("--accept-lost-history ")[1].split("`")[0]
    leave(writer_of(short, told=Told(word=word, by="ann")))
    assert len(accepted(Files(short))) == 1
    assert note_losses(Files(short)) == 1 and note_losses(Files(short)) == 0
    (row,) = AuditRow.objects.filter(deed=DEED)
    assert row.actor == "ann" and "40 blocks" in row.sentence and audit.verify().whole
