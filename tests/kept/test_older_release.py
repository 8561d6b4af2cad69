"""A folder of a release that cannot be taken over is refused before anything is made of it."""

import pytest
from typer.testing import CliRunner

from pilothouse.journal.snapshots import read_snapshot, snapshot_blocks
from pilothouse.journal.storage import Files
from pilothouse.venue.machine import present_release
from pilothouse.wiring.cli import app
from pilothouse.wiring.older_release import OlderRelease, refuse_older_release
from pilothouse.wiring.settling import settle
from tests.kept.laying import lay_release_1


def everything(home):
    return {one: one.stat().st_mtime_ns for one in sorted(home.rglob("*"))}


def test_it_is_refused_before_a_byte_is_written(tmp_path):
    home = lay_release_1(tmp_path / "home")
    before = everything(home)
    with pytest.raises(OlderRelease, match=r"written by Pilothouse 0\.1\.0.*Nothing was changed"):
        settle(home, demo=True)
    assert everything(home) == before


def test_up_ends_with_the_sentence_and_compiles_nothing(tmp_path, monkeypatch):
    home = lay_release_1(tmp_path / "home")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "nothing-compiled"))
    before = everything(home)
    done = CliRunner().invoke(app, ["up", "--demo", "--home", str(home)])
    assert done.exit_code == 65 and "written by Pilothouse 0.1.0" in done.stderr
    assert "compiling" not in done.output
    assert everything(home) == before and not (tmp_path / "nothing-compiled").exists()


def test_what_is_said_of_the_release_is_true(tmp_path):
    """When this release learns to take the state over, `goes_on_here` has to say so."""
    storage = Files(lay_release_1(tmp_path / "home"))
    newest = read_snapshot(storage, snapshot_blocks(storage)[0])
    with pytest.raises(ValueError, match="the state"):
        present_release().from_bytes(newest.body)


def test_a_new_folder_and_an_empty_one_pass(tmp_path):
    refuse_older_release(tmp_path / "nowhere")
    refuse_older_release(tmp_path)
    assert not list(tmp_path.iterdir())
