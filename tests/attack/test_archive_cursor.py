"""The archive's cursor cannot be moved without a word: that alarms, and it is made anew."""

import errno
from dataclasses import replace

import pyarrow as pa
import pytest
from django.db import connection, transaction

from pilothouse.control import reconciler, rounds
from pilothouse.control.reconcile import Difference
from pilothouse.journal.durable import DurableMark
from pilothouse.journal.reader import Reader
from pilothouse.journal.storage import Files
from pilothouse.records.archive import cursors, parts, rebuild
from pilothouse.records.archive.archive import live
from pilothouse.records.archive.compaction import FAN, compact
from pilothouse.records.archive.cursors import Cursor, cursor
from pilothouse.records.archive.definitions import TABLES
from pilothouse.records.archive.mending import Watch, kept_archive
from pilothouse.records.models import ArchiveCursor, ArchivePart
from pilothouse.wiring import founding_row
from tests.attack.reconciling import (
    applied,
    approved,
    exchange,
    journal,
    previewed,
    raise_margin,
    team,
)
from tests.faults.lives import cut_blocks, offsets, segment
from tests.faults.lives import live as write_journal

__all__ = ["applied", "approved", "exchange", "journal", "previewed", "raise_margin", "team"]
pytestmark = pytest.mark.django_db


def rows_of(table, count):
    schema = TABLES[table].schema
    return pa.Table.from_pylist([dict.fromkeys(schema.names)] * count, schema)


def header(home, block):
    reader = Reader(Files(home))
    found = reader.header_of(block)
    reader.close()
    return found


def at_block(home, block):
    head = header(home, block)
    return Cursor(block, head.last_position, head.time)


@pytest.fixture
def home(tmp_path):
    """A journal of eight blocks, archived but for the last, and what was measured."""
    write_journal(tmp_path)
    archive = kept_archive(tmp_path, pytest.fail).archive
    for count in (2, 3):
        archive.append("measures", rows_of("measures", 1))
        archive.flush({"indexes": rows_of("indexes", count)}, at_block(tmp_path, 2 + count))
    archive.flush({}, at_block(tmp_path, 7))
    return tmp_path


def changed(**words):
    return lambda home: ArchiveCursor.objects.update(**words)


def by_sql(words):
    def work(home):
        with connection.cursor() as asked:
            asked.execute(f"UPDATE records_archivecursor SET {words}")

    return work


def no_json(home):
    with connection.cursor() as asked:
        asked.execute("PRAGMA ignore_check_constraints = ON")
        asked.execute("UPDATE records_archivecursor SET rows = '{'")
        asked.execute("PRAGMA ignore_check_constraints = OFF")


def one_part_gone(home):
    live("indexes").first().delete()


def a_part_retired(home):
    live("indexes").filter(pk=live("indexes").first().pk).update(retired_at="2027-01-01T00:00Z")


def an_older_one(home):
    ArchiveCursor.objects.all().delete()
    with transaction.atomic():
        held = list(live("indexes"))
        ArchivePart.objects.filter(pk=held[1].pk).update(table="measures")
        cursors.move(at_block(home, 4), ["indexes"])
        ArchivePart.objects.filter(pk=held[1].pk).update(table="indexes")


def journal_cut(home):
    before = segment(home).read_bytes()
    cut_blocks(home, len(offsets(before)) - 6)


def journal_cut_far(home):
    cut_blocks(home, 3)
    DurableMark(Files(home), anew=True).set(5)


def another_journal(home):
    cursors.move(replace(cursor(), position=cursor().position + 1), [])


MOVED = {
    "ahead": changed(blocks=10**15),
    "a little ahead": changed(blocks=8, position=16),
    "back": changed(blocks=4, position=8),
    "its position": changed(position=3),
    "its time": changed(time_us=7),
    "its rows": changed(rows={"indexes": 2}),
    "no rows": changed(rows=[]),
    "no number": by_sql("blocks = 'many'"),
    "no JSON": by_sql("rows = '7'"),
    "unreadable": no_json,
    "odd rows": by_sql("""rows = '{"indexes": "5", "7": {}}'"""),
    "its seal": changed(seal=""),
    "no UTF-8": by_sql("seal = CAST(x'ff' AS TEXT)"),
    "gone": lambda home: ArchiveCursor.objects.all().delete(),
    "a part gone": one_part_gone,
    "a part retired": a_part_retired,
    "an older cursor": an_older_one,
    "a shorter journal": journal_cut,
    "a much shorter journal": journal_cut_far,
    "another journal": another_journal,
}


