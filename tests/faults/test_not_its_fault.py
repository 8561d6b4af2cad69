"""A machine that is short of something, and strange files: nothing sound is called damaged."""

import errno
import os
import sqlite3
from contextlib import closing
from types import SimpleNamespace

import pytest

from pilothouse.access.secret_file import make_secret
from pilothouse.gate import small_file
from pilothouse.journal import storage as files
from pilothouse.journal.durable import DurableMark
from pilothouse.journal.snapshots import snapshot_blocks
from pilothouse.journal.storage import Files
from pilothouse.simulation import process as traffic
from pilothouse.wiring import environment, home, witnesses
from pilothouse.wiring.faults import sentence_of
from pilothouse.wiring.parts import Code


def failing(number, unless=lambda flags: False):
    def opened(path, flags, *more, **named):
        if unless(flags):
            return os.open(path, flags, *more, **named)
        raise OSError(number, os.strerror(number), str(path))

    return SimpleNamespace(**{**vars(os), "open": opened})


@pytest.mark.parametrize("number", small_file.NOT_ITS_FAULT)
def test_a_founding_that_cannot_be_opened_now_is_not_called_damaged(tmp_path, monkeypatch, number):
    (tmp_path / environment.FILE).write_text("{}")
    monkeypatch.setattr(small_file, "os", failing(number))
    with pytest.raises(OSError) as found:
        environment.read(tmp_path)
    assert found.value.errno == number and "damaged" not in sentence_of(found.value)[0]
    assert small_file.object_in(tmp_path / environment.FILE) is None


def test_what_was_edited_is_still_called_so(tmp_path):
    (tmp_path / environment.FILE).write_text("{}")
    with pytest.raises(environment.WrongEnvironment, match="damaged or was edited"):
        environment.read(tmp_path)


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_the_mark_is_read_where_nothing_can_be_written(tmp_path, monkeypatch, number):
    DurableMark(Files(tmp_path), anew=True).set(7)
    before = (tmp_path / "journal" / "durable").read_bytes()
    only_reads = failing(number, unless=lambda flags: flags & os.O_RDWR == 0)
    monkeypatch.setattr(files, "os", only_reads)
    mark = DurableMark(Files(tmp_path))
    assert mark.block == 7
    with pytest.raises(ValueError, match="read-only"):
        mark.set(8)
    assert (tmp_path / "journal" / "durable").read_bytes() == before


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_takes_nothing_ends_a_start_with_its_own_code(tmp_path, monkeypatch, number):
    def refuse(**named):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(home.tempfile, "TemporaryFile", refuse)
    with pytest.raises(home.UnfitHome, match="cannot be written") as found:
        home.probe_writing(tmp_path)
    assert sentence_of(found.value)[1] == Code.DISK


def test_a_file_in_the_place_of_a_folder_is_a_sentence(tmp_path):
    (tmp_path / "sockets").touch()
    with pytest.raises(OSError) as found:
        (tmp_path / "sockets").mkdir()
    said, code = sentence_of(found.value)
    assert "sockets: something else has its name" in said and code == Code.DISK


@pytest.mark.parametrize("name", ["²³.snapshot", "٣.snapshot", "x.snapshot", ".snapshot"])
def test_a_file_that_is_named_like_no_snapshot_is_none(tmp_path, name):
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots" / name).write_text("x")
    assert snapshot_blocks(Files(tmp_path)) == []


@pytest.mark.parametrize(
    "text", ["", "[]", '{"1": null, "2": "x", "3": 1e999, "4": -5, "5": true}', "\0", '{"1": 1.5}']
)
def test_prices_that_are_none_do_not_stop_traffic(tmp_path, text):
    (tmp_path / traffic.PRICES_FILE).write_text(text)
    walks = {number: SimpleNamespace(price_e12=100) for number in range(1, 6)}
    traffic._recall(tmp_path, SimpleNamespace(walks=walks))
    assert {one.price_e12 for one in walks.values()} == {100}


@pytest.mark.parametrize("told", ["many", None, b"\1", 1.5, 7])
def test_a_cursor_without_a_seal_is_no_witness_and_is_said(tmp_path, told):
    make_secret(tmp_path)
    with closing(sqlite3.connect(tmp_path / "pilothouse.sqlite3")) as database, database:
        database.execute("CREATE TABLE records_archivecursor (id, blocks, position)")
        database.execute("INSERT INTO records_archivecursor VALUES (1, ?, 5)", [told])
    (tmp_path / "archive").mkdir()
    said = []
    assert witnesses.other_witnesses(tmp_path, said.append) == []
    assert len(said) == 1 and "its seal does not fit" in said[0]
