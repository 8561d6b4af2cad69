"""What an exchange keeps is its owner's alone, whoever made the folder or copied it."""

import os
import shutil
import stat
import subprocess
import sys

import pytest

from pilothouse.wiring.home import UnfitHome, judge_home, tighten
from pilothouse.wiring.settling import settle
from tests.attack.test_environment import ENVIRONMENT, PASSWORD, pilothouse

LAX = "import os, sys; os.umask(0o022); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"


def open_to_others(home):
    return [str(one) for one in (home, *home.rglob("*")) if one.stat().st_mode & 0o077]


@pytest.mark.parametrize(
    "command",
    [
        ["person", "opa", "--role", "operator"],
        ["notice-target", "ops", "--remove"],
    ],
)
def test_a_command_before_the_first_up_makes_a_folder_for_its_owner(tmp_path, command):
    home = tmp_path / "home"
    asked = ["-c", LAX, "-m", "pilothouse.wiring.cli", *command, "--home", str(home)]
    subprocess.run(
        [sys.executable, *asked],
        env=ENVIRONMENT
        | {"PYTHONPATH": os.pathsep.join(sys.path), "PILOTHOUSE_PASSWORD": PASSWORD},
        check=False,
        capture_output=True,
    )
    assert (home / "pilothouse.sqlite3").exists()
    assert open_to_others(home) == []


def test_a_copy_that_lost_its_modes_is_closed_at_the_next_start_and_it_is_said(tmp_path):
    home, copy = tmp_path / "home", tmp_path / "copy"
    settle(home)
    for name in ("journal/0", "logs/writer.log", "archive/fills/a.parquet", "catalogue.json"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("x")
    shutil.copytree(home, copy, copy_function=shutil.copyfile)
    for one in (copy, *copy.rglob("*")):
        one.chmod(0o755 if one.is_dir() else 0o644)
    # A secret that others could read is a secret no longer: that is refused, and not put right.
    (copy / "secret.key").chmod(0o600)
    said = []
    settle(copy, say=said.append)
    assert open_to_others(copy) == []
    assert "were open to other users" in said[0]


def test_what_is_not_ours_in_a_folder_is_left_alone(tmp_path):
    home = tmp_path / "home"
    settle(home)
    (home / "notes").mkdir()
    (home / "notes" / "mine.txt").write_text("x")
    (home / "notes" / "mine.txt").chmod(0o644)
    outside = tmp_path / "outside.txt"
    outside.write_text("x")
    outside.chmod(0o644)
    (home / "link").symlink_to(outside)
    tighten(home)
    assert stat.S_IMODE((home / "notes" / "mine.txt").stat().st_mode) == 0o644
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644


def test_a_folder_of_other_things_that_others_read_is_no_home(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    tmp_path.chmod(0o755)
    with pytest.raises(UnfitHome, match="holds other files"):
        judge_home(tmp_path)
    done = pilothouse(tmp_path, "up")
    assert done.returncode == 1 and "holds other files" in done.stderr
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_homes_that_cannot_be_are_refused_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("x")
    for home, why in (
        (tmp_path / ("n" * 120), "bytes long; local sockets allow at most"),
        (tmp_path / "file", "is not a directory"),
        (tmp_path / "file" / "deeper", "is not a directory"),
    ):
        done = pilothouse(home, "up")
        assert done.returncode == 1 and why in done.stderr and "Traceback" not in done.stderr
