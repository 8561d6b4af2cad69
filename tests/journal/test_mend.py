"""A torn tail is cut off and said; damage in the middle is refused, with its place."""

import pytest

from pilothouse.journal.blocks import HEADER_BYTES
from pilothouse.journal.durable import DurableMark
from pilothouse.journal.mend import Damaged, DamagedInside, cut, judge
from pilothouse.journal.reader import BadBlock, Reader
from pilothouse.journal.segments import segment_name
from pilothouse.journal.storage import Files
from tests.journal.blocks import read, write


def file(tmp_path, start=1):
    return tmp_path / segment_name(start)


def bad_block(tmp_path):
    with pytest.raises(BadBlock) as caught:
        read(Files(tmp_path))
    return caught.value


def flip(place, at):
    raw = bytearray(place.read_bytes())
    raw[at] ^= 1
    place.write_bytes(raw)


@pytest.mark.parametrize("left", [1, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + 255])
def test_a_torn_tail_is_cut_to_the_last_whole_block(tmp_path, left):
    headers = write(Files(tmp_path))
    whole = sum(one.size for one in headers[:-1])
    with file(tmp_path).open("r+b") as torn:
        torn.truncate(whole + left)
    found = judge(Files(tmp_path), bad_block(tmp_path))
    assert (found.block, found.offset, found.size) == (4, whole, left)
    assert found.answered and "A damaged last block" in found.said()
    DurableMark(Files(tmp_path)).set(3)
    found = judge(Files(tmp_path), bad_block(tmp_path))
    assert not found.answered
    said = cut(Files(tmp_path), found)
    assert f"A torn tail of {left} bytes at byte {whole}" in said
    assert file(tmp_path).stat().st_size == whole
    assert [one.header for one in read(Files(tmp_path))] == headers[:-1]
    kept = tmp_path / said.split(" are in ")[1].rstrip(".")
    assert kept.stat().st_size == left


def test_zeros_behind_the_last_block_are_a_torn_tail(tmp_path):
    headers = write(Files(tmp_path))
    with file(tmp_path).open("ab") as tail:
        tail.write(bytes(4096))
    found = judge(Files(tmp_path), bad_block(tmp_path))
    assert (found.block, found.size) == (5, 4096)
    assert not found.answered and "answered" not in found.said()
    cut(Files(tmp_path), found)
    assert [one.header for one in read(Files(tmp_path))] == headers


@pytest.mark.parametrize("inside", [0, 30, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + 300])
def test_a_flipped_byte_in_the_middle_is_refused_with_its_position(tmp_path, inside):
    headers = write(Files(tmp_path))
    start = headers[0].size + headers[1].size
    flip(file(tmp_path), start + inside)
    before = file(tmp_path).read_bytes()
    with pytest.raises(DamagedInside) as refused:
        judge(Files(tmp_path), bad_block(tmp_path))
    assert (refused.value.block, refused.value.position) == (3, 4)
    assert refused.value.offset == start
    assert "command 4" in str(refused.value) and "The way out" in str(refused.value)
    assert file(tmp_path).read_bytes() == before


def test_a_tear_in_a_segment_that_has_a_successor_is_damage(tmp_path):
    headers = write(Files(tmp_path), counts=[4] * 6, segment_bytes=1500)
    with file(tmp_path).open("r+b") as torn:
        torn.truncate(sum(one.size for one in headers[:3]) - 8)
    with pytest.raises(Damaged, match="command 9"):
        judge(Files(tmp_path), bad_block(tmp_path))


def test_a_missing_segment_is_damage(tmp_path):
    write(Files(tmp_path), counts=[4] * 9, segment_bytes=1500)
    file(tmp_path, 4).unlink()
    with pytest.raises(Damaged, match="command 13"):
        judge(Files(tmp_path), bad_block(tmp_path))


def test_a_block_of_another_history_is_damage(tmp_path):
    headers = write(Files(tmp_path / "one"))
    write(Files(tmp_path / "two"), counts=(1, 2, 5, 2))
    start = sum(one.size for one in headers[:3])
    mine = file(tmp_path / "one").read_bytes()[:start]
    other = file(tmp_path / "two").read_bytes()[-headers[3].size :]
    file(tmp_path / "one").write_bytes(mine + other)
    with pytest.raises(BadBlock, match="another block before it") as caught:
        list(Reader(Files(tmp_path / "one")).read())
    with pytest.raises(Damaged, match="command 9"):
        judge(Files(tmp_path / "one"), caught.value)


def without_a_page(raw, block):
    return raw[: block.start] + bytes(4_096) + raw[block.start + 4_096 :]


def with_a_block_twice(raw, block):
    return raw[: block.stop] + raw[block] + raw[block.stop :]


@pytest.mark.parametrize("harm", [without_a_page, with_a_block_twice])
def test_a_page_of_zeros_or_a_block_twice_in_the_middle_is_refused(tmp_path, harm):
    sizes = [one.size for one in write(Files(tmp_path), counts=[4] * 40)]
    harmed = harm(file(tmp_path).read_bytes(), slice(sum(sizes[:10]), sum(sizes[:11])))
    file(tmp_path).write_bytes(harmed)
    with pytest.raises(DamagedInside, match="The way out"):
        judge(Files(tmp_path), bad_block(tmp_path))
    assert file(tmp_path).read_bytes() == harmed
