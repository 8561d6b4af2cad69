"""A file of minute bars is read exactly, or refused with each of its faults by the line."""

import gzip

import pytest

from pilothouse.venue.index_replay.bars import BadFile, part, read_bars
from tests.venue.bar_files import BEGAN_MS, FALLING, HEADER, row, write_bars

E12 = 10**12
MINUTE_US = 60_000_000


def faults(path, rows=(), header=HEADER, strict=False):
    """Return what is wrong with a file, by its lines."""
    write_bars(path, rows, header)
    with pytest.raises(BadFile) as refused:
        read_bars(path, strict)
    assert "nothing was sent" in str(refused.value)
    return {one.line: one.says for one in refused.value.faults}


@pytest.mark.parametrize("zipped", [False, True])
def test_a_good_file_is_read_exactly(tmp_path, zipped):
    read = read_bars(write_bars(tmp_path / "bars", zipped=zipped))
    first, second = read.bars[:2]
    assert (first.began_us, first.open_e12) == (BEGAN_MS * 1000, 10 * E12)
    assert (second.high_e12, second.low_e12) == (10_100_000_000_000, 8 * E12)
    assert len(read.bars) == 4 and read.gaps == ()


@pytest.mark.parametrize("digits, factor", [(10, 1_000_000), (16, 1)])
def test_times_are_also_seconds_or_microseconds(tmp_path, digits, factor):
    began = str(BEGAN_MS * 1000)[:digits]
    bars = read_bars(write_bars(tmp_path / "bars", [f"{began},1,1,1,1,1,0"])).bars
    assert bars[0].began_us == int(began) * factor == BEGAN_MS * 1000


def test_each_malformed_line_is_named_and_all_of_them_at_once(tmp_path):
    rows = [
        row(0, "10", "10", "10", "10"),
        "1712944860000,1,1,1",
        row(2, "ten", "10", "10", "10"),
        row(3, "10", "10", "10", "1e-13"),
        row(4, "10", "10", "-1", "10"),
        row(5, "10", "9.9", "9", "9.5"),
        row(6, "10", "11", "9.99", "9.98"),
        row(7, "10", "10", "10", "nan"),
        row(8, "9000001", "9000001", "9000001", "9000001"),
        "yesterday,1,1,1,1,1,0",
        f"{BEGAN_MS + 1},1,1,1,1,1,0",
        "",
    ]
    said = faults(tmp_path / "bars", rows)
    assert sorted(said) == list(range(3, 14))
    assert said[3] == "it has 4 columns, the header 7"
    assert "open" in said[4] and "decimal number" in said[4]
    assert "close" in said[5] and "more than 12 decimals" in said[5]
    assert "low -1 is not a positive price" in said[6]
    assert said[7] == said[8] == "open and close do not lie between low and high"
    assert "'nan'" in said[9] and "not a positive price an index can have" in said[10]
    assert "'yesterday'" in said[11] and "beginning of a minute" in said[12]


def test_a_minute_that_stands_twice_or_comes_late_is_refused(tmp_path):
    same = ("1", "1", "1", "1")
    said = faults(tmp_path / "bars", [row(0, *same), row(1, *same), row(1, *same), row(0, *same)])
    assert sorted(said) == [4, 5]
    assert "stands there twice" in said[4] and "is earlier than" in said[5]


def test_a_gap_is_told_up_to_an_hour_and_refused_beyond_or_when_strict(tmp_path):
    same = ("1", "1", "1", "1")
    rows = [row(0, *same), row(3, *same), row(64, *same)]
    read = read_bars(write_bars(tmp_path / "bars", rows))
    assert [one.line for one in read.gaps] == [3, 4]
    assert read.gaps[0].says.startswith("2 minutes are missing after 2024-04-12 18:00")
    assert read.gaps[1].says.startswith("60 minutes are missing")
    assert sorted(faults(tmp_path / "bars", rows, strict=True)) == [3, 4]
    assert list(faults(tmp_path / "bars", [*rows, row(126, *same)])) == [5]


def test_a_header_that_lacks_a_column_or_has_it_twice_is_refused(tmp_path):
    said = faults(tmp_path / "bars", FALLING, "time,open,high,low,low,close,volume")
    assert said == {1: "the header must name once: open_time, low"}
    assert faults(tmp_path / "bars", [], "") == {1: faults(tmp_path / "none", [], "")[1]}


def test_a_file_without_bars_is_refused(tmp_path):
    assert faults(tmp_path / "bars", []) == {1: "the file holds no bar"}


def test_a_torn_archive_and_a_file_that_is_no_text_are_refused(tmp_path):
    whole = gzip.compress("\n".join([HEADER, *FALLING * 50]).encode())
    for raw in (whole[:-20], whole[:12] + b"\xff" * 30, b"\x1f\x8bnothing"):
        (tmp_path / "torn").write_bytes(raw)
        with pytest.raises(BadFile, match="gzip"):
            read_bars(tmp_path / "torn")
    (tmp_path / "raw").write_bytes(HEADER.encode() + b"\n\xff\xfe")
    with pytest.raises(BadFile, match="line 2: it is no text"):
        read_bars(tmp_path / "raw")


def test_many_faults_are_counted_and_not_all_printed(tmp_path):
    write_bars(tmp_path / "bars", ["x"] * 100)
    with pytest.raises(BadFile, match="and 80 more"):
        read_bars(tmp_path / "bars")


def test_a_part_of_a_file_is_taken_by_time(tmp_path):
    read = read_bars(write_bars(tmp_path / "bars"))
    first = read.bars[0].began_us
    assert [one.line for one in part(read)] == [2, 3, 4, 5]
    taken = part(read, first + MINUTE_US, first + 3 * MINUTE_US)
    assert [one.line for one in taken] == [3, 4]
    assert part(read, first + 9 * MINUTE_US) == ()
