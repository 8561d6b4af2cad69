"""What was measured is in no journal: no step of making the archive anew may lose it."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("world", ["damaged", "of_an_older_layout", "of_a_lost_history"])
@pytest.mark.parametrize("how", ["killed", "full"])
def test_no_step_of_making_an_archive_anew_loses_what_was_measured(tmp_path, world, how):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    told = subprocess.run(
        [sys.executable, "-m", "tests.records.archive_steps", str(home), world, how],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(("src", "."))},
    )
    assert told.returncode == 0, told.stderr
    steps, rest = told.stdout.split("\n")[-2].removeprefix("steps ").split(" ", 1)
    assert rest == "lost [] end 0", told.stderr + told.stdout
    assert int(steps) > 9
