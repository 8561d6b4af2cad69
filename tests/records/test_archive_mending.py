"""An archive that is damaged is set aside and derived again; what was measured is kept."""

import errno
import random
import sqlite3
from datetime import timedelta

import duckdb
import pyarrow as pa
import pytest
from django.utils import timezone

from pilothouse.records.archive import answering, checksums, mending, parts, rebuild, walk
from pilothouse.records.archive.archive import Archive, live
from pilothouse.records.archive.checksums import Damaged
from pilothouse.records.archive.compaction import FAN
from pilothouse.records.archive.cursors import Cursor, cursor, move
from pilothouse.records.archive.definitions import TABLES
from pilothouse.records.archive.mending import Watch, kept_archive
from pilothouse.records.archive.refusals import ARCHIVE_IS_DAMAGED, SQL_IS_WRONG
from pilothouse.records.models import ArchivePart
from pilothouse.venue.verify import Report
from pilothouse.wiring.archive_files import compare_archive
from tests.attack.sql_worlds import build

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
    if fault is gone:
        assert len(said) == 1
    else:
        assert "1 files of measures" in said[1] and len(list((home / "set-aside").iterdir())) == 1
    assert kept_archive(home, pytest.fail)


def test_what_was_measured_is_kept_where_it_can_be_read(home):
    archive = Archive(home)
    archive.append("measures", parts.read_parts(home, TABLES["measures"], live("measures")))
    archive.flush()
    first, _second = live("measures")
    parts.path_of(home, parts.true_file(TABLES["measures"], first.name)).unlink()
    kept_archive(home, lambda sentence: None)
    kept = live("measures")
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


def flip(path, rnd):
    """Flip one bit of the columns; size and footer stay as they are."""
    raw = bytearray(path.read_bytes())
    footer = int.from_bytes(raw[-8:-4], "little") + 8
    raw[rnd.randrange(4, len(raw) - footer)] ^= 1 << rnd.randrange(8)
    path.write_bytes(raw)


def shelves():
    return [
        (name, shelf)
        for name in ("measures", "positions", "ledger_entries", "accounts")
        for shelf in range(len(parts.files_of(TABLES[name], "a")))
    ]


def some_clients(home):
    archive = build(home, list(range(1_000, 1_010)), pieces=1)
    archive.flush(upto=Cursor(9, 99, 999))
    return archive


def looked_through(home):
    """Return what a running console says of it after one walk."""
    left = []
    watch = Watch(home, left.append)
    watch.look()
    return left


@pytest.mark.parametrize(("table", "shelf"), shelves())
def test_a_flipped_bit_of_any_file_is_found_and_the_archive_made_anew(home, table, shelf):
    some_clients(home)
    assert looked_through(home) == []
    row = live(table).first()
    files = [parts.path_of(home, one) for one, _ in parts.known_files(TABLES[table], row)]
    if shelf >= len(files):
        pytest.skip("the table has no rows on this shelf")
    good = files[shelf].read_bytes()
    for seed in range(6):
        files[shelf].write_bytes(good)
        flip(files[shelf], random.Random(seed))
        with pytest.raises(Damaged, match="other contents"):
            list(walk.contents(home))
    assert f"a part of {table} has other contents" in looked_through(home)[0]
    keeper = kept_archive(home, lambda sentence: None)
    assert keeper.since == 0 and not live("positions").exists()
    assert len(list(home.glob(f"{rebuild.ASIDE}*"))) == 1
    assert rebuild.fault(home) == "" and looked_through(home) == []


def test_a_start_looks_at_no_contents_and_the_watch_at_a_bounded_number_of_bytes(
    home, monkeypatch
):
    some_clients(home)
    monkeypatch.setattr(checksums, "PIECE", 64)
    monkeypatch.setattr(mending, "BYTES_OF_A_LOOK", 640)
    read, compared = [], checksums.compared
    monkeypatch.setattr(
        checksums,
        "compared",
        lambda *given: (read.append(len(one)) or one for one in compared(*given)),
    )
    rebuild.prepare(Archive(home))
    assert read == []
    watch, size = Watch(home, pytest.fail), 0
    total = sum(facts["bytes"] for name, table in TABLES.items() for row in live(name)
                for _, facts in parts.known_files(table, row))  # fmt: skip
    while size < total:
        watch.look()
        assert size < sum(read) <= size + 704
        size = sum(read)
    watch.look()
    assert sum(read) == total, "it rests before it begins again"
    walk.WANTED.set()
    watch.look()
    assert sum(read) == 2 * total, "a reader met an error: all of it, at once"


