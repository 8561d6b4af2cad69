"""What was measured is in no journal: whatever the database says, it is not deleted unsaid."""

import random
from datetime import timedelta
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import transaction
from django.utils import timezone

from pilothouse.control import believed
from pilothouse.records.archive import cursors, parts, rebuild, strays
from pilothouse.records.archive.archive import Archive, live
from pilothouse.records.archive.compaction import FAN, compact, forget_retired
from pilothouse.records.archive.cursors import Cursor
from pilothouse.records.archive.definitions import TABLES
from pilothouse.records.archive.mending import kept_archive
from pilothouse.records.models import ArchiveCursor, ArchivePart
from pilothouse.venue.verify import Report
from pilothouse.wiring.archive_files import compare_archive

pytestmark = pytest.mark.django_db
MEASURES = TABLES["measures"]
LATER = timedelta(hours=1)


def measured(*values):
    return pa.table(
        {
            "time": pa.array(values, pa.timestamp("us")),
            "measure": ["spread"] * len(values),
            "scope": ["exchange"] * len(values),
            "value": values,
        }
    )


def measure(archive, *values):
    archive.append("measures", measured(*values))
    archive.flush()


def values(home):
    return sorted(parts.read_parts(home, MEASURES, live("measures"))["value"].to_pylist())


def path(home, row):
    return parts.path_of(home, parts.true_file(MEASURES, row.name))


def aside(home):
    return sorted((home / "set-aside").iterdir()) if (home / "set-aside").exists() else []


@pytest.fixture
def home(tmp_path):
    """Three parts of measures, and what the journal told."""
    archive = kept_archive(tmp_path, pytest.fail).archive
    for value in (1, 3, 5):
        measure(archive, value, value + 1)
    schema = TABLES["indexes"].schema
    archive.append("indexes", pa.Table.from_pylist([dict.fromkeys(schema.names)], schema))
    archive.flush(upto=Cursor(9, 99, 999))
    return tmp_path


def a_new_database(home):
    ArchivePart.objects.all().delete()
    ArchiveCursor.objects.all().delete()


def an_older_backup(home):
    # Of before the last two parts, which were merged since.
    kept = list(ArchivePart.objects.all())
    measured_then = [one for one in kept if one.table == "measures"]
    made = parts.merged(home, MEASURES, measured_then[1:])
    for one in measured_then[1:]:
        path(home, one).unlink()
    assert made.rows == 4
    ArchivePart.objects.exclude(pk=measured_then[0].pk).delete()
    with transaction.atomic():
        cursors.move(Cursor(4, 44, 444), [])


def an_older_backup_of_before_a_merge(home):
    rows = list(live("measures"))
    parts.merged(home, MEASURES, rows)
    for one in rows:
        path(home, one).unlink()


def rows_gone(home):
    ArchivePart.objects.filter(table="measures").delete()


def one_row_gone(home):
    live("measures").first().delete()


def rows_retired(home):
    live("measures").update(retired_at=timezone.now() - LATER)


def all_gone_but_the_cursor(home):
    ArchivePart.objects.all().delete()


def the_archive_renamed(home):
    (home / parts.FOLDER).rename(home / f"{rebuild.ASIDE}1")
    a_new_database(home)


LOSSES = (
    a_new_database,
    the_archive_renamed,
    an_older_backup,
    an_older_backup_of_before_a_merge,
    rows_gone,
    one_row_gone,
    rows_retired,
    all_gone_but_the_cursor,
)
BY_SQL = (rows_gone, one_row_gone, rows_retired, all_gone_but_the_cursor)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda one: one.__name__)
def test_measures_that_the_database_forgot_are_read_in_again_and_that_is_said(home, loss):
    loss(home)
    said = []
    kept_archive(home, said.append)
    assert values(home) == [1, 2, 3, 4, 5, 6]
    assert any("rows of measures" in one and "count again" in one for one in said)
    assert not aside(home)
    again = kept_archive(home, pytest.fail, pytest.fail)
    again.archive.sweep()
    assert values(home) == [1, 2, 3, 4, 5, 6] and not strays.unnamed(home)


@pytest.mark.parametrize("loss", BY_SQL, ids=lambda one: one.__name__)
def test_a_running_archive_loses_none_either(home, loss):
    keeper = kept_archive(home, pytest.fail, pytest.fail)
    loss(home)
    keeper._try()
    assert "measures" in keeper.fault
    alarms = []
    kept_archive(home, [].append, alarms.append)
    assert values(home) == [1, 2, 3, 4, 5, 6] and "measures" in alarms[0]


@pytest.mark.parametrize("loss", BY_SQL, ids=lambda one: one.__name__)
def test_verify_names_measures_that_are_gone_from_the_manifest(home, loss, monkeypatch):
    monkeypatch.setattr(believed, "beginning", lambda: SimpleNamespace())
    whole = Report(home)
    compare_archive(whole)
    assert whole.faults == []
    loss(home)
    report = Report(home)
    compare_archive(report)
    assert any("rows of measures, the manifest" in one for one in report.faults)


