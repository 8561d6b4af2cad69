"""The process dies between APPLYING and the answer: the next one sends the same bytes again."""

import os
import subprocess
import sys
from pathlib import Path

CHILD = Path(__file__).with_name("crash_child.py")
ROOT = Path(__file__).parents[2]


def run(what, home):
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    settings = "pilothouse.wiring.settings"
    environment = os.environ | {
        "PILOTHOUSE_HOME": str(home),
        "PYTHONPATH": paths,
        "DJANGO_SETTINGS_MODULE": settings,
    }
    return subprocess.run(
        [sys.executable, str(CHILD), what],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_same_name_with_the_same_bytes_is_sent_by_the_next_process(tmp_path):
    died = run("first", tmp_path)
    assert died.returncode == 9, died.stderr
    went_on = run("second", tmp_path)
    assert went_on.returncode == 0, went_on.stderr
    assert went_on.stdout.split() == ["applying", "applied", "verified", "verified"]
    sent_first = (tmp_path / "first").read_text().splitlines()
    sent_second = (tmp_path / "second").read_text().splitlines()
    assert len(sent_first) == 1 and sent_second == sent_first
