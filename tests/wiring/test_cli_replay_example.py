"""`pilothouse replay example`: an invented crash to try with, never over a file that exists."""

from typer.testing import CliRunner

from pilothouse.venue.index_replay.bars import part, read_bars
from pilothouse.wiring.cli import app


def example(*arguments):
    return CliRunner().invoke(app, ["replay", "example", *map(str, arguments)])


def test_it_writes_a_crash_that_can_be_replayed(tmp_path):
    first, again, other = (tmp_path / name for name in ("a.csv", "b.csv", "c.csv"))
    assert example(first).exit_code == example(again).exit_code == 0
    assert example(other, "--seed", 2).exit_code == 0
    assert first.read_bytes() == again.read_bytes() != other.read_bytes()
    made = list(part(read_bars(first)))
    assert min(one.low_e12 for one in made) < made[0].open_e12 * 7 // 10


def test_a_file_that_exists_is_left_alone(tmp_path):
    (tmp_path / "mine.csv").write_text("mine")
    done = example(tmp_path / "mine.csv")
    assert done.exit_code == 1 and "File exists" in done.output
    assert (tmp_path / "mine.csv").read_text() == "mine"
    assert example(tmp_path / "nowhere" / "a.csv").exit_code == 1
