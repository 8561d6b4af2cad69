"""A journal that is shorter than it was is refused, with what is missing and the way on."""

import contextlib
import random

import numpy as np
import pytest

from pilothouse.journal import lost, mend, witnesses
from pilothouse.journal.durable import DurableMark, mark_found
from pilothouse.journal.lost import HistoryIsMissing, accepted
from pilothouse.journal.mend import CannotRead, Damaged
from pilothouse.journal.reader import Reader
from pilothouse.journal.snapshots import snapshot_blocks
from pilothouse.journal.storage import Files
from pilothouse.journal.witnesses import Witness
from pilothouse.venue import recovery
from pilothouse.venue.recovery import Told
from pilothouse.venue.verify import verify
from pilothouse.wiring.genesis import is_new
from tests.faults.lives import (
    cut_blocks,
    everything,
    leave,
    live,
    offsets,
    segment,
    writer_of,
)
from tests.faults.sealed import write_cursor
from tests.journal.powercut import Disk, PowerCut
from tests.venue.counter import RELEASE


def refused(home, **options):
    """Return what a start says that must be refused and must not change one byte."""
    before = everything(home)
    with pytest.raises(HistoryIsMissing) as caught:
        leave(writer_of(home, **options))
    assert everything(home) == before
    return caught.value


def forget_mark(home):
    """As after a power cut: what is found is the mark as the system last wrote it."""
    DurableMark(Files(home)).set(0)


def test_d2_blocks_that_the_mark_counted_are_missed(tmp_path):
    live(tmp_path)
    whole = mark_found(Files(tmp_path))
    cut_blocks(tmp_path, 3)
    why = refused(tmp_path)
    assert (why.loss.blocks, why.loss.block) == (3, whole - 3)
    assert "the durable mark" in str(why) and f"--accept-lost-history {why.loss.word}" in str(why)
    report = verify(tmp_path, release=RELEASE)
    assert not report.good and any("Missing at least: 3 blocks" in one for one in report.faults)


def test_d2_a_snapshot_is_a_witness(tmp_path):
    live(tmp_path, snapshot_after=6)
    forget_mark(tmp_path)
    cut_blocks(tmp_path, 5)
    why = refused(tmp_path)
    assert "the snapshot after block" in str(why) and why.loss.commands >= 4
    assert not verify(tmp_path, release=RELEASE).good


def test_d2_what_other_rooms_know_is_a_witness(tmp_path):
    desk = live(tmp_path)
    forget_mark(tmp_path)
    cut_blocks(tmp_path, 2)
    for one in (
        Witness("the kept orders", desk.tail.number, desk.tail.last_position),
        Witness("the archive", desk.tail.number - 1),
        Witness("the last applied change", 0, desk.tail.last_position, lasting=True),
    ):
        assert one.name in str(refused(tmp_path, told=Told([one])))
    leave(writer_of(tmp_path, told=Told([Witness("the archive", desk.tail.number - 2)])))


def test_d2_a_lost_last_segment_is_missed(tmp_path):
    writer = writer_of(tmp_path)
    writer._journal._segment_bytes = 1_000
    leave(writer)
    live_in_segments(tmp_path)
    last = sorted((tmp_path / "journal").glob("*.blocks"))[-1]
    last.unlink()
    refused(tmp_path)


def live_in_segments(home):
    from tests.venue.counter import order_rows
    from tests.venue.test_power_cut import Desk

    writer, desk = writer_of(home), Desk()
    writer._journal._segment_bytes = 1_000
    for turn in range(8):
        desk.send(writer, order_rows(1 + 10 * turn, 2))
    leave(writer)


def test_d2_the_only_segment_gone_is_no_new_exchange(tmp_path):
    live(tmp_path, snapshot_after=4)
    segment(tmp_path).unlink()
    assert "ends with nothing" in str(refused(tmp_path))
    (tmp_path / "journal" / "durable").unlink()
    assert "snapshot" in str(refused(tmp_path))


