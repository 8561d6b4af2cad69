"""The copy of a drill is whole up to the durable block, and the original stays as it was."""

import hashlib
import sqlite3

import pytest

from pilothouse.journal.durable import DurableMark
from pilothouse.journal.storage import Files
from pilothouse.language.names import Sender
from pilothouse.venue.machine import present_release
from pilothouse.venue.verify import verify
from pilothouse.wiring.drill.copying import CannotCopy, copied, copy_exchange
from tests.venue.exchange import genesis, trader
from tests.venue.running import client_of, running_writer


@pytest.fixture
def exchange(tmp_path):
    """A folder with a real journal, a database, a key, and two blocks more than are durable."""
    home = tmp_path / "home"
    with running_writer(home, present_release(), fingerprint_blocks=5) as writer:
        with client_of(home, patience_s=300) as client:
            client.submit(genesis())
            orders = trader(Sender.GATEWAY, 3)
            for _ in range(40):
                client.submit([next(orders) for _ in range(5)])
        last = writer
    assert last.machine.position > 200
    with sqlite3.connect(home / "pilothouse.sqlite3") as made:
        made.execute("PRAGMA journal_mode=WAL")
        for table in ("django_session", "desk_target", "control_change"):
            made.execute(f"CREATE TABLE {table} (word TEXT)")
            made.execute(f"INSERT INTO {table} VALUES ('secret')")
    made.close()
    (home / "secret.key").write_bytes(b"k" * 64)
    (home / "secret.key").chmod(0o600)
    (home / "founding.json").write_text("{}")
    (home / "engines" / "one").mkdir(parents=True)
    (home / "engines" / "one" / "engine.py").write_text("pass\n")
    mark = DurableMark(Files(home))
    mark.set(mark.block - 2)
    return home


def digests(home):
    """Return every file of a folder with its content and the moment it was last changed."""
    return {
        str(one.relative_to(home)): (
            hashlib.sha256(one.read_bytes()).hexdigest(),
            one.stat().st_mtime_ns,
        )
        for one in sorted(home.rglob("*"))
        if one.is_file()
    }


def test_the_copy_is_whole_up_to_the_durable_block_and_the_original_untouched(exchange, tmp_path):
    before = digests(exchange)
    made = copy_exchange(exchange, tmp_path / "drill", "demo")
    assert digests(exchange) == before
    assert made.block == DurableMark(Files(exchange)).block
    report = verify(tmp_path / "drill", release=present_release())
    assert report.good, report.faults
    assert (report.blocks, report.position) == (made.block, made.position)
    whole = verify(exchange, release=present_release())
    assert whole.position > made.position
    assert (tmp_path / "drill" / "secret.key").read_bytes() != b"k" * 64
    assert (tmp_path / "drill" / "engines" / "one" / "engine.py").exists()
    assert copied(tmp_path / "drill") == made and copied(exchange) is None


def test_nothing_that_reaches_people_outside_is_copied(exchange, tmp_path):
    copy_exchange(exchange, tmp_path / "drill", "demo")
    with sqlite3.connect(tmp_path / "drill" / "pilothouse.sqlite3") as read:
        count = {
            table: read.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("django_session", "desk_target", "control_change")
        }
    read.close()
    assert count == {"django_session": 0, "desk_target": 0, "control_change": 1}
    assert not (tmp_path / "drill" / "founding.json").exists(), "its secret begins anew"


def test_the_copy_goes_its_own_way(exchange, tmp_path):
    made = copy_exchange(exchange, tmp_path / "drill", "demo")
    before = digests(exchange)
    with running_writer(tmp_path / "drill", present_release()) as writer:
        assert writer.machine.position == made.position
        with client_of(tmp_path / "drill", patience_s=300) as client:
            receipts = client.submit([next(trader(Sender.GATEWAY + 1, 9))])
    assert receipts[0].position > made.position
    assert digests(exchange) == before


def test_a_drill_is_not_drilled_and_no_folder_is_overwritten(exchange, tmp_path):
    copy_exchange(exchange, tmp_path / "drill", "demo")
    for source, target, words in (
        (tmp_path / "drill", tmp_path / "other", "is a drill itself"),
        (exchange, tmp_path / "drill", "is there already"),
        (exchange, exchange / "inside", "lies in the exchange itself"),
        (tmp_path / "nothing", tmp_path / "other", "holds no exchange"),
    ):
        with pytest.raises(CannotCopy, match=words):
            copy_exchange(source, target, "demo")
    assert not (tmp_path / "other").exists() and not (exchange / "inside").exists()
