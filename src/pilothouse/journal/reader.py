"""Reading: blocks in order, across segments, each checked against its hash and the one before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilothouse.journal.blocks import (
    HEADER_BYTES,
    Block,
    Header,
    NotABlock,
    break_in_chain,
    read_header,
    read_rows,
)
from pilothouse.journal.segments import segment_name, segment_starts
from pilothouse.journal.storage import ReadFile, Storage

CHUNK_BYTES: Final = 1 << 20


class BadBlock(Exception):
    """A block that should stand at a place of the journal does not, or not whole.

    `block` and `position` are the numbers that the block and its first command would have.
    """

    def __init__(self, before: Header | None, segment: str, offset: int, reason: str) -> None:
        self.block = before.number + 1 if before else 1
        self.position = before.last_position + 1 if before else 1
        self.segment, self.offset, self.reason = segment, offset, reason
        super().__init__(
            f"block {self.block} (command {self.position}) at byte {offset} of {segment}: {reason}"
        )


class Reader:
    """A cursor in the journal. `tail` is the header of the last block it read.

    `opened` holds the first blocks of the segments it read, as their names say.
    """

    def __init__(self, storage: Storage, after: Header | None = None) -> None:
        self.tail = after
        self.opened: set[int] = set()
        self._storage = storage
        self._file: ReadFile | None = None
        self._segment = ""
        self._offset = 0
        self._chunk: NDArray[np.uint8] = np.empty(0, np.uint8)
        self._chunk_at = 0

    def read(self, up_to_block: int | None = None) -> Iterator[Block]:
        """Yield the blocks that follow, up to a number or to the end; raise BadBlock.

        Their rows are views of a larger piece of memory: copy what is to be kept for long.
        """
        if up_to_block is not None and self._next_number() <= up_to_block:
            self._let_go_if_replaced()
        while up_to_block is None or self._next_number() <= up_to_block:
            block = self._next_block(up_to_block is not None)
            if block is None:
                return
            yield block
        # What was read beyond the mark may be half a block, and be cut by the next writer.
        self._chunk = self._chunk[:0]

    def header_of(self, number: int) -> Header | None:
        """Return the header of one block, None if the journal ends before it; raise BadBlock.

        The cursor then stands at it, and its rows are not looked at.
        """
        starts = [one for one in segment_starts(self._storage) if one <= number]
        if not starts:
            return None
        self._open(starts[-1])
        self._skip(number - starts[-1])
        raw = self._bytes(HEADER_BYTES).tobytes()
        return self._header(raw) if raw else None

    def close(self) -> None:
        """Give the file back."""
        if self._file:
            self._file.close()
            self._file = None
        self._segment, self._chunk = "", self._chunk[:0]

    def _let_go_if_replaced(self) -> None:
        # After a failed write the last segment is a new file under its name. The old one may hold
        # a whole block that never was durable; the mark passed another block of its number.
        if self._file is not None and not self._file.is_named():
            self.close()

    def _next_number(self) -> int:
        return self.tail.number + 1 if self.tail else 1

    def _next_block(self, must: bool) -> Block | None:
        if not must:
            return self._read_one() if self._at_a_block(must) else None
        try:
            self._at_a_block(must)
            return self._read_one()
        except BadBlock:
            # The next writer puts a new file in the place of the last segment: what is open here
            # may be the old one. What stands under the segment's name counts.
            self.close()
            self._at_a_block(must)
            return self._read_one()

    def _at_a_block(self, must: bool) -> bool:
        if self._file is None and not self._find():
            return self._missing(must)
        if len(self._bytes(1)):
            return True
        # The segment ends here: the next one is named by the block that must follow.
        if self._next_number() not in segment_starts(self._storage):
            return self._missing(must)
        self._open(self._next_number())
        return bool(len(self._bytes(1))) or self._missing(must)

    def _missing(self, must: bool) -> bool:
        if must or any(start > self._next_number() for start in segment_starts(self._storage)):
            raise self._bad("it is missing")
        return False

    def _find(self) -> bool:
        starts = [one for one in segment_starts(self._storage) if one <= self._next_number()]
        if not starts:
            return False
        self._open(starts[-1])
        self._skip(self._next_number() - starts[-1])
        return True

    def _skip(self, blocks: int) -> None:
        for _ in range(blocks):
            self._offset += self._header(self._bytes(HEADER_BYTES).tobytes()).size

    def _header(self, raw: bytes) -> Header:
        try:
            return read_header(raw)
        except NotABlock as wrong:
            raise self._bad(str(wrong)) from wrong

    def _open(self, start: int) -> None:
        self.close()
        self._segment = segment_name(start)
        self.opened.add(start)
        self._file = self._storage.open_read(self._segment)
        self._offset = self._chunk_at = 0
        self._chunk = self._chunk[:0]

    def _read_one(self) -> Block:
        try:
            header = read_header(self._bytes(HEADER_BYTES).tobytes())
            broken = break_in_chain(self.tail, header)
            if broken:
                raise NotABlock(broken)
            rows = read_rows(header, self._bytes(header.size)[HEADER_BYTES:])
        except NotABlock as wrong:
            raise self._bad(str(wrong)) from wrong
        self._offset += header.size
        self.tail = header
        return Block(header, rows)

    def _bytes(self, size: int) -> NDArray[np.uint8]:
        """Return `size` bytes from the cursor on, fewer at the end of the segment."""
        at = self._offset - self._chunk_at
        if at + size > len(self._chunk):
            assert self._file is not None
            self._chunk = self._file.read(self._offset, max(size, CHUNK_BYTES))
            self._chunk_at, at = self._offset, 0
        return self._chunk[at : at + size]

    def _bad(self, reason: str) -> BadBlock:
        return BadBlock(self.tail, self._segment or "the journal", self._offset, reason)
