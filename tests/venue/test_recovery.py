"""A writer starts again: from a snapshot or from zero, torn or whole, always at the same state."""

import pytest

from pilothouse.journal.mend import Damaged
from pilothouse.journal.segments import segment_name
from pilothouse.journal.snapshots import snapshot_blocks
from pilothouse.journal.storage import Files
from pilothouse.venue.follower import Follower
from pilothouse.venue.machine import Release
from pilothouse.venue.recovery import recover
from pilothouse.venue.snapshotter import Snapshotter
from pilothouse.venue.verify import verify
from tests.journal.test_mend import flip
from tests.venue.counter import RELEASE, Counter, order, order_rows
from tests.venue.running import client_of, running_writer


def trade(home, first=1, count=30):
    with client_of(home) as client:
        for number in range(first, first + count):
            client.submit([order(number)])


def take_snapshot(home):
    follower = Follower(home, release=RELEASE)
    follower.start()
    follower.wait_for(1, 30)
    name = Snapshotter(follower).take()
    follower.stop()
    return name


def found(home):
    said = []
    return recover(home, Files(home), RELEASE, said.append), said


def test_a_snapshot_saves_the_way_and_changes_nothing(tmp_path):
    with running_writer(tmp_path):
        trade(tmp_path)
        take_snapshot(tmp_path)
        trade(tmp_path, 100, 10)
    short, said = found(tmp_path)
    assert short.replayed < 25 and any("Starts from the snapshot" in one for one in said)
    for block in snapshot_blocks(Files(tmp_path)):
        Files(tmp_path).remove(f"snapshots/{block:020d}.snapshot")
    whole, _ = found(tmp_path)
    assert whole.replayed == whole.tail.last_position > 40
    assert whole.replica.machine.fingerprint() == short.replica.machine.fingerprint()


def test_a_bad_snapshot_is_passed_over_and_said(tmp_path):
    with running_writer(tmp_path):
        trade(tmp_path)
        name = take_snapshot(tmp_path)
    flip(tmp_path / name, -1)
    again, said = found(tmp_path)
    assert again.replayed == again.tail.last_position
    assert any("passed over" in one for one in said)
    assert any("differs from its hash" in one for one in verify(tmp_path, release=RELEASE).faults)


def test_a_snapshot_of_another_history_is_passed_over(tmp_path):
    for home in (tmp_path / "one", tmp_path / "two"):
        with running_writer(home):
            trade(home, count=12)
    take_snapshot(tmp_path / "one")
    (tmp_path / "one" / "snapshots").rename(tmp_path / "two" / "snapshots")
    again, said = found(tmp_path / "two")
    assert again.replayed == again.tail.last_position
    assert any("another history" in one for one in said)
    assert not verify(tmp_path / "two", release=RELEASE).good


def test_a_torn_tail_is_recovered_and_said(tmp_path):
    with running_writer(tmp_path):
        trade(tmp_path)
    with (tmp_path / segment_name(1)).open("ab") as tail:
        tail.write(b"half a block")
    assert "12 bytes" in verify(tmp_path, release=RELEASE).torn
    with running_writer(tmp_path) as writer:
        assert any("A torn tail of 12 bytes" in one for one in writer.said)
        trade(tmp_path, 500, 3)
    report = verify(tmp_path, release=RELEASE)
    assert report.good and not report.torn


def test_a_damaged_journal_is_not_started_even_behind_a_snapshot(tmp_path):
    with running_writer(tmp_path):
        trade(tmp_path)
        take_snapshot(tmp_path)
        trade(tmp_path, 100, 5)
    flip(tmp_path / segment_name(1), 500)
    with pytest.raises(Damaged, match="command 2"), running_writer(tmp_path):
        pass
    report = verify(tmp_path, release=RELEASE)
    assert not report.good and "command 2" in report.faults[0] and not report.proved


def test_verify_says_what_it_proved_and_what_it_cannot(tmp_path):
    with running_writer(tmp_path):
        trade(tmp_path)
        take_snapshot(tmp_path)
    report = verify(tmp_path, release=RELEASE)
    assert report.good and not report.writer_runs
    assert report.fingerprints_agreed >= 1 and report.snapshots_agreed == 1
    assert report.position == report.commands == found(tmp_path)[0].tail.last_position
    assert any("compare the last seal" in one for one in report.not_proved)
    assert report.seal == found(tmp_path)[0].tail.seal.hex()


def test_verify_changes_nothing(tmp_path):
    with running_writer(tmp_path):
        trade(tmp_path)
    with (tmp_path / segment_name(1)).open("ab") as tail:
        tail.write(b"half a block")
    (tmp_path / "journal" / "durable").unlink()
    before = everything(tmp_path)
    assert verify(tmp_path, release=RELEASE).torn
    assert everything(tmp_path) == before
    assert verify(tmp_path / "nothing", release=RELEASE).blocks == 0
    assert everything(tmp_path) == before


def everything(home):
    return {one: one.read_bytes() for one in home.rglob("*") if one.is_file()}


def test_verify_beside_a_running_writer_stops_at_the_mark(tmp_path):
    with running_writer(tmp_path):
        trade(tmp_path)
        report = verify(tmp_path, release=RELEASE)
        assert report.good and report.writer_runs and report.position >= 30
        assert any("a writer is running" in one for one in report.not_proved)


class Forgetful(Counter):
    """A machine that was changed without a word: it counts one quantity wrongly."""

    def _one(self, rows, events):
        made = super()._one(rows, events)
        self.total += self.position == 7
        return made


def test_verify_finds_a_machine_that_does_something_else(tmp_path):
    with running_writer(tmp_path):
        trade(tmp_path)
    other = Release(RELEASE.digest, Forgetful.empty, Forgetful.from_bytes)
    report = verify(tmp_path, release=other)
    assert not report.good and "fingerprint" in report.faults[0]


def test_an_empty_folder_is_good_and_proves_nothing_of_commands(tmp_path):
    report = verify(tmp_path, release=RELEASE)
    assert report.good and report.commands == 0


def test_a_long_journal_across_segments_is_recovered(tmp_path):
    with running_writer(tmp_path) as writer, client_of(tmp_path) as client:
        writer._journal._segment_bytes = 4096
        for turn in range(30):
            client.submit_rows(order_rows(100 * turn, 20))
    assert len(list((tmp_path / "journal").glob("*.blocks"))) > 5
    again, _ = found(tmp_path)
    assert again.replica.machine.total == 600
