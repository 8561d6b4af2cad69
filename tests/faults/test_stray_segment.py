"""A file that only looks like the last segment: nothing is appended, and the start says so."""

import shutil

import pytest

from pilothouse.journal.mend import Damaged
from pilothouse.journal.segments import segment_name, segment_starts
from pilothouse.journal.storage import Files
from pilothouse.venue.verify import verify
from tests.faults.lives import everything, leave, live, offsets, segment, writer_of
from tests.venue.counter import RELEASE, order
from tests.venue.running import client_of, running_writer


@pytest.mark.parametrize("of", ["empty", "a copy"])
@pytest.mark.parametrize("closed", [True, False])
def test_nothing_is_appended_to_a_stray_segment(tmp_path, of, closed):
    with running_writer(tmp_path), client_of(tmp_path) as client:
        for k in range(1, 9):
            client.submit([order(k)])
    storage = Files(tmp_path)
    (first,) = segment_starts(storage)
    stray = tmp_path / segment_name(first + 3)
    if of == "empty":
        stray.touch()
    else:
        shutil.copy(tmp_path / segment_name(first), stray)
    if not closed:
        (tmp_path / "journal" / "closed").unlink()
    before = stray.read_bytes()
    with pytest.raises(Damaged, match="Move the file out"), running_writer(tmp_path):
        pass
    assert stray.read_bytes() == before
    stray.unlink()
    with running_writer(tmp_path), client_of(tmp_path) as client:
        assert client.submit([order(9)])[0].accepted


def refused_by_both(home, stray):
    """Have start and verify both name a file, change nothing, and go on once it is moved away."""
    before = everything(home)
    with pytest.raises(Damaged, match="Move the file out") as caught:
        leave(writer_of(home))
    report = verify(home, release=RELEASE)
    assert everything(home) == before
    assert stray.name in str(caught.value) and not report.good
    assert str(caught.value) in report.faults
    stray.unlink()
    assert verify(home, release=RELEASE).good
    leave(writer_of(home))


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("back", [1, 2, 5])
def test_a_true_copy_of_the_end_is_refused_too(tmp_path, back, closed):
    """It ends with the journal's last block: what is appended would go where no reader looks."""
    tail = live(tmp_path, closed=closed).tail
    raw = segment(tmp_path).read_bytes()
    stray = segment(tmp_path, tail.number - back + 1)
    stray.write_bytes(raw[offsets(raw)[-back] :])
    refused_by_both(tmp_path, stray)


def test_a_stray_between_two_segments_is_refused(tmp_path):
    tail = live(tmp_path).tail
    raw = segment(tmp_path).read_bytes()
    at = offsets(raw)
    segment(tmp_path).write_bytes(raw[: at[-2]])
    segment(tmp_path, tail.number - 1).write_bytes(raw[at[-2] :])
    assert verify(tmp_path, release=RELEASE).good
    stray = segment(tmp_path, 3)
    stray.write_bytes(raw[at[2] :])
    refused_by_both(tmp_path, stray)


@pytest.mark.parametrize(
    "name", [f"{1:020d} (copy).blocks", "x.blocks", "1.blocks", "\u0661.blocks"]
)
def test_a_file_that_is_not_named_as_a_segment_is_refused_by_its_name(tmp_path, name):
    live(tmp_path)
    stray = tmp_path / "journal" / name
    stray.write_bytes(b"x")
    if name.isascii():
        refused_by_both(tmp_path, stray)
    else:
        with pytest.raises(Damaged, match=r"u0661\.blocks is no segment"):
            leave(writer_of(tmp_path))
