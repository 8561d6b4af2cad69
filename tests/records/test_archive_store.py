"""The archive's files and its manifest agree, whatever fails between the two."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
import pytest
from django.utils import timezone

from pilothouse.records.archive import definitions, parts
from pilothouse.records.archive.archive import Archive, live
from pilothouse.records.archive.compaction import FAN, compact, forget_retired, renew
from pilothouse.records.archive.connection import open_archive
from pilothouse.records.archive.cursors import Cursor, cursor
from pilothouse.records.archive.definitions import WrongRows, define, integer, moment, of_words
from pilothouse.records.archive.rebuild import prepare
from pilothouse.records.models import ArchivePart

pytestmark = pytest.mark.django_db


@pytest.fixture
def table():
    made = define(
        "test_rows",
        "rows of a test",
        (moment(), integer("count", "a count"), of_words("word", "one")),
    )
    yield made.name
    del definitions.TABLES[made.name]


@pytest.fixture
def archive(tmp_path):
    return Archive(tmp_path)


def some(*counts):
    words = ["even" if one % 2 == 0 else "odd" for one in counts]
    return pa.table({"time": pa.array(counts, pa.timestamp("us")), "count": counts, "word": words})


def counts_in(archive, table):
    with open_archive(archive.home) as connection:
        return connection.execute(f"SELECT count FROM {table} ORDER BY count").fetchall()


def test_appended_rows_are_seen_after_a_flush(archive, table):
    archive.append(table, some(1, 2))
    assert counts_in(archive, table) == []
    assert archive.flush() == 2
    assert counts_in(archive, table) == [(1,), (2,)]
    assert archive.flush() == 0


def test_a_moment_is_a_timestamp_and_an_exact_integer(archive, table):
    archive.append(table, some(1_798_761_600_000_001))
    archive.flush()
    with open_archive(archive.home) as connection:
        row = connection.execute(f"SELECT time, time_us, word FROM {table}").fetchone()
    assert (str(row[0]), *row[1:]) == ("2027-01-01 00:00:00.000001", 1_798_761_600_000_001, "odd")


@pytest.mark.parametrize(
    "rows",
    [pa.table({"time": [1]}), some(1).append_column("more", [["x"]]), some(1).set_column(
        1, "count", [["no number"]]
    )],
)  # fmt: skip
def test_rows_of_other_columns_are_refused(archive, table, rows):
    with pytest.raises(WrongRows):
        archive.append(table, rows)
    assert archive.flush() == 0


def test_rows_and_cursor_count_together_or_not_at_all(archive, table, monkeypatch):
    def broken(*_):
        raise OSError("the disk is full")

    archive.append(table, some(1))
    more = {table: definitions.shaped(definitions.TABLES[table], some(2))}
    with monkeypatch.context() as patched:
        patched.setattr("pilothouse.records.archive.cursors.move", broken)
        with pytest.raises(OSError, match="full"):
            archive.flush(more, Cursor(3, 9, 7))
    assert cursor() == Cursor() and not ArchivePart.objects.exists()
    assert parts.files_on_disk(archive.home) == set()
    archive.flush({}, Cursor(3, 9, 7))
    assert cursor() == Cursor(3, 9, 7)
    assert counts_in(archive, table) == [(1,)], "what waited waited again"


def test_a_file_without_a_row_is_a_stray(archive, table):
    """What is derived is deleted; rows that are nowhere else are another matter (`strays`)."""
    archive.append(table, some(1))
    archive.flush()
    parts.write_part(archive.home, definitions.TABLES[table], some(2))
    indexes = definitions.TABLES["indexes"]
    parts.write_part(archive.home, indexes, indexes.schema.empty_table())
    assert len(parts.files_on_disk(archive.home)) == 3
    assert archive.sweep() == 1 and len(parts.files_on_disk(archive.home)) == 2
    assert counts_in(archive, table) == [(1,)]


def test_small_parts_become_one_and_the_old_files_go_later(archive, table):
    for one in range(FAN * FAN):
        archive.append(table, some(one))
        archive.flush()
        compact(archive)
    assert live(table).count() == 1 and live(table).get().level == 2
    assert counts_in(archive, table) == [(one,) for one in range(FAN * FAN)]
    assert forget_retired(archive) == 0, "a query may still read them"
    later = timezone.now() + timedelta(minutes=6)
    assert forget_retired(archive, later) == FAN * FAN + FAN
    assert len(parts.files_on_disk(archive.home)) == 1
    assert counts_in(archive, table) == [(one,) for one in range(FAN * FAN)]


def test_nothing_outside_the_parts_can_be_opened(archive, table):
    archive.append(table, some(1))
    archive.flush()
    with open_archive(archive.home) as connection:
        for attempt in (
            "SELECT * FROM read_csv('/etc/passwd')",
            f"SELECT * FROM read_parquet('{archive.home}/archive/*/*.parquet')",
            "SET threads = 8",
            "LOAD httpfs",
            f"ATTACH '{archive.home}/pilothouse.sqlite3'",
            f"COPY {table} TO '{archive.home}/out.csv'",
        ):
            with pytest.raises(Exception, match=r"Permission|configuration|Loading|disabled"):
                connection.execute(attempt)


def test_an_archive_of_a_release_with_other_columns_is_made_anew(archive, table):
    prepare(archive)
    archive.append(table, some(1))
    archive.flush({}, Cursor(3, 9, 7))
    assert not prepare(archive) and renew(archive) == 0
    old = definitions.TABLES[table]
    wider = (*old.columns, integer("size", "new"))
    definitions.TABLES[table] = replace(old, columns=wider)
    assert "no column size" in prepare(archive)
    assert cursor() == Cursor() and not ArchivePart.objects.exists()
    definitions.TABLES[table] = old
    assert counts_in(archive, table) == []
    assert {one.name for one in archive.home.iterdir()} == {"archive-aside-1", "archive"}
