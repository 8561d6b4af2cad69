"""`pilothouse drill` refuses what cannot be drilled, and leaves no copy behind."""

import sys

import pytest
from typer.testing import CliRunner

from pilothouse.venue.index_replay import begin
from pilothouse.wiring.cli import app
from pilothouse.wiring.drill.copying import Copied
from tests.venue.bar_files import write_bars

drill = sys.modules["pilothouse.wiring.cli.drill"]  # the package names the command so


@pytest.fixture
def day(tmp_path):
    return write_bars(tmp_path / "day.csv")


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """Make copies of nothing, whose processes are not started."""

    def copy(source, target, environment):
        target.mkdir()
        return Copied(str(source), environment, 1, 1, 1)

    monkeypatch.setattr(drill, "copy_exchange", copy)
    monkeypatch.setattr(drill.Drill, "start", lambda self: None)
    return tmp_path / "copy"


def asked(day, copied, *more):
    home = copied.parent / "home"
    said = ["drill", str(day), "--market=NOPE", f"--home={home}", f"--into={copied}", *more]
    return CliRunner().invoke(app, said)


def test_a_market_that_is_not_there_leaves_no_copy(day, copied, monkeypatch):
    def present_of(home, symbol):
        assert home == copied and copied.is_dir()
        raise begin.CannotReplay(f"there is no market {symbol}")

    monkeypatch.setattr(begin, "present_of", present_of)
    done = asked(day, copied)
    assert done.exit_code == 1
    assert "there is no market NOPE; the copy was removed" in " ".join(done.output.split())
    assert not copied.exists()


def test_a_time_without_bars_is_refused_before_anything_is_copied(day, copied):
    done = asked(day, copied, "--from=2031-01-01T00:00")
    assert done.exit_code == 1 and "the file has no bars in that time" in done.output
    assert not copied.exists()