def test_verify_tells_of_files_that_no_row_names_and_of_a_seal_it_cannot_judge(home):
    a_new_database(home)
    report = Report(home)
    compare_archive(report)
    assert report.good and any("3 files of the archive" in one for one in report.left_out)
    assert any("counted under a seal" in one for one in report.left_out)


def flipped(place):
    raw = bytearray(place.read_bytes())
    raw[random.Random(1).randrange(4, len(raw) // 2)] ^= 1
    place.write_bytes(raw)


def halved(place):
    place.write_bytes(place.read_bytes()[: place.stat().st_size // 2])


def another_ones(place):
    pq.write_table(measured(77), place)


def other_columns(place):
    pq.write_table(pa.table({"value": [1]}), place)


@pytest.mark.parametrize("harm", [flipped, halved, another_ones, other_columns])
@pytest.mark.parametrize("is_named", [True, False])
def test_what_is_not_whole_is_set_aside_and_never_deleted(home, harm, is_named):
    place = path(home, live("measures").first())
    harm(place)
    raw = place.read_bytes()
    if is_named:
        rebuild.condemn(home, "for this test")
    else:
        a_new_database(home)
    said = []
    kept_archive(home, said.append)
    assert values(home) == [3, 4, 5, 6]
    assert "1 files of measures" in said[-1] and "set-aside/" in said[-1]
    assert [one.read_bytes() for one in aside(home)] == [raw]
    for _ in range(3):
        rebuild.condemn(home, "again")
        kept_archive(home, [].append)
    assert values(home) == [3, 4, 5, 6] and len(aside(home)) == 1, "said and moved once"


def test_an_archive_that_was_set_aside_is_not_deleted_with_what_only_it_has(home):
    the_archive_renamed(home)
    (home / parts.FOLDER / parts.OPEN).mkdir(parents=True)
    (home / parts.FOLDER / rebuild.LAYOUT_FILE).write_text(f"{rebuild.LAYOUT}\n")
    kept_archive(home, pytest.fail)
    assert values(home) == []
    for _ in range(2):
        rebuild.condemn(home, "for this test")
        kept_archive(home, [].append)
    assert values(home) == [1, 2, 3, 4, 5, 6] and not aside(home)
    assert len(list(home.glob(f"{rebuild.ASIDE}*"))) == 1


def test_files_of_an_older_release_are_called_by_their_checksums_from_then_on(home):
    row = live("measures").first()
    old = path(home, row)
    row.name = f"{7:032x}{parts.SUFFIX}"
    row.save()
    old.rename(path(home, row))
    (home / parts.FOLDER / rebuild.LAYOUT_FILE).write_text("4\n")
    said = []
    kept_archive(home, said.append, pytest.fail)
    assert len(said) == 1 and "layout 4" in said[0]
    a_new_database(home)
    kept_archive(home, [].append)
    assert values(home) == [1, 2, 3, 4, 5, 6] and not aside(home)


def test_what_was_merged_is_deleted_and_what_was_only_called_so_is_not(home):
    archive = Archive(home)
    for value in range(10, 10 + FAN - 3):
        measure(archive, value)
    assert compact(archive) == FAN
    assert forget_retired(archive, timezone.now() + LATER) == FAN
    measure(archive, 99)
    last = live("measures").last()
    ArchivePart.objects.filter(pk=last.pk).update(retired_at=timezone.now() - LATER)
    # Somebody who counts well has another row stand for it.
    ArchivePart.objects.create(
        table="measures", name=f"{8:032x}{parts.SUFFIX}", rows=1, bytes=1, first_us=0, last_us=0,
        made_at=timezone.now(), files=last.files,
    )  # fmt: skip
    assert forget_retired(archive) == 0 and path(home, last).exists()
    kept_archive(home, [].append)
    assert 99 in values(home)


def test_a_retired_part_is_not_deleted_while_what_it_became_is_damaged(home):
    archive = Archive(home)
    for value in range(10, 10 + FAN - 3):
        measure(archive, value)
    before = values(home)
    assert compact(archive) == FAN
    flipped(path(home, live("measures").get()))
    with pytest.raises(cursors.Damaged):
        forget_retired(archive, timezone.now() + LATER)
    kept_archive(home, [].append)
    rebuild.condemn(home, "its contents differ")
    kept_archive(home, [].append)
    assert values(home) == before


def test_a_file_that_a_crash_left_half_written_is_no_part_and_goes(home):
    left = home / parts.FOLDER / parts.OPEN / "measures" / f"x{parts.UNDER_WAY}"
    left.write_bytes(b"PAR1")
    kept_archive(home, pytest.fail, pytest.fail)
    assert not left.exists()


def test_a_file_that_a_crash_left_before_its_row_counts_once(home):
    parts.write_part(home, MEASURES, measured(7, 8))
    parts.write_part(home, MEASURES, measured(5, 6))
    said = []
    kept_archive(home, said.append, pytest.fail)
    assert values(home) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert said == [strays.READ_IN.format(2, "measures")]