@pytest.mark.parametrize("how", MOVED)
def test_a_cursor_moved_between_two_starts_is_alarmed_and_the_archive_made_anew(home, how):
    MOVED[how](home)
    alarms, said = [], []
    keeper = kept_archive(home, said.append, alarms.append)
    assert len(alarms) == len(said) == 1 and "cursor" in alarms[0]
    assert keeper.since == 0 and not live("indexes").exists()
    rows = parts.read_parts(home, TABLES["measures"], live("measures"))
    assert len(rows) == 2, "what was measured is kept"
    assert kept_archive(home, pytest.fail, pytest.fail).since == 0


@pytest.mark.parametrize("how", [one for one in MOVED if "journal" not in one])
def test_a_cursor_moved_while_it_runs_is_found_with_the_next_rows(home, how):
    keeper = kept_archive(home, pytest.fail, pytest.fail)
    MOVED[how](home)
    keeper.archive.append("measures", rows_of("measures", 1))
    keeper._try()
    left, alarms = [], []
    Watch(home, left.append).look()
    assert "cursor" in left[0] and "cursor" in keeper.fault
    assert kept_archive(home, lambda sentence: None, alarms.append).since == 0
    assert len(alarms) == 1


def test_an_untouched_archive_alarms_nobody(home):
    archive = kept_archive(home, pytest.fail, pytest.fail).archive
    for _ in range(FAN):
        archive.flush({"indexes": rows_of("indexes", 1)}, at_block(home, 8))
    assert compact(archive) == FAN
    assert kept_archive(home, pytest.fail, pytest.fail).since == 8


def test_one_move_is_one_alarm_however_often_it_is_begun(home, monkeypatch):
    ArchiveCursor.objects.update(blocks=10**15)
    alarms = []

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    for _ in range(3):
        with monkeypatch.context() as patched, pytest.raises(OSError, match="No space"):
            patched.setattr(rebuild, "bring_along", full)
            kept_archive(home, pytest.fail, alarms.append)
    kept_archive(home, lambda sentence: None, alarms.append)
    assert len(alarms) == 1


def test_a_moved_cursor_is_a_difference_that_alerts(home, journal, applied):
    assert journal.tick() == []
    for number in (1, 2):
        ArchiveCursor.objects.update(blocks=10**15)
        kept_archive(home, lambda sentence: None, reconciler.note_archive)
        assert journal.tick() == [Difference.MOVED] * number and rounds.differences() == number
        ArchiveCursor.objects.all().delete()
        cursors.move(Cursor(), ["indexes"])
    assert "the archive was found moved" in reconciler.differences()[0].sentence


def test_a_journal_that_does_not_follow_has_the_next_start_make_it_anew(home):
    keeper = kept_archive(home, pytest.fail, pytest.fail)
    head = header(home, 8)
    other = type("Span", (), {"block": 8, "first_position": head.first_position + 1,
                              "receipts": [0], "time": head.time})  # fmt: skip
    keeper.hear(other)
    assert "the next start makes it anew" in keeper.fault
    left = []
    Watch(home, left.append).look()
    assert left and kept_archive(home, lambda sentence: None).since == 0
    assert live("measures").count() == 2


def test_a_new_secret_archives_from_the_beginning_without_an_alarm(home, settings):
    settings.PILOTHOUSE_CURSOR_KEYS = settings.PILOTHOUSE_CURSOR_KEYS | {"archive": b"another"}
    founding_row.begin(settings.PILOTHOUSE_HOME)
    assert kept_archive(home, pytest.fail, pytest.fail).since == 0
    assert live("measures").count() == 2 and not live("indexes").exists()
