"""The end of a journal after a crash: a torn tail is cut off and said, damage is refused.

A block is written only after the one before it is durable. So a crash can tear the last block and
no other: bytes that make no block are a torn tail if no sealed block stands behind them, and
damage if one does. The mark is raised only after a block is durable: so a bad last block that the
mark has passed was whole once, and may have been answered. It is no torn tail.
"""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.journal.blocks import HEADER_BYTES, MAGIC, Header, NotABlock, read_header
from pilothouse.journal.durable import mark_found
from pilothouse.journal.reader import BadBlock
from pilothouse.journal.segments import FOLDER, segment_name, segment_starts
from pilothouse.journal.storage import Storage


class Damaged(Exception):
    """The journal is not whole: it must not be started, and nothing was changed."""


class DamagedInside(Damaged):
    """A block is damaged, and blocks stand behind it."""

    def __init__(self, bad: BadBlock) -> None:
        self.block, self.position, self.offset = bad.block, bad.position, bad.offset
        super().__init__(
            f"the journal is damaged at {bad}. Nothing was changed. The way out: put back a copy "
            f"of this folder from a backup or a standby that holds command {bad.position}, and "
            f"prove it with `pilothouse verify`"
        )


class CannotRead(Damaged):
    """The disk did not give what it holds: its error is not the journal's end."""

    def __init__(self, error: OSError) -> None:
        super().__init__(
            f"the journal cannot be read: {error}. Nothing was changed. Look at the disk; when it "
            f"reads again, start again, or put the folder back from a backup"
        )


@dataclass(frozen=True)
class Torn:
    """Bytes at the end that make no block. `answered` if the mark says that they once did."""

    segment: str
    block: int
    offset: int
    size: int
    reason: str
    marked_block: int

    @property
    def answered(self) -> bool:
        """Tell whether the block was durable once: then it is damaged and was never torn."""
        return self.marked_block >= self.block

    def said(self) -> str:
        """Return what was found as a sentence."""
        what = "A damaged last block" if self.answered else "A torn tail"
        answered = (
            " The durable mark had passed it: its commands may have been answered."
            if self.answered
            else ""
        )
        return (
            f"{what} of {self.size} bytes at byte {self.offset} of {self.segment}, "
            f"in place of block {self.block} ({self.reason}).{answered}"
        )


def judge(storage: Storage, bad: BadBlock) -> Torn:
    """Return what stands at the end in place of a block; raise DamagedInside if more follows."""
    starts = segment_starts(storage)
    if not starts or bad.segment != segment_name(starts[-1]):
        raise DamagedInside(bad)
    file = storage.open_read(bad.segment)
    try:
        rest = file.read(bad.offset, file.size() - bad.offset).tobytes()
    finally:
        file.close()
    if not rest or _chain_is_broken(rest, bad) or _sealed_block_behind(rest, bad.block):
        raise DamagedInside(bad)
    marked = mark_found(storage) or 0
    return Torn(bad.segment, bad.block, bad.offset, len(rest), bad.reason, marked)


def cut(storage: Storage, torn: Torn) -> str:
    """Cut a torn tail off, keep its bytes beside the journal, and say so."""
    kept = f"{FOLDER}/torn-{torn.block:020d}-{torn.offset}"
    source, copy = storage.open_read(torn.segment), storage.open_append(kept)
    copy.cut(0)
    copy.write(source.read(torn.offset, torn.size).tobytes())
    copy.sync()
    # Its name is durable before anything is cut: whatever ends this half way, the bytes are there.
    storage.sync_folder(FOLDER)
    file = storage.open_append(torn.segment)
    file.cut(torn.offset)
    file.sync()
    for one in (source, copy, file):
        one.close()
    return f"{torn.said()} It was cut off; its bytes are in {kept}."


def _chain_is_broken(rest: bytes, bad: BadBlock) -> bool:
    # A whole header of another block at this place was not torn: it does not belong here.
    header = _header_at(rest, 0)
    return header is not None and (header.number != bad.block or _is_whole(rest, header, bad))


def _is_whole(rest: bytes, header: Header, bad: BadBlock) -> bool:
    return len(rest) >= header.size and "hash of the rows" not in bad.reason


def _sealed_block_behind(rest: bytes, block: int) -> bool:
    at = rest.find(MAGIC, 1)
    while at >= 0:
        header = _header_at(rest, at)
        if header and header.number > block:
            return True
        at = rest.find(MAGIC, at + 1)
    return False


def _header_at(rest: bytes, at: int) -> Header | None:
    try:
        return read_header(rest[at : at + HEADER_BYTES])
    except NotABlock:
        return None
