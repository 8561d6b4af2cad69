"""An archive that is damaged is set aside and derived again; what was measured is kept."""

import errno

import pyarrow as pa
import pytest

from pilothouse.records.archive import mending, parts, rebuild
from pilothouse.records.archive.archive import Archive, Cursor, cursor, live
from pilothouse.records.archive.definitions import TABLES
from pilothouse.records.archive.mending import Watch, kept_archive

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(tmp_path):
    archive = Archive(tmp_path)
    rebuild.prepare(archive)
    measured = pa.table(
        {
            "time": pa.array([1, 2], pa.timestamp("us")),
            "measure": ["spread", "depth"],
            "scope": ["exchange", "exchange"],
            "value": [1, 2],
        }
    )
    archive.append("measures", measured)
    archive.flush(upto=Cursor(9, 99, 999))
    return tmp_path


def part_of(home, table="measures"):
    name = live(table).first().name
    return parts.path_of(home, parts.true_file(TABLES[table], name))


def gone(path):
    path.unlink()


def halved(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path):
    path.write_bytes(b"")


def other_footer(path):
    raw = bytearray(path.read_bytes())
    raw[-200:-8] = b"\xff" * 192
    path.write_bytes(raw)


@pytest.mark.parametrize("fault", [gone, halved, emptied, other_footer])
def test_a_damaged_part_sets_the_archive_aside_and_the_start_goes_on(home, fault):
    fault(part_of(home))
    said = []
    keeper = kept_archive(home, said.append)
    assert keeper.since == 0 == cursor().blocks, "the journal is told from its first block again"
    assert "is derived again" in said[0]
    aside = list(home.glob(f"{rebuild.ASIDE}*"))
    assert len(aside) == 1
    assert not live("measures").exists()
    assert kept_archive(home, said.append) and len(said) == 1


def test_what_was_measured_is_kept_where_it_can_be_read(home):
    archive = Archive(home)
    archive.append("measures", parts.read_parts(home, TABLES["measures"], [part_of(home).name]))
    archive.flush()
    first, _second = live("measures")
    parts.path_of(home, parts.true_file(TABLES["measures"], first.name)).unlink()
    kept_archive(home, lambda sentence: None)
    kept = [one.name for one in live("measures")]
    assert len(kept) == 1
    assert len(parts.read_parts(home, TABLES["measures"], kept)) == 2


def test_a_full_disk_is_not_damage(home, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(parts, "refuse_other_columns", full)
    with pytest.raises(OSError, match="No space"):
        kept_archive(home, lambda sentence: None)
    assert not list(home.glob(f"{rebuild.ASIDE}*")) and cursor().blocks == 9


def test_a_whole_archive_is_left_alone(home):
    assert rebuild.fault(home) == ""
    assert kept_archive(home, pytest.fail).since == 9


def test_damage_that_comes_while_it_runs_is_noticed(home, monkeypatch):
    monkeypatch.setattr(mending, "LOOK_S", 0.0)
    left = []
    watch = Watch(home, left.append)
    watch.look()
    assert left == []
    gone(part_of(home))
    watch.look()
    assert "damaged while it was used" in left[0]