@pytest.mark.parametrize("table", ["markets", "accounts", "fee_schedules"])
def test_a_part_that_the_start_itself_cannot_read_keeps_no_console_down(home, table):
    some_clients(home)
    schema = TABLES["fee_schedules"].schema
    tier = {"position": 1, "fee_schedule": 1, "tier": 1, "volume_from_usd": 0}
    archive = Archive(home)
    archive.append(
        "fee_schedules", pa.Table.from_pylist([dict.fromkeys(schema.names) | tier], schema)
    )
    archive.flush()
    flip(part_of(home, table), random.Random(3))
    said = []
    keeper = kept_archive(home, said.append)
    assert keeper.since == 0 and f"a part of {table} has other contents" in said[0]
    assert len(list(home.glob(f"{rebuild.ASIDE}*"))) == 1
    assert live("measures").exists(), "what was measured is kept"


def test_damage_is_not_merged_and_what_retired_is_still_deleted(home):
    some_clients(home)
    live("markets").delete()  # of this world's market not enough is known to go on from it
    move(None, ["markets"])
    keeper = kept_archive(home, pytest.fail)
    for one in range(FAN - 1):
        keeper.archive.append("measures", measured(one))
        keeper.archive.flush()
    flip(part_of(home), random.Random(1))
    live("positions").update(retired_at=timezone.now() - timedelta(hours=1))
    move(None, ["positions"])
    keeper._try()
    assert live("measures").count() == FAN and "damaged" in keeper.fault
    assert not ArchivePart.objects.filter(table="positions").exists()
    assert "a part of measures has other contents" in looked_through(home)[0]
    again = kept_archive(home, lambda sentence: None)
    assert live("measures").count() == FAN - 1, "the damaged one is not taken along"
    again.keep()


def measured(at):
    return pa.table(
        {
            "time": pa.array([at], pa.timestamp("us")),
            "measure": ["spread"],
            "scope": ["exchange"],
            "value": [at],
        }
    )


def test_running_out_of_descriptors_is_not_damage(home, monkeypatch):
    class Short(type(home)):
        def open(self, *_, **__):
            raise OSError(errno.EMFILE, "Too many open files")

    watch = Watch(home, pytest.fail)
    with monkeypatch.context() as patched:
        patched.setattr(
            parts, "path_of", lambda home, file: Short(home).joinpath("archive", *file)
        )
        with pytest.raises(OSError, match="Too many"):
            watch.look()
    watch.look()
    assert rebuild.condemned(home) == "" and cursor().blocks == 9


def test_an_archive_without_checksums_is_made_anew_and_what_was_measured_taken(home):
    ArchivePart.objects.update(files={})
    (home / "archive" / rebuild.LAYOUT_FILE).write_text("2\n")
    said = []
    kept_archive(home, said.append)
    assert "layout 2" in said[0] and live("measures").count() == 1
    assert looked_through(home) == []


def test_a_part_that_was_merged_away_meanwhile_is_no_damage(home):
    part_of(home).unlink()
    retired = {"retired_at": timezone.now()}

    def meanwhile(row):
        ArchivePart.objects.filter(pk=row.pk).update(**retired)
        return walk.counts_still(row)

    assert list(walk.contents(home, meanwhile)) == []
    retired["retired_at"] = None
    ArchivePart.objects.update(retired_at=None)
    with pytest.raises(Damaged, match="a part of measures is missing"):
        list(walk.contents(home, meanwhile))


def test_a_query_that_stops_inside_a_file_is_not_called_wrong():
    for error in (duckdb.Error("Out of buffer"), duckdb.IOException("cannot be read")):
        assert answering._why(error, {"paths": {}}).refusal is ARCHIVE_IS_DAMAGED
    assert answering._why(duckdb.BinderException("no"), {"paths": {}}).refusal is SQL_IS_WRONG


def test_verify_compares_the_archive_or_says_that_it_did_not(home):
    some_clients(home)
    whole, damaged, elsewhere, without = (Report(home) for _ in range(4))
    compare_archive(whole)
    assert "have the checksums they were written with" in whole.compared[0] and whole.good
    assert any("rows with nothing" in one for one in whole.not_proved)
    masked = parts.known_files(TABLES["positions"], live("positions").first())[1][0]
    good = parts.path_of(home, masked).read_bytes()
    flip(parts.path_of(home, masked), random.Random(1))
    with sqlite3.connect(home / "pilothouse.sqlite3") as made:
        made.execute("CREATE TABLE records_archivepart (name, retired_at)")
        made.execute(
            "INSERT INTO records_archivepart VALUES (?, NULL)", [live("positions").first().name]
        )
    compare_archive(damaged)
    assert "a part of positions has other contents" in damaged.faults[0] and not damaged.compared
    parts.path_of(home, masked).write_bytes(good)
    (home / "archive" / rebuild.LAYOUT_FILE).write_text("2\n")
    compare_archive(elsewhere)
    assert elsewhere.good and not elsewhere.compared
    assert any("layout 2" in one for one in elsewhere.not_proved)
    compare_archive(without, "there is no database")
    assert without.good and any("The archive:" in one for one in without.not_proved)