def test_d3_an_answered_last_block_cut_anywhere_is_damage(tmp_path):
    live(tmp_path)
    place = segment(tmp_path)
    raw = place.read_bytes()
    start = offsets(raw)[-1]
    for k in range(1, 20):
        place.write_bytes(raw[: start + k * (len(raw) - start) // 20])
        why = refused(tmp_path)
        assert "A damaged last block" in str(why) and why.loss.blocks == 1


def test_d3_an_answered_last_block_with_a_flipped_bit_is_damage(tmp_path):
    live(tmp_path)
    place, chance = segment(tmp_path), random.Random(3)
    raw = place.read_bytes()
    start = offsets(raw)[-1]
    for _ in range(20):
        at = chance.randrange(start * 8, len(raw) * 8)
        bad = bytearray(raw)
        bad[at // 8] ^= 1 << at % 8
        place.write_bytes(bytes(bad))
        before = everything(tmp_path)
        with pytest.raises(Damaged):
            leave(writer_of(tmp_path))
        assert everything(tmp_path) == before
        assert not verify(tmp_path, release=RELEASE).good


def test_a_torn_block_that_nobody_was_answered_for_is_still_cut(tmp_path):
    live(tmp_path)
    with segment(tmp_path).open("ab") as tail:
        tail.write(b"half a block")
    leave(writer_of(tmp_path))
    assert verify(tmp_path, release=RELEASE).good


# The word ------------------------------------------------------------------------------------


def test_only_the_word_for_exactly_this_loss_goes_on(tmp_path):
    live(tmp_path, snapshot_after=6)
    cut_blocks(tmp_path, 4)
    why = refused(tmp_path)
    assert "is not the word for this loss" in str(refused(tmp_path, told=Told(word="4-00000000")))
    said = []
    leave(writer_of(tmp_path, say=said.append, told=Told(word=why.loss.word, by="ann")))
    assert any("ann accepted this loss" in one for one in said)
    (record,) = accepted(Files(tmp_path))
    assert (record["word"], record["by"]) == (why.loss.word, "ann")
    # What speaks of the lost history is set aside by name, not deleted.
    assert not snapshot_blocks(Files(tmp_path)) and list((tmp_path / "set-aside").iterdir())
    leave(writer_of(tmp_path))
    report = verify(tmp_path, release=RELEASE)
    assert report.good and "ann accepted this loss" in report.lost[0]


def test_an_accepted_loss_excuses_no_later_one_of_the_same_size(tmp_path):
    live(tmp_path)
    cut_blocks(tmp_path, 1)
    leave(writer_of(tmp_path, told=Told(word=refused(tmp_path).loss.word)))
    live(tmp_path, blocks=1, first=500)
    cut_blocks(tmp_path, 1)
    first = refused(tmp_path)
    leave(writer_of(tmp_path, told=Told(word=first.loss.word)))


def test_an_accepted_damaged_block_is_kept_beside(tmp_path):
    live(tmp_path)
    raw = segment(tmp_path).read_bytes()
    segment(tmp_path).write_bytes(raw[:-9])
    leave(writer_of(tmp_path, told=Told(word=refused(tmp_path).loss.word)))
    (kept,) = (tmp_path / "journal").glob("torn-*")
    assert raw[offsets(raw)[-1] : -9] == kept.read_bytes()
    assert verify(tmp_path, release=RELEASE).good


def test_a_record_of_a_loss_that_cannot_be_read_excuses_nothing_and_is_shown(tmp_path):
    live(tmp_path)
    (tmp_path / "journal" / "lost-00000000000000000004-1-aa.json").write_bytes(b"{")
    (tmp_path / "journal" / "lost-00000000000000000004-1-bb.going").write_bytes(b"[]"[:1])
    assert any("cannot be read" in one for one in verify(tmp_path, release=RELEASE).lost)
    cut_blocks(tmp_path, 1)
    refused(tmp_path)


def test_a_lasting_witness_is_excused_by_its_figure_for_ever(tmp_path):
    desk = live(tmp_path)
    cut_blocks(tmp_path, 2)
    change = Witness("the last applied change", 0, desk.tail.last_position, lasting=True)
    word = refused(tmp_path, told=Told([change])).loss.word
    leave(writer_of(tmp_path, told=Told([change], word)))
    leave(writer_of(tmp_path, told=Told([change])))
    later = Witness(change.name, 0, change.position + 1, lasting=True)
    refused(tmp_path, told=Told([later]))


def test_p06_an_acceptance_killed_at_each_write_goes_on_without_the_word(tmp_path):
    def short():
        disk = Disk()
        live(tmp_path, storage=disk, snapshot_after=6)
        name = "journal/00000000000000000001.blocks"
        raw = bytes(disk.files[name].now)
        del disk.files[name].now[offsets(raw)[-4] :]
        disk.files[name].write_back()
        disk.files["journal/durable"].write_back()
        return disk

    with pytest.raises(HistoryIsMissing) as caught:
        leave(writer_of(tmp_path, storage=short()))
    word = caught.value.loss.word
    for power in (False, True):
        for killed_at in range(1, 30):
            disk = short()
            disk.cut_at = disk.deeds + killed_at
            with contextlib.suppress(PowerCut):
                leave(writer_of(tmp_path, storage=disk, told=Told(word=word)))
            disk = disk.after_power_cut() if power else disk.after_a_crash()
            was_noted = bool(accepted(disk))
            leave(writer_of(tmp_path, storage=disk, told=Told(word="" if was_noted else word)))
            assert len(accepted(disk)) == 1 and not accepted(disk, lost.GOING)
            assert verify(tmp_path, release=RELEASE, storage=disk).good, killed_at


# The mark ------------------------------------------------------------------------------------


def test_a_mark_of_zero_after_a_first_term_is_what_a_power_cut_leaves(tmp_path):
    desk = live(tmp_path)
    forget_mark(tmp_path)
    leave(writer_of(tmp_path))
    assert mark_found(Files(tmp_path)) == desk.tail.number


HARMED_MARKS = [b"", b"123", bytes(9), (-1).to_bytes(8, "little", signed=True), bytes(7) + b"\x10"]


@pytest.mark.parametrize("harm", ["nothing else", "a block cut", "a byte flipped"])
@pytest.mark.parametrize("raw", HARMED_MARKS)
def test_a_mark_that_cannot_be_read_is_a_lost_mark(tmp_path, raw, harm):
    desk = live(tmp_path)
    left = desk.tail.number - harm_end(tmp_path, harm)
    (tmp_path / "journal" / "durable").write_bytes(raw)
    assert DurableMark(Files(tmp_path)).block == 0 and not is_new(tmp_path)
    why = refused(tmp_path)
    assert "journal/durable, is damaged" in str(why) and why.loss.block == left
    assert not verify(tmp_path, release=RELEASE).good
    assert (tmp_path / "journal" / "durable").read_bytes() == raw
    leave(writer_of(tmp_path, told=Told(word=why.loss.word)))
    assert mark_found(Files(tmp_path)) == left
    leave(writer_of(tmp_path))


def harm_end(home, harm):
    """Harm the journal's last block, or do not; return how many blocks are gone."""
    if harm == "a block cut":
        cut_blocks(home, 1)
    elif harm == "a byte flipped":
        raw = bytearray(segment(home).read_bytes())
        raw[-1] ^= 1
        segment(home).write_bytes(raw)
    return int(harm != "nothing else")


@pytest.mark.parametrize("cut", [0, 1])
def test_a_mark_of_zero_beside_blocks_of_an_ended_term_is_a_lost_mark(tmp_path, cut):
    live(tmp_path)
    number = live(tmp_path, first=501).tail.number - cut
    if cut:
        cut_blocks(tmp_path, cut)
    forget_mark(tmp_path)
    why = refused(tmp_path)
    assert "journal/durable, is 0" in str(why)
    assert not verify(tmp_path, release=RELEASE).good
    leave(writer_of(tmp_path, told=Told(word=why.loss.word)))
    assert mark_found(Files(tmp_path)) == number


def test_the_note_of_a_writer_that_ended_well_is_a_witness(tmp_path):
    number = live(tmp_path, closed=True).tail.number
    cut_blocks(tmp_path, 2)
    forget_mark(tmp_path)
    why = refused(tmp_path)
    assert why.loss.blocks == 2 and f"ended well: block {number}" in str(why)
    leave(writer_of(tmp_path, told=Told(word=why.loss.word)))
    leave(writer_of(tmp_path))
    assert mark_found(Files(tmp_path)) == number - 2


@pytest.mark.parametrize("raw", [b"", b"x", b"9" * 200, b"99 " + b"g" * 64 + b"\n"])
def test_a_damaged_note_of_the_end_is_no_witness(tmp_path, raw):
    live(tmp_path, closed=True)
    (tmp_path / "journal" / "closed").write_bytes(raw)
    leave(writer_of(tmp_path))


def test_whether_a_folder_is_new_is_seen_in_its_segments_and_nothing_is_written(tmp_path):
    assert is_new(tmp_path) and everything(tmp_path) == {}
    live(tmp_path)
    (tmp_path / "journal" / "durable").write_bytes(b"")
    before = everything(tmp_path)
    assert not is_new(tmp_path) and everything(tmp_path) == before
    forget_mark(tmp_path)
    assert not is_new(tmp_path)
    raw = segment(tmp_path).read_bytes()
    segment(tmp_path).write_bytes(raw[: offsets(raw)[1] - 1])
    assert is_new(tmp_path)
    segment(tmp_path).write_bytes(raw[:9] + b"!" + raw[10:])
    assert not is_new(tmp_path)


def test_p01_damage_beside_the_segments_changes_no_segment(tmp_path):
    live(tmp_path, snapshot_after=4, closed=True)
    blocks = segment(tmp_path).read_bytes()
    for name in everything(tmp_path):
        if name.suffix == ".blocks" or not name.stat().st_size:
            continue
        raw = name.read_bytes()
        name.write_bytes(bytes(len(raw)))
        with contextlib.suppress(Damaged):
            leave(writer_of(tmp_path), closed=True)
        assert segment(tmp_path).read_bytes() == blocks, name
        name.write_bytes(raw)


# Reading -------------------------------------------------------------------------------------


def test_p02_an_error_while_reading_is_not_the_end(tmp_path):
    """EIO at each read of a start: nothing is written; the same start without it goes on."""
    whole = Disk()
    live(tmp_path, storage=whole, snapshot_after=4)
    counting = whole.reads
    leave(writer_of(tmp_path, storage=whole))
    places = whole.reads - counting
    assert places >= 5
    for at in range(1, 51):
        disk = Disk()
        desk = live(tmp_path, storage=disk, snapshot_after=4)
        before, deeds, reads = disk.contents(), disk.deeds, disk.reads
        disk.unreadable = disk.reads + 1 + at % places
        try:
            leave(writer_of(tmp_path, storage=disk))
        except CannotRead as why:
            assert "Nothing was changed" in str(why)
            assert disk.contents() == before and disk.deeds == deeds
        except OSError:
            # The reading back of the new copy of the last segment: the old one is as it was.
            assert {n: c for n, c in disk.contents().items() if n in before} == before
        else:
            assert disk.reads - reads <= at % places
        disk.unreadable = 0
        leave(writer_of(tmp_path, storage=disk))
        assert mark_found(disk) == desk.tail.number


def test_p02_a_short_read_is_an_error(tmp_path, monkeypatch):
    live(tmp_path)
    import os

    real = os.preadv
    monkeypatch.setattr(
        os, "preadv", lambda handle, to, at: 0 if at > 900 else real(handle, [to[0][:300]], at)
    )
    before = everything(tmp_path)
    with pytest.raises(CannotRead, match="ended early"):
        leave(writer_of(tmp_path))
    report = verify(tmp_path, release=RELEASE)
    assert not report.good and "cannot be read" in report.faults[0]
    assert everything(tmp_path) == before


# P03: each check, left out, is noticed here ---------------------------------------------------


_real_bytes = Reader._bytes


def _takes_an_error_for_the_end(reader, size):
    try:
        return _real_bytes(reader, size)
    except OSError:
        return np.empty(0, np.uint8)


@pytest.mark.parametrize(
    ("check", "left_out", "test"),
    [
        ((recovery, "_judge"), lambda loss, told, say: None, test_d2_a_snapshot_is_a_witness),
        ((recovery, "own_witnesses"), lambda storage: [], test_d2_a_snapshot_is_a_witness),
        (
            (witnesses, "mark_found"),
            lambda storage: None,
            test_d2_blocks_that_the_mark_counted_are_missed,
        ),
        (
            (mend, "mark_found"),
            lambda storage: None,
            test_d3_an_answered_last_block_cut_anywhere_is_damage,
        ),
        (
            (lost, "_going"),
            lambda storage, tail: accepted(storage),
            test_an_accepted_loss_excuses_no_later_one_of_the_same_size,
        ),
        (
            (Reader, "_bytes"),
            _takes_an_error_for_the_end,
            test_p02_an_error_while_reading_is_not_the_end,
        ),
    ],
)
def test_p03_a_check_that_is_left_out_is_caught(tmp_path, monkeypatch, check, left_out, test):
    monkeypatch.setattr(*check, left_out)
    with pytest.raises((AssertionError, pytest.fail.Exception, Damaged)):
        test(tmp_path)


def test_the_plug_board_asks_the_database_and_the_kept_orders(tmp_path):
    from pilothouse.wiring.witnesses import other_witnesses

    said = []
    assert other_witnesses(tmp_path, said.append) == []
    write_cursor(tmp_path, 70, 900)
    (found,) = other_witnesses(tmp_path, said.append)
    assert (found.name, found.block, found.position) == ("the archive", 70, 900) and not said
    (tmp_path / "pilothouse.sqlite3").write_bytes(b"no database at all" * 100)
    assert other_witnesses(tmp_path, said.append) == [] and "could not be asked" in said[-1]


def test_a_journal_without_its_mark_is_refused_with_the_word_that_goes_on(tmp_path):
    """Without the mark a tail that was answered and cut off would leave no trace."""
    desk = live(tmp_path)
    number = desk.tail.number
    (tmp_path / "journal" / "durable").unlink()
    why = refused(tmp_path)
    assert "journal/durable, is missing" in str(why) and why.loss.block == number
    assert not verify(tmp_path, release=RELEASE).good
    # Who only looks does not put one there, which would hide that it was lost.
    assert DurableMark(Files(tmp_path)).block == 0 and not is_new(tmp_path)
    assert str(refused(tmp_path)) == str(why)
    cut_blocks(tmp_path, 2)
    assert refused(tmp_path).loss.word != why.loss.word
    assert refused(tmp_path, told=Told(word=why.loss.word)).loss.block == number - 2
    word = refused(tmp_path).loss.word
    leave(writer_of(tmp_path, told=Told(word=word)))
    assert mark_found(Files(tmp_path)) == number - 2
    leave(writer_of(tmp_path))
